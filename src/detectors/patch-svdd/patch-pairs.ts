import type { RandomStream } from "../../math/random.js";
import { type LARGE_PATCH, SMALL_PATCH } from "../../nn/images/patch-encoder.js";

/** Where a patch may lie relative to another one: row by row, without the middle. */
export const DIRECTIONS = [
  [-1, -1],
  [-1, 0],
  [-1, 1],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 0],
  [1, 1],
] as const;

/** Patches of a pair, and pairs of a sample: two for the position task, two that are neighbours. */
export const PATCHES_OF_SAMPLE = 4;

/** An image in training, float32 [channels, height, width]. */
export interface TrainingImage {
  readonly data: Float32Array;
  readonly shape: readonly [channels: number, height: number, width: number];
}

interface Corner {
  readonly top: number;
  readonly left: number;
}

/**
 * Two patches of which the second lies in one of eight directions from the first, three quarters of a side to nearly a
 * whole one away along each axis that the direction has. Corners are drawn among those for which both patches are inside
 * the image: moving them inside afterwards, as the published code does, makes some of the answers wrong.
 */
export function positionPair(
  stream: RandomStream,
  [, height, width]: TrainingImage["shape"],
  patch: number,
): { readonly first: Corner; readonly second: Corner; readonly direction: number } {
  const direction = stream.int(DIRECTIONS.length);
  const offset = (sign: number): number => sign * ((3 * patch) / 4 + stream.int(patch / 4));
  const [down, across] = DIRECTIONS[direction]!.map(offset) as [number, number];
  return { ...cornersWithin(stream, [height, width], patch, [down, across]), direction };
}

/** Two patches whose corners are at most a thirty-second of a side apart along each axis, and not the same. */
export function neighbourPair(
  stream: RandomStream,
  [, height, width]: TrainingImage["shape"],
  patch: number,
): { readonly first: Corner; readonly second: Corner } {
  const reach = patch / 32;
  const side = 2 * reach + 1;
  // The middle of the square of offsets is left out.
  const drawn = stream.int(side * side - 1);
  const place = drawn < (side * side - 1) / 2 ? drawn : drawn + 1;
  const offsets: [number, number] = [Math.floor(place / side) - reach, (place % side) - reach];
  return cornersWithin(stream, [height, width], patch, offsets);
}

function cornersWithin(
  stream: RandomStream,
  lengths: readonly [number, number],
  patch: number,
  offsets: readonly [number, number],
): { readonly first: Corner; readonly second: Corner } {
  const [top, left] = offsets.map((offset, axis) => {
    const least = Math.max(0, -offset);
    const most = Math.min(lengths[axis]! - patch, lengths[axis]! - patch - offset);
    return least + stream.int(most - least + 1);
  }) as [number, number];
  return { first: { top, left }, second: { top: top + offsets[0], left: left + offsets[1] } };
}

/** Samples of one size of patches. */
export interface PatchSamples {
  readonly samples: number;
  /**
   * [samples, 4, tiles, channels, 32, 32]: the position pair, then the neighbours; a small patch has one tile, a large
   * one its quarters.
   */
  readonly patches: Float32Array<ArrayBuffer>;
  /** [samples, 8]: 1 at the direction of the position pair, 0 elsewhere. */
  readonly directions: Float32Array<ArrayBuffer>;
}

/** Numbers of a sample of patches of this side. */
export const sampleSize = (patch: number, channels: number): number =>
  PATCHES_OF_SAMPLE * channels * patch * patch;

/**
 * Draws samples, from each image in turn.
 * @param noise standard deviation of what is added to patches of the position task: to each channel, and to each pixel
 */
export function drawSamples(
  stream: RandomStream,
  images: readonly TrainingImage[],
  patch: typeof SMALL_PATCH | typeof LARGE_PATCH,
  samples: number,
  noise: number,
): PatchSamples {
  const [channels] = images[0]!.shape;
  const each = sampleSize(patch, channels) / PATCHES_OF_SAMPLE;
  const patches = new Float32Array(samples * PATCHES_OF_SAMPLE * each);
  const directions = new Float32Array(samples * DIRECTIONS.length);
  for (let sample = 0; sample < samples; sample++) {
    const image = images[sample % images.length]!;
    const place = (k: number): Float32Array => {
      const start = (sample * PATCHES_OF_SAMPLE + k) * each;
      return patches.subarray(start, start + each);
    };
    const pair = positionPair(stream, image.shape, patch);
    directions[sample * DIRECTIONS.length + pair.direction] = 1;
    [pair.first, pair.second].forEach((corner, k) => {
      copyPatch(image, corner, patch, place(k));
      if (noise > 0) disturb(place(k), channels, patch, noise, stream);
    });
    const near = neighbourPair(stream, image.shape, patch);
    copyPatch(image, near.first, patch, place(2));
    copyPatch(image, near.second, patch, place(3));
  }
  return { samples, patches, directions };
}

/** Tiles of 32 pixels, row by row, each [channels, 32, 32]. */
function copyPatch(
  { data, shape: [channels, height, width] }: TrainingImage,
  { top, left }: Corner,
  patch: number,
  target: Float32Array,
): void {
  let at = 0;
  for (let down = 0; down < patch; down += SMALL_PATCH)
    for (let across = 0; across < patch; across += SMALL_PATCH)
      for (let channel = 0; channel < channels; channel++)
        for (let line = 0; line < SMALL_PATCH; line++) {
          const start = (channel * height + top + down + line) * width + left + across;
          target.set(data.subarray(start, start + SMALL_PATCH), at);
          at += SMALL_PATCH;
        }
}

function disturb(
  patch: Float32Array,
  channels: number,
  side: number,
  deviation: number,
  stream: RandomStream,
): void {
  const shifts = Float64Array.from({ length: channels }, () => deviation * stream.normal());
  const tile = SMALL_PATCH ** 2;
  const tiles = (side / SMALL_PATCH) ** 2;
  for (let k = 0, at = 0; k < tiles; k++)
    for (let channel = 0; channel < channels; channel++)
      for (let pixel = 0; pixel < tile; pixel++, at++)
        patch[at]! += shifts[channel]! + deviation * stream.normal();
}
