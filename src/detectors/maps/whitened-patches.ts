import { throwIfAborted } from "../../errors.js";
import type { RandomStream } from "../../math/random.js";
import { whitening } from "../../math/whitening.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";

/**
 * A linear map from patches to their principal components, which for normal images are uncorrelated, with mean 0 and
 * variance 1.
 */
export interface PatchWhitening {
  /** [components, dim] */
  readonly weights: Float32Array<ArrayBuffer>;
  /** [components] */
  readonly offset: Float32Array<ArrayBuffer>;
}

export interface WhitenedPatchOptions {
  readonly maxPatches: number;
  /** Largest ones that are kept. */
  readonly components: number;
  /** See `whitening`. */
  readonly floor: number;
}

/** What is kept where nothing else is asked for: the leading components, since the others are noise in a distance of all of them. */
export const WHITENING = { components: 64, floor: 1e-6 };

/**
 * Learns from patches at random places, the same number from each image.
 * @param shape [channels, height, width]
 * @param side of the patches
 */
export async function whitenedPatches(
  runtime: Runtime,
  images: RowReader,
  shape: readonly [number, number, number],
  side: number,
  { maxPatches, components, floor }: WhitenedPatchOptions,
  random: RandomStream,
  signal?: AbortSignal,
): Promise<PatchWhitening> {
  const dim = shape[0] * side * side;
  const patches = await drawnPatches(images, shape, side, maxPatches, random, signal);
  return whiteningOf(runtime, patches, dim, { components, floor });
}

/** @param vectors [patches, dim] */
export async function whiteningOf(
  runtime: Runtime,
  vectors: Float32Array,
  dim: number,
  { components, floor }: Pick<WhitenedPatchOptions, "components" | "floor">,
): Promise<PatchWhitening> {
  const covariance = await covarianceOf(runtime, vectors, dim);
  const { matrix } = whitening(covariance, dim, { kind: "pca", floor });
  const kept = Math.min(components, dim);
  const mean = new Float64Array(dim);
  for (let k = 0; k < vectors.length; k++) mean[k % dim]! += vectors[k]! / (vectors.length / dim);
  const offset = Float32Array.from({ length: kept }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < dim; k++) sum += matrix[row * dim + k]! * mean[k]!;
    return -sum;
  });
  return { weights: Float32Array.from(matrix.subarray(0, kept * dim)), offset };
}

/** [patches, channels * side * side] */
async function drawnPatches(
  images: RowReader,
  [channels, height, width]: readonly [number, number, number],
  side: number,
  most: number,
  random: RandomStream,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const each = Math.ceil(most / images.rows);
  const patches = new Float32Array(each * images.rows * channels * side * side);
  let at = 0;
  for (let row = 0; row < images.rows; row++) {
    throwIfAborted(signal);
    const image = await images.read(row);
    for (let count = 0; count < each; count++) {
      const [top, left] = [random.int(height - side + 1), random.int(width - side + 1)];
      for (let channel = 0; channel < channels; channel++) {
        for (let line = 0; line < side; line++, at += side) {
          const start = (channel * height + top + line) * width + left;
          patches.set(image.subarray(start, start + side), at);
        }
      }
    }
  }
  return patches;
}
