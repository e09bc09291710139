import { concat, matmul, mean, reshape, sum, type Tensor } from "../../graph/index.js";
import type { ResidualEncoder } from "../../nn/images/resnet-small.js";
import type { Parameters } from "../../nn/parameters.js";
import { crossEntropies, headLogits } from "./objective.js";
import { fixedViews, ROTATIONS, targetsOf, type View, type ViewPlan } from "./views.js";

/** A network, and how images are shown to it. */
export interface Viewer {
  readonly encoder: ResidualEncoder;
  readonly plan: ViewPlan;
}

/** What the network makes of views of images. */
export interface Seen {
  readonly views: readonly View[];
  /** After the stem and each block, [images * views, width, side, side]. */
  readonly maps: readonly Tensor[];
  readonly parameters: Parameters;
}

/** @param x features [rows, numbers of a square image] */
export const seen = (
  x: Tensor,
  views: readonly View[],
  { encoder, plan }: Viewer,
  parameters: Parameters,
): Seen => ({ views, maps: encoder.evaluate(fixedViews(x, plan, views), parameters), parameters });

/** -log p of the transforms, summed over the views of an image: [images]. */
export function unlikelihood({ views, maps, parameters }: Seen): Tensor {
  const logits = headLogits(mean(maps.at(-1)!, [2, 3]), parameters);
  const classes = logits.shape[1] as number;
  const targets = reshape(targetsOf(logits.graph, views), [1, views.length, classes]);
  return sum(crossEntropies(reshape(logits, ["images", views.length, classes]), targets), [1]);
}

/** Maps of the last blocks that are looked at in quarters too, and squares of a quartered map along an axis. */
const QUARTERED = 2;
const HALVES = 2;

/** Lengths of the vectors that are taken of a view: means over the maps, and over quarters of the last ones. */
export function vectorWidths({ widths, sides }: ResidualEncoder): number[] {
  return [...widths, ...quartered(sides).map((k) => HALVES ** 2 * widths[k]!)];
}

const quartered = (sides: readonly number[]): number[] =>
  sides.flatMap((side, k) => (k >= sides.length - QUARTERED && side >= HALVES ? [k] : []));

/**
 * What is taken of an image in all rotations.
 * @returns [images, rotations, all widths]
 */
export function turnedVectors({ maps }: Seen, encoder: ResidualEncoder): Tensor {
  const vectors = [
    ...maps.map((map) => mean(map, [2, 3])),
    ...quartered(encoder.sides).map((k) => quarters(maps[k]!, encoder.sides[k]!)),
  ];
  const whole = concat(vectors, 1);
  return reshape(whole, ["images", ROTATIONS.length, whole.shape[1]!]);
}

/** Means over two by two parts of a map; of an odd one, parts share its middle. [views, width * 4] */
function quarters(map: Tensor, side: number): Tensor {
  const [views, width] = map.shape as [string, number];
  const within = (at: number, half: number): boolean =>
    at >= Math.floor((half * side) / HALVES) && at < Math.ceil(((half + 1) * side) / HALVES);
  const area = Math.ceil(side / HALVES) ** 2;
  const matrix = Float32Array.from({ length: side * side * HALVES ** 2 }, (_, k) => {
    const [at, part] = [Math.floor(k / HALVES ** 2), k % HALVES ** 2];
    const inside =
      within(Math.floor(at / side), Math.floor(part / HALVES)) && within(at % side, part % HALVES);
    return inside ? 1 / area : 0;
  });
  const parts = map.graph.root.constant("float32", [1, side * side, HALVES ** 2], matrix);
  const sums = matmul(reshape(map, [views, width, side * side]), parts);
  return reshape(sums, [views, width * HALVES ** 2]);
}
