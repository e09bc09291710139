/** A user's own network inside of a model: its inner feature maps, as a part of the model's graph. */
import { HypersphereError } from "../../errors.js";
import {
  cutModel,
  type DecodedModel,
  decodeModel,
  embed,
  Graph,
  type ModelPiece,
  OPSET,
  reshape,
  serialize,
  split,
  surveyModel,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { sha256 } from "../../math/digest.js";
import type { BackboneFile } from "../../model/contract.js";
import type { BackboneRecord } from "../../model/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { shown } from "../../text/shown.js";
import {
  type Choice,
  chosenMaps,
  type FeatureMap,
  lookInside,
  namedMaps,
  type Size,
  sizesToTry,
  tokenGrid,
} from "./feature-maps.js";
import { type ImageInput, imageInput } from "./image-input.js";
import { type FeatureImages, networkImage } from "./network-image.js";
import type { BackboneOptions } from "./options.js";
import { refuseCoarse } from "./precision.js";

export interface Backbone {
  /** Of each map that is taken: [channels, height, width]. */
  readonly shapes: readonly (readonly [channels: number, height: number, width: number])[];
  /** For the model's card. */
  readonly record: BackboneRecord;
  /**
   * Its maps of images, float32 [rows, channels, height, width] each.
   * @param features [rows, channels * height * width]
   */
  maps(features: Tensor): readonly Tensor[];
}

/**
 * Reads a network from an ONNX file, and cuts it at its feature maps.
 *
 * The network sees images at the size that the model has them. One that runs at its own size only, or takes one image at a
 * time, is refused or resized to, see docs/backbones.md.
 *
 * @param choice what is taken where no tensor is named: the maps at an eighth and a sixteenth of the image, or the last one
 * alone, where vectors of the whole image may be named as well
 * @throws HypersphereError `invalid-model` for files that are no such network; `invalid-option` for tensors that it has not
 */
export async function readBackbone(
  runtime: Runtime,
  { bytes, name = "backbone.onnx" }: BackboneFile,
  images: FeatureImages,
  options: BackboneOptions,
  choice: Choice,
): Promise<Backbone> {
  const decoded = decodedNetwork(bytes, name);
  const input = imageInput(decoded);
  const insides = await lookInside(runtime, bytes, decoded, input, images, choice);
  const { backboneTensors: names } = options;
  const taken = names.length > 0 ? namedMaps(insides, names, choice === "last") : chosenMaps(insides, choice);
  const tensors = taken.map((map) => map.name);
  refuseCoarse(insides.coarse, tensors);
  const piece = cutModel(bytes, input.name, tensors, insides.axes);
  const cut: Cut = { piece, input, taken, images, options, choice };
  const { size, shapes } = await runningSize(runtime, cut);
  return {
    shapes,
    record: {
      name,
      sha256: await sha256(bytes),
      bytes: bytes.length,
      ...(options.backboneLicense !== undefined && { license: options.backboneLicense }),
      opset: decoded.opsets[""] ?? OPSET,
      tensors,
      shapes,
      ...size,
      mean: options.backboneMean,
      deviation: options.backboneDeviation,
      channels: options.backboneChannels,
    },
    maps: (features) => cutMaps(cut, size, shapes, features),
  };
}

/** @throws HypersphereError `invalid-model` for bytes that are no ONNX file, or only a part of one */
function decodedNetwork(bytes: Uint8Array, name: string): DecodedModel {
  try {
    const [outside] = surveyModel(bytes).external;
    if (outside === undefined) return decodeModel(bytes);
    throw new HypersphereError(
      "invalid-model",
      `The values of its tensor ${shown(outside)} lie in another file.`,
    );
  } catch (cause) {
    if (!(cause instanceof HypersphereError)) throw cause;
    throw new HypersphereError(
      "invalid-model",
      `The backbone ${shown(name)} cannot be read. ${cause.message}`,
      {
        cause,
        hint: "A backbone is one whole ONNX file, with its weights inside.",
      },
    );
  }
}

type MapShape = readonly [channels: number, height: number, width: number];

interface Cut {
  readonly piece: ModelPiece;
  readonly input: ImageInput;
  readonly taken: readonly FeatureMap[];
  readonly images: FeatureImages;
  readonly options: BackboneOptions;
  readonly choice: Choice;
}

function cutMaps(
  { piece, input, taken, images, options }: Cut,
  size: Size,
  shapes: readonly MapShape[],
  features: Tensor,
): readonly Tensor[] {
  const [rows] = features.shape as [number | string];
  const image = networkImage(features, images, input, size, options);
  const places = shapes.map(([channels, height, width], k) => {
    const { leading, flat } = taken[k]!;
    if (leading !== undefined)
      return { dtype: "float32" as const, shape: [rows, leading + height * width, channels] };
    return { dtype: "float32" as const, shape: flat ? [rows, channels] : [rows, channels, height, width] };
  });
  // One tensor may be named twice.
  const kinds = piece.outputs.map((name) => places[taken.findIndex((map) => map.name === name)]!);
  const values = embed(piece, image, kinds);
  return taken.map(({ name, leading, flat }, k) => {
    const value = values[piece.outputs.indexOf(name)]!;
    const [channels, height, width] = shapes[k]!;
    if (flat) return reshape(value, [rows, channels, height, width]);
    if (leading === undefined) return value;
    const patches = leading === 0 ? value : split(value, 1, [leading, height * width])[1]!;
    return reshape(transpose(patches, [0, 2, 1]), [rows, channels, height, width]);
  });
}

/** Two images that differ: what a network says of one must not depend on the other. */
const PROBED = 2;

/**
 * At which size the cut network runs: that of the images, or else its own; and what its maps are like there.
 * @throws HypersphereError `invalid-model` where it runs at neither, or gives other than one map per image
 */
async function runningSize(runtime: Runtime, cut: Cut): Promise<{ size: Size; shapes: readonly MapShape[] }> {
  const { input, images, choice } = cut;
  let failure: unknown;
  for (const size of sizesToTry(input, { height: images.height, width: images.width }, choice)) {
    try {
      return { size, shapes: await runningShapes(runtime, cut, size) };
    } catch (error) {
      failure ??= error;
    }
  }
  throw new HypersphereError(
    "invalid-model",
    `The backbone does not take ${PROBED} images of ${images.height} x ${images.width} pixels at a time: ${(failure as Error).message}`,
    {
      cause: failure,
      hint: "Export it with an open number of images (dynamic batch), and for images of this size.",
    },
  );
}

async function runningShapes(runtime: Runtime, cut: Cut, size: Size): Promise<readonly MapShape[]> {
  const { piece, input, images, taken, options } = cut;
  const { channels, height, width } = images;
  const columns = channels * height * width;
  const graph = new Graph();
  const features = graph.input("features", "float32", ["rows", columns]);
  const image = networkImage(features, images, input, size, options);
  const open = piece.outputs.map((name) => {
    const { leading, flat } = taken.find((map) => map.name === name)!;
    const axes = flat ? 2 : leading === undefined ? 4 : 3;
    return { dtype: "float32" as const, shape: Array.from({ length: axes }, (_, axis) => `${name}/${axis}`) };
  });
  embed(piece, image, open).forEach((value, k) => {
    graph.output(`map${k}`, value);
  });
  const session = await runtime.createSession(serialize(graph), { threads: runtime.cores, quiet: true });
  try {
    const pixels = Float32Array.from({ length: PROBED * columns }, (_, k) => (k % 7) / 7);
    const results = await session.run({ features: float32([PROBED, columns], pixels) });
    return taken.map((map) => {
      const { shape } = results[`map${piece.outputs.indexOf(map.name)}`]!;
      return mapShape(map, shape, size);
    });
  } finally {
    await session.release();
  }
}

function mapShape({ name, leading }: FeatureMap, shape: readonly number[], size: Size): MapShape {
  // What says something of the whole image has one place.
  const [rows, first, second = 1, third = 1] = shape as [number, number, number, number];
  if (rows === PROBED && leading === undefined) return [first, second, third];
  const grid = leading === undefined ? undefined : tokenGrid(first, size, [leading]);
  if (rows === PROBED && grid !== undefined) return [second, grid.height, grid.width];
  throw new HypersphereError(
    "invalid-model",
    `Of ${PROBED} images, ${JSON.stringify(name)} became [${shape.join(", ")}]: not one map for each.`,
    { hint: "Export the backbone with an open number of images (dynamic batch)." },
  );
}
