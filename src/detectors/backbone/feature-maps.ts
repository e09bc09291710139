/** Finds, in a network that somebody else made, the tensors that say what is where in an image. */
import { HypersphereError } from "../../errors.js";
import { type DecodedModel, decodeGraph, withBareOutputs } from "../../graph/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { shown } from "../../text/shown.js";
import type { ImageInput } from "./image-input.js";

/** An inner tensor that has one place for each part of the image. */
export interface FeatureMap {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Of transformers: tokens before those of the places, which the tensor [rows, tokens, channels] has. */
  readonly leading?: number;
}

/** Maps of fewer channels are what a network says, not what it sees. */
const LEAST_CHANNELS = 8;
/** What networks are trained at, for those that leave it open. */
const USUAL_SIDE = 224;
/** How much smaller than the image the maps are that say most of defects: blocks 2 and 3 of a ResNet, as in PatchCore. */
const WANTED_STRIDES = [8, 16];
/** Results of these may have four axes, two of them equal, without a place for each part of the image. */
const NO_MAPS = new Set(["Constant", "MatMul", "Softmax"]);
/** Networks with so many matrix products are transformers: their features are tokens, one for each patch. */
const TRANSFORMER = 6;
/** Tokens for the whole image that may stand before those of the patches: none, one, with a distillation token, or registers. */
const LEADING_TOKENS = [0, 1, 2, 5];
const MOST_PATCH_SIDE = 64;
/** The sides of an image may be rounded on their way by so many places of a map. */
const ROUNDING = 1;

/**
 * Runs the network once, on an image of one colour, and looks at every value inside of it.
 *
 * @param size of the image, where the file leaves it open
 * @returns feature maps in the order in which they are computed
 * @throws HypersphereError `invalid-model` where the network does not run, or has none
 */
export async function featureMaps(
  runtime: Runtime,
  model: Uint8Array,
  decoded: DecodedModel,
  input: ImageInput,
  size: Size,
): Promise<readonly FeatureMap[]> {
  const { nodes } = decodeGraph(decoded.graph);
  const names = nodes
    .filter(({ type }) => !NO_MAPS.has(type))
    .flatMap(({ outputs }) => outputs.filter((name) => name !== ""));
  const transformer = nodes.filter(({ type }) => type === "MatMul").length >= TRANSFORMER;
  const sizes = [
    { height: input.height ?? size.height, width: input.width ?? size.width },
    { height: input.height ?? USUAL_SIDE, width: input.width ?? USUAL_SIDE },
  ];
  let failure: unknown;
  for (const { height, width } of sizes) {
    try {
      const shapes = await innerShapes(runtime, model, input, { height, width }, names);
      return shapes.flatMap(([tensor, shape]) => {
        const map =
          shape.length === 3 && transformer
            ? tokenMap(tensor, shape, { height, width })
            : gridMap(tensor, shape, { height, width });
        return map === undefined ? [] : [map];
      });
    } catch (error) {
      failure ??= error;
    }
  }
  throw new HypersphereError("invalid-model", `The backbone does not run: ${(failure as Error).message}`, {
    cause: failure,
    hint: "Try the file in ONNX Runtime; export it again for inference.",
  });
}

async function innerShapes(
  runtime: Runtime,
  model: Uint8Array,
  { name, layout, channels }: ImageInput,
  { height, width }: Size,
  names: readonly string[],
): Promise<readonly (readonly [name: string, shape: readonly number[]])[]> {
  const probe = withBareOutputs(model, name, ["rows", "a", "b", "c"], names);
  const session = await runtime.createSession(probe, { threads: runtime.cores });
  try {
    const shape = layout === "channels first" ? [1, channels, height, width] : [1, height, width, channels];
    const image = new Float32Array(channels * height * width).fill(0.5);
    const results = await session.run({ [name]: float32(shape, image) });
    return names.map((each) => [each, results[each]!.shape]);
  } finally {
    await session.release();
  }
}

interface Size {
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
 * where a network has none of these, the last of all.
 *
 * @throws HypersphereError `invalid-model` where there is none
 */
export function chosenMaps(
  maps: readonly FeatureMap[],
  image: { readonly height: number },
): readonly FeatureMap[] {
  const last = maps.at(-1);
  if (last === undefined) {
    throw new HypersphereError(
      "invalid-model",
      "The backbone has no feature map: no inner tensor [rows, channels, height, width] of more than one place.",
      {
        hint: "Name a tensor (option backboneTensors), or give a convolutional network.",
      },
    );
  }
  const wanted = WANTED_STRIDES.flatMap((stride) => {
    const found = maps.findLast(({ height }) => Math.round(image.height / height) === stride);
    return found === undefined ? [] : [found];
  });
  return wanted.length === 0 ? [last] : wanted;
}

/** @throws HypersphereError `invalid-option` for a name that is no feature map's, naming those that are */
export function namedMaps(maps: readonly FeatureMap[], names: readonly string[]): readonly FeatureMap[] {
  return names.map((name) => {
    const found = maps.find((map) => map.name === name);
    if (found !== undefined) return found;
    const known = maps
      .slice(-12)
      .map(
        ({ name: other, channels, height, width }) => `${shown(other)} (${channels} x ${height} x ${width})`,
      );
    throw new HypersphereError(
      "invalid-option",
      `backboneTensors names ${shown(name)}, which is no feature map of the backbone.`,
      { hint: `Its last feature maps are ${known.join(", ") || "none"}.` },
    );
  });
}
