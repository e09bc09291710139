import { HypersphereError } from "../../errors.js";
import { reshape, type Tensor } from "../../graph/index.js";
import { patchProducts } from "../../nn/images/patch-products.js";
import { reflected } from "../../nn/images/reflect.js";

/**
 * What describes the places of an image: vectors on a grid of `height` x `width` places, each standing for an equal part of
 * the image.
 */
export interface PatchFeatures {
  /** Numbers of a vector. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /**
   * Linear functions of the vectors, W x + b, from features [rows, channels * height * width] of images: float32
   * [rows, outputs, height, width].
   * @param weights [outputs, channels]
   * @param offset [outputs]
   */
  projected(features: Tensor, weights: Float32Array, offset: Float32Array): Tensor;
}

/**
 * Refuses images smaller than a patch.
 * @param option that says how large patches are
 * @throws HypersphereError `unfit-data`
 */
export function requirePatchFit(
  side: number,
  [, height, width]: readonly [number, number, number],
  option: string,
): void {
  const shorter = Math.min(height, width);
  if (side <= shorter) return;
  throw new HypersphereError(
    "unfit-data",
    `The images that the model sees are ${shorter} pixels high or wide, and patches are ${side}.`,
    { hint: `Use smaller patches (option "${option}") or larger images (option "imageSize").` },
  );
}

/**
 * The pixels of square patches, every `stride` pixels. Edges of the image are mirrored, so that each patch is about the
 * middle of its place. A vector holds [channels, side, side].
 */
export function rawPatches(
  [channels, height, width]: readonly [number, number, number],
  side: number,
  stride: number,
): PatchFeatures {
  const [down, across] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const before = (side - stride) >> 1;
  const after = (length: number, places: number): number => (places - 1) * stride + side - before - length;
  const dim = channels * side * side;
  return {
    channels: dim,
    height: down,
    width: across,
    projected(features, weights, offset) {
      const image = reshape(features, [features.shape[0]!, channels, height, width]);
      const wide = reflected(image, [before, before, after(height, down), after(width, across)]);
      return patchProducts(wide, { weights, offset, side, stride });
    },
  };
}
