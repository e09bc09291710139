import { throwIfAborted } from "../../errors.js";
import { add, div, Graph, log, serialize, square, sub, sum, type Tensor } from "../../graph/index.js";
import type { RowReader } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";
import type { PatchFeatures } from "../maps/patch-features.js";
import type { PatchWhitening } from "./whitened-patches.js";

/** Means and variances of whitened patches at each position, [dim, height, width] each. */
export interface PositionMoments {
  readonly mean: Float32Array<ArrayBuffer>;
  readonly variance: Float32Array<ArrayBuffer>;
}

/** Variances of few images are moved towards 1, that of patches anywhere, by as much as so many more images would. */
const PRIOR_IMAGES = 5;

/** Whitened patches of images, float32 [rows, dim, height, width]. */
const whitened = (features: Tensor, patches: PatchFeatures, { weights, offset }: PatchWhitening): Tensor =>
  patches.projected(features, weights, offset);

/**
 * Logarithm of the squared Mahalanobis distance of each patch, float32 [rows, height, width]: to all patches, or to those
 * at its position.
 */
export function logDistance(
  features: Tensor,
  patches: PatchFeatures,
  map: PatchWhitening,
  moments: PositionMoments | undefined,
): Tensor {
  const z = whitened(features, patches, map);
  const { graph } = features;
  const grid = (data: Float32Array): Tensor =>
    graph.constant("float32", [patches.channels, patches.height, patches.width], data);
  const squares =
    moments === undefined ? square(z) : div(square(sub(z, grid(moments.mean))), grid(moments.variance));
  return log(add(sum(squares, [1]), LEAST));
}

const LEAST = 1e-6;

/** Moments over the training images, for each position. */
export async function positionMoments(
  runtime: Runtime,
  images: RowReader,
  patches: PatchFeatures,
  map: PatchWhitening,
  signal?: AbortSignal,
): Promise<PositionMoments> {
  const size = patches.channels * patches.height * patches.width;
  const [total, squares] = [new Float64Array(size), new Float64Array(size)];
  await eachWhitened(runtime, images, patches, map, signal, (z) => {
    z.forEach((value, k) => {
      total[k]! += value;
      squares[k]! += value * value;
    });
  });
  const count = images.rows;
  const mean = Float32Array.from(total, (value) => value / count);
  const variance = Float32Array.from(squares, (value, k) => {
    const own = Math.max(0, value / count - mean[k]! ** 2);
    return (count * own + PRIOR_IMAGES) / (count + PRIOR_IMAGES);
  });
  return { mean, variance };
}

/** Mean negative log-likelihood of a patch of images that were held out, but for a constant: lower is better. */
export interface HeldOutLikelihood {
  readonly global: number;
  readonly position: number;
}

export async function heldOutLikelihood(
  runtime: Runtime,
  images: RowReader,
  patches: PatchFeatures,
  map: PatchWhitening,
  { mean, variance }: PositionMoments,
  signal?: AbortSignal,
): Promise<HeldOutLikelihood> {
  let [global, position] = [0, 0];
  const logVariance = variance.reduce((all, value) => all + Math.log(value), 0);
  await eachWhitened(runtime, images, patches, map, signal, (z) => {
    for (let k = 0; k < z.length; k++) {
      global += z[k]! ** 2;
      position += (z[k]! - mean[k]!) ** 2 / variance[k]!;
    }
    position += logVariance;
  });
  const places = 2 * images.rows * patches.height * patches.width;
  return { global: global / places, position: position / places };
}

/** Hands over the whitened patches of each image, [dim, height, width]. */
async function eachWhitened(
  runtime: Runtime,
  images: RowReader,
  patches: PatchFeatures,
  map: PatchWhitening,
  signal: AbortSignal | undefined,
  take: (z: Float32Array) => void,
): Promise<void> {
  const graph = new Graph();
  const features = graph.input("features", "float32", ["rows", images.columns]);
  graph.output("whitened", whitened(features, patches, map));
  const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
  try {
    for (let row = 0; row < images.rows; row++) {
      throwIfAborted(signal);
      const results = await session.run({ features: float32([1, images.columns], await images.read(row)) });
      take(results["whitened"]!.data as Float32Array);
    }
  } finally {
    await session.release();
  }
}
