import { add, concat, div, type Graph, gather, pad, reshape, sub, type Tensor } from "../../graph/index.js";
import { reflectedPlaces } from "../../nn/images/reflect.js";

/** How views are made of an image: turned, then moved along both axes. */
export interface ViewPlan {
  readonly channels: number;
  readonly side: number;
  /** Pixels of a translation. */
  readonly shift: number;
  /** Pixels by which training moves images at random, at most. */
  readonly jitter: number;
  /** What comes in where an image was moved away: black, or its own edge in a mirror. */
  readonly padding: "zero" | "reflection";
  /** The feature of a black pixel. */
  readonly black: number;
  /** Of each channel. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Quarter turns, against the clock. */
export const ROTATIONS = [0, 1, 2, 3] as const;
/** Classes of a translation along an axis. */
export const TRANSLATIONS = [0, 1, -1] as const;
/** Classes of the three heads: the rotation, the translation down, and the one to the right. */
export const CLASSES = [ROTATIONS.length, TRANSLATIONS.length, TRANSLATIONS.length] as const;

/** A view by its classes. */
export interface View {
  readonly rotation: number;
  /** Places in `TRANSLATIONS`. */
  readonly down: number;
  readonly across: number;
}

const turns = (each: (rotation: number) => readonly Omit<View, "rotation">[]): View[] =>
  ROTATIONS.flatMap((rotation) => each(rotation).map((moved) => ({ rotation, ...moved })));

/** The image in all rotations. */
export const TURNED: readonly View[] = turns(() => [{ down: 0, across: 0 }]);
/** In all rotations, moved along one of the axes. */
export const MOVED: readonly View[] = turns(() =>
  [1, 2].flatMap((k) => [
    { down: 0, across: k },
    { down: k, across: 0 },
  ]),
);
/** By which training is judged: in all rotations every class of either translation, in all combinations over them. */
export const JUDGED: readonly View[] = turns((rotation) =>
  [0, 1, 2].map((k) => ({ down: k, across: (k + rotation) % 3 })),
);

/** Which pixel of the image a pixel of a turned view is. */
export function sourceOf(
  side: number,
  rotation: number,
  row: number,
  column: number,
): readonly [row: number, column: number] {
  const last = side - 1;
  switch (rotation) {
    case 0:
      return [row, column];
    case 1:
      return [column, last - row];
    case 2:
      return [last - row, last - column];
    default:
      return [last - column, row];
  }
}

/** Pixels around the image that a view may look at. */
const marginOf = ({ shift, jitter }: ViewPlan): number => shift + jitter;

/** Where a pixel of the image, or one around it, is in the image with its margin. */
export function paddedPlace(plan: ViewPlan, row: number, column: number): number {
  const margin = marginOf(plan);
  return (row + margin) * (plan.side + 2 * margin) + column + margin;
}

/** Numbers of an image with its margin. */
export const paddedSize = (plan: ViewPlan): number => plan.channels * (plan.side + 2 * marginOf(plan)) ** 2;

/** Whether images of the training are seen in a mirror: how many ways to read them there are. */
const ORIENTATIONS = 2 * ROTATIONS.length;
export const orientationOf = (rotation: number, mirrored: boolean): number =>
  rotation + (mirrored ? ROTATIONS.length : 0);

/** The pixel of the image that a pixel of a view in one of the orientations is, moved pixels included. */
export function orientedSource(
  { side }: Pick<ViewPlan, "side">,
  orientation: number,
  row: number,
  column: number,
): readonly [number, number] {
  const [y, x] = sourceOf(side, orientation % ROTATIONS.length, row, column);
  return [y, orientation < ROTATIONS.length ? x : side - 1 - x];
}

/** For every position along an axis with its margin the position of the image that it shows; -1 for black. */
function shownPlaces({ side, padding }: ViewPlan, margin: number): number[] {
  if (padding === "reflection") return reflectedPlaces(side, margin, margin);
  return Array.from({ length: side + 2 * margin }, (_, k) =>
    k >= margin && k < margin + side ? k - margin : -1,
  );
}

/** Numbers of an image, [rows, numbers], by their places; what is black is taken from one more, which is zero. */
function picked(x: Tensor, { channels, side, black, padding }: ViewPlan, places: readonly number[]): Tensor {
  const zeroed = padding === "zero" ? pad(sub(x, black), 1, 0, 1) : sub(x, black);
  const numbers = channels * side * side;
  return gather(zeroed, x.graph.root.indices(places.map((place) => (place < 0 ? numbers : place))), 1);
}

/**
 * The same views of every image.
 * @param x features [rows, channels * side * side]
 * @returns standardised, [rows * views, channels, side, side], the views of an image next to each other
 */
export function fixedViews(x: Tensor, plan: ViewPlan, views: readonly View[]): Tensor {
  const { channels, side, shift } = plan;
  const shown = shownPlaces(plan, shift);
  const places = views.flatMap(({ rotation, down, across }) => {
    const [dy, dx] = [shift * TRANSLATIONS[down]!, shift * TRANSLATIONS[across]!];
    return Array.from({ length: channels * side * side }, (_, at) => {
      const channel = Math.floor(at / (side * side));
      const [row, column] = [Math.floor(at / side) % side, at % side];
      const [y, x] = sourceOf(side, rotation, row - dy, column - dx).map((each) => shown[each + shift]!);
      return y! < 0 || x! < 0 ? -1 : (channel * side + y!) * side + x!;
    });
  });
  const [rows] = x.shape;
  const count = typeof rows === "number" ? rows * views.length : "views";
  const made = reshape(picked(x, plan, places), [count, channels, side, side]);
  return standardised(made, plan, [1, channels, 1, 1]);
}

/** What a step of the training draws for its views, the images of the first rotation first. */
export interface DrawnViews {
  /** Where each view begins in its images with their margins, int64 [views]: the place of its first pixel. */
  readonly starts: Tensor;
  /** See `orientationOf`, int64 [views] */
  readonly orientations: Tensor;
}

/**
 * Views that differ from image to image.
 * @param x features [images, channels * side * side]
 * @returns standardised, [side, side, channels, views]
 */
export function drawnViews(x: Tensor, plan: ViewPlan, { starts, orientations }: DrawnViews): Tensor {
  const { channels, side } = plan;
  const [views] = starts.shape as [number];
  const shown = shownPlaces(plan, marginOf(plan));
  const places = Array.from({ length: channels }, (_, channel) =>
    shown.flatMap((y) => shown.map((x) => (y < 0 || x < 0 ? -1 : (channel * side + y) * side + x))),
  ).flat();
  const flat = reshape(picked(x, plan, places), [(x.shape[0] as number) * places.length]);
  const fromStart = gather(orientationTable(x.graph, plan), orientations, 1);
  const within = add(
    reshape(fromStart, [side * side, 1, views]),
    reshape(
      x.graph.root.indices(Array.from({ length: channels }, (_, k) => (k * places.length) / channels)),
      [1, channels, 1],
    ),
  );
  const made = gather(flat, add(within, reshape(starts, [1, 1, views])));
  return reshape(standardised(made, plan, [1, channels, 1]), [side, side, channels, views]);
}

/** How far each pixel of a view is from its first one, for each orientation: int64 [side * side, orientations]. */
function orientationTable(graph: Graph, plan: ViewPlan): Tensor {
  const { side } = plan;
  const placeOf = (orientation: number, row: number, column: number): number =>
    paddedPlace(plan, ...orientedSource(plan, orientation, row, column));
  const table = Array.from({ length: side * side * ORIENTATIONS }, (_, k) => {
    const [pixel, orientation] = [Math.floor(k / ORIENTATIONS), k % ORIENTATIONS];
    const row = Math.floor(pixel / side);
    return BigInt(placeOf(orientation, row, pixel % side) - placeOf(orientation, 0, 0));
  });
  return graph.root.constant("int64", [side * side, ORIENTATIONS], BigInt64Array.from(table));
}

function standardised(x: Tensor, { mean, deviation, black }: ViewPlan, shape: readonly number[]): Tensor {
  const constant = (values: readonly number[]): Tensor =>
    x.graph.root.constant("float32", shape, Float32Array.from(values));
  return div(sub(x, constant(mean.map((value) => value - black))), constant(deviation));
}

/** The classes of views as numbers that are 1 for the right one: [views, classes of all heads]. */
export function targetsOf(graph: Graph, views: readonly View[]): Tensor {
  const rows = views.flatMap(({ rotation, down, across }) => [
    ...oneOf(CLASSES[0], rotation),
    ...oneOf(CLASSES[1], down),
    ...oneOf(CLASSES[2], across),
  ]);
  return graph.root.constant("float32", [views.length, rows.length / views.length], Float32Array.from(rows));
}

/** The same where translations differ from image to image. @param down,across classes, int64 [views] */
export function drawnTargets(down: Tensor, across: Tensor): Tensor {
  const { root } = down.graph;
  const [views] = down.shape as [number];
  const each = views / ROTATIONS.length;
  const rotations = Array.from({ length: views }, (_, k) => oneOf(CLASSES[0], Math.floor(k / each))).flat();
  const table = root.constant(
    "float32",
    [CLASSES[1], CLASSES[1]],
    Float32Array.from(TRANSLATIONS.flatMap((_, k) => oneOf(CLASSES[1], k))),
  );
  return concat(
    [
      root.constant("float32", [views, CLASSES[0]], Float32Array.from(rotations)),
      gather(table, down),
      gather(table, across),
    ],
    1,
  );
}

const oneOf = (classes: number, chosen: number): number[] =>
  Array.from({ length: classes }, (_, k) => (k === chosen ? 1 : 0));
