/** Finds, in a network that somebody else made, the tensors that say what is where in an image. */
import { HypersphereError } from "../../errors.js";
import { type DecodedModel, decodeGraph, type ForeignNode, withBareOutputs } from "../../graph/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { shown } from "../../text/shown.js";
import type { ImageInput } from "./image-input.js";
import { coarseValues, refuseCoarse } from "./precision.js";

/** An inner tensor that has one place for each part of the image. */
export interface FeatureMap {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Of transformers: tokens before those of the places, which the tensor [rows, tokens, channels] has. */
  readonly leading?: number;
  /** That all which is computed later is computed from it: it is the end of a block, and no inner value of one. */
  readonly ends?: true;
  /** Of vectors of the whole image: that the tensor is [rows, channels], without axes for places. */
  readonly flat?: true;
}

/** Maps of fewer channels are what a network says, not what it sees. */
const LEAST_CHANNELS = 8;
/** What networks are trained at, for those that leave it open. */
const USUAL = { height: 224, width: 224 };
/** Many networks halve an image five times, and put the halves together again: their sizes have to be multiples of this. */
const HALVED = 32;
/** How much smaller than the image the maps are that say most of defects: blocks 2 and 3 of a ResNet, as in PatchCore. */
const WANTED_STRIDES = [8, 16];
/** Results of these may have four axes, two of them equal, without a place for each part of the image. */
const NO_MAPS = new Set(["MatMul", "Softmax"]);
/** Networks with so many matrix products are transformers: their features are tokens, one for each patch. */
const TRANSFORMER = 6;
/** Tokens for the whole image that may stand before those of the patches: none, one, with a distillation token, or registers. */
const LEADING_TOKENS = [0, 1, 2, 5];
const MOST_PATCH_SIDE = 64;
/** The sides of an image may be rounded on their way by so many places of a map. */
const ROUNDING = 1;

/** What is taken where no tensor is named: maps at an eighth and a sixteenth of the image, or the last one alone. */
export type Choice = "levels" | "last";

/** What a network has inside of it. */
export interface Insides {
  /** Feature maps in the order in which they are computed, for an image of `size`. */
  readonly maps: readonly FeatureMap[];
  /** Tensors of one place: what it says of the image as a whole. */
  readonly vectors: readonly FeatureMap[];
  readonly size: Size;
  /** Values that are computed in coarse steps, and why; see `coarseValues`. */
  readonly coarse: ReadonlyMap<string, string>;
  /** Number of axes of every value. */
  readonly axes: ReadonlyMap<string, number>;
}

/**
 * Sizes at which a network may run, in the order in which they are tried: that of the images, its own, one that can be
 * halved five times, and what networks are trained at.
 * @param choice "last" for its own before that of the images: what a network says of the whole image counts at the size that it
 * was made for; what it says of places, at that of the images
 */
export function sizesToTry(input: ImageInput, image: Size, choice: Choice): readonly Size[] {
  const halved = (length: number): number => Math.max(HALVED, HALVED * Math.round(length / HALVED));
  const own = [image, { height: halved(image.height), width: halved(image.width) }, USUAL].map(
    ({ height, width }) => ({ height: input.height ?? height, width: input.width ?? width }),
  );
  const sizes = choice === "last" ? [...own, image] : [image, ...own];
  return sizes.filter(
    (size, k) => sizes.findIndex(({ height, width }) => height === size.height && width === size.width) === k,
  );
}

/**
 * Runs the network once, on an image of one colour, and looks at every value inside of it.
 *
 * @param image size of the images, where the file leaves it open
 * @throws HypersphereError `invalid-model` where the network does not run
 */
export async function lookInside(
  runtime: Runtime,
  model: Uint8Array,
  decoded: DecodedModel,
  input: ImageInput,
  image: Size,
  choice: Choice,
): Promise<Insides> {
  const nodes = decodeGraph(decoded.graph).nodes.filter(({ type }) => type !== "Constant");
  const places = new Set(nodes.filter(({ type }) => !NO_MAPS.has(type)).flatMap(({ outputs }) => outputs));
  const names = nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ""));
  const ends = blockEnds(nodes, input.name);
  const transformer = nodes.filter(({ type }) => type === "MatMul").length >= TRANSFORMER;
  let failure: unknown;
  for (const size of sizesToTry(input, image, choice)) {
    try {
      const values = await innerValues(runtime, model, input, size, names);
      const coarse = coarseValues(nodes, input.name, (name) => values.get(name)?.dtype);
      const shapes = Array.from(values).flatMap(([name, { dtype, shape }]) =>
        dtype === "float32" ? [[name, shape] as const] : [],
      );
      const maps = shapes.flatMap(([name, shape]) => {
        if (!places.has(name)) return [];
        const map =
          shape.length === 3 && transformer ? tokenMap(name, shape, size) : gridMap(name, shape, size);
        return map === undefined ? [] : [ends.has(name) ? { ...map, ends: true as const } : map];
      });
      const vectors = shapes.flatMap(([name, shape]) => wholeVector(name, shape));
      const axes = new Map(shapes.map(([name, shape]) => [name, shape.length]));
      return { maps, vectors, size, coarse, axes };
    } catch (error) {
      failure ??= error;
    }
  }
  throw new HypersphereError("invalid-model", `The backbone does not run: ${(failure as Error).message}`, {
    cause: failure,
    hint: "Try the file in ONNX Runtime; export it again for inference.",
  });
}

/** Values that all later ones are computed from, but for constants. */
function blockEnds(
  nodes: readonly Pick<ForeignNode, "inputs" | "outputs">[],
  image: string,
): ReadonlySet<string> {
  const lastUse = new Map<string, number>();
  for (const [k, { inputs }] of nodes.entries()) for (const name of inputs) lastUse.set(name, k);
  const ends = new Set<string>();
  // What comes from the image and is still needed.
  const open = new Set([image]);
  for (const [k, { inputs, outputs }] of nodes.entries()) {
    if (!inputs.some((name) => open.has(name))) continue;
    for (const name of inputs) if (lastUse.get(name) === k) open.delete(name);
    for (const name of outputs) if (lastUse.has(name)) open.add(name);
    if (open.size === 1) for (const name of open) ends.add(name);
  }
  return ends;
}

async function innerValues(
  runtime: Runtime,
  model: Uint8Array,
  { name, layout, channels }: ImageInput,
  { height, width }: Size,
  names: readonly string[],
): Promise<ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>> {
  const probe = withBareOutputs(model, name, ["rows", "a", "b", "c"], names);
  const session = await runtime.createSession(probe, { threads: runtime.cores, quiet: true });
  try {
    const shape = layout === "channels first" ? [1, channels, height, width] : [1, height, width, channels];
    const image = new Float32Array(channels * height * width).fill(0.5);
    const results = await session.run({ [name]: float32(shape, image) });
    return new Map(names.map((each) => [each, { dtype: results[each]!.dtype, shape: results[each]!.shape }]));
  } finally {
    await session.release();
  }
}

export interface Size {
  readonly height: number;
  readonly width: number;
}

function gridMap(name: string, shape: readonly number[], image: Size): FeatureMap | undefined {
  const [rows, channels, height, width] = shape as [number, number, number, number];
  if (shape.length !== 4 || rows !== 1 || channels < LEAST_CHANNELS || height < 2 || width < 2)
    return undefined;
  // What has four axes and is no map has nothing of the image's proportions, or of its size.
  const alike = Math.abs(height - (width * image.height) / image.width) <= ROUNDING;
  return alike && height <= image.height && width <= image.width
    ? { name, channels, height, width }
    : undefined;
}

function tokenMap(name: string, shape: readonly number[], image: Size): FeatureMap | undefined {
  const [rows, tokens, channels] = shape as [number, number, number];
  if (rows !== 1 || channels < LEAST_CHANNELS) return undefined;
  const grid = tokenGrid(tokens, image, LEADING_TOKENS);
  return grid && { name, channels, ...grid };
}

/** [rows, channels], or [rows, channels, 1, 1]. */
function wholeVector(name: string, shape: readonly number[]): readonly FeatureMap[] {
  const [rows, channels, ...places] = shape as [number, number];
  if (rows !== 1 || channels < LEAST_CHANNELS || !(places as number[]).every((length) => length === 1))
    return [];
  if (shape.length === 2) return [{ name, channels, height: 1, width: 1, flat: true }];
  return shape.length === 4 ? [{ name, channels, height: 1, width: 1 }] : [];
}

/** The places that tokens stand for, one for each square patch of the image; undefined where they are not as many. */
export function tokenGrid(
  tokens: number,
  image: Size,
  leadingTokens: readonly number[],
): (Size & { readonly leading: number }) | undefined {
  for (let side = 2; side <= MOST_PATCH_SIDE; side++) {
    const [height, width] = [Math.floor(image.height / side), Math.floor(image.width / side)];
    const leading = tokens - height * width;
    if (height > 1 && width > 1 && leadingTokens.includes(leading)) return { height, width, leading };
  }
  return undefined;
}

/**
 * The maps that are taken where nobody names any: the last of those at an eighth, and at a sixteenth of the image's size;
 * where a network has none of these, the last of all. Those that end a block come before inner ones.
 *
 * @param choice "last" for the last of all in any case
 * @throws HypersphereError `invalid-model` where there is none
 */
export function chosenMaps({ maps, size, coarse }: Insides, choice: Choice): readonly FeatureMap[] {
  const last = maps.at(-1);
  if (last === undefined) {
    refuseCoarse(coarse, [...coarse.keys()]);
    throw new HypersphereError(
      "invalid-model",
      "The backbone has no feature map: no inner float32 tensor [rows, channels, height, width] of more than one place and 8 channels.",
      {
        hint: "A backbone is a convolutional network, or a transformer of patches.",
      },
    );
  }
  const wanted = WANTED_STRIDES.flatMap((stride) => {
    // Sides that the stride does not divide are rounded on the way: 104 pixels are 6 or 7 places of 16.
    const near = (places: number, length: number): boolean => Math.abs(places - length / stride) < 1;
    const there = maps.filter(({ height, width }) => near(height, size.height) && near(width, size.width));
    // Not the first convolution of the next block, which some networks compute at the size of this one.
    const found = there.findLast(({ ends }) => ends) ?? there.at(-1);
    return found === undefined ? [] : [found];
  });
  return choice === "last" || wanted.length === 0 ? [last] : wanted;
}

/**
 * @param wholes whether tensors without places will do as well
 * @throws HypersphereError `invalid-option` for a name that is no feature map's, naming those that are
 */
export function namedMaps(
  { maps, vectors, coarse }: Insides,
  names: readonly string[],
  wholes: boolean,
): readonly FeatureMap[] {
  return names.map((name) => {
    const whole = vectors.find((vector) => vector.name === name);
    const found = maps.find((map) => map.name === name) ?? (wholes ? whole : undefined);
    if (found !== undefined) return found;
    refuseCoarse(coarse, [name]);
    const known = maps
      .slice(-12)
      .map(
        ({ name: other, channels, height, width }) => `${shown(other)} (${channels} x ${height} x ${width})`,
      );
    throw new HypersphereError(
      "invalid-option",
      `backboneTensors names ${shown(name)}, which is ${whole === undefined ? "no feature map of the backbone" : "a vector of the whole image, without places"}.`,
      {
        hint: `Its last feature maps are ${known.join(", ") || "none"}${wholes ? vectorNames(vectors) : ""}.`,
      },
    );
  });
}

function vectorNames(vectors: readonly FeatureMap[]): string {
  if (vectors.length === 0) return "";
  const known = vectors.slice(-4).map(({ name, channels }) => `${shown(name)} (${channels})`);
  return `; its last vectors are ${known.join(", ")}`;
}
