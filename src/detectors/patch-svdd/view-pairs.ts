import type { RandomStream } from "../../math/random.js";
import { FINEST_STRIDE, LARGE_PATCH, positionsAlong, SMALL_PATCH } from "../../nn/images/patch-encoder.js";
import { type BySize, bySize, type PatchSize } from "./patch-sizes.js";

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

export const PATCH_SIDES = { small: SMALL_PATCH, large: LARGE_PATCH } as const;
/** Sides of crops, in pixels: in all directions there is room for a second patch, and some for the first. */
const CROPS = { small: 96, large: 128 } as const;

/** An image in training, float32 [channels, height, width]. */
export interface TrainingImage {
  readonly data: Float32Array;
  readonly shape: readonly [channels: number, height: number, width: number];
}

/** Pairs of patches of one size, of several steps; each position is a number in the grid of patches of its view, row by row. */
export interface SizePairs {
  /** [steps, crops, pairs] in the first view. */
  readonly first: BigInt64Array<ArrayBuffer>;
  /** [steps, crops, pairs] in the second view, in one of eight directions from the first. */
  readonly second: BigInt64Array<ArrayBuffer>;
  /** [steps, crops, pairs] in both views, where they are neighbours: the second view is a pixel off. */
  readonly near: BigInt64Array<ArrayBuffer>;
  /** [steps * crops * pairs, 8]: 1 at the direction of the second patch, 0 elsewhere. */
  readonly directions: Float32Array<ArrayBuffer>;
}

/** Crops of images, each in two views, with pairs of their patches. */
export interface CropViews {
  /** [steps, 2, crops, channels, side, side]: in each step all first views, then all second ones. */
  readonly views: Float32Array<ArrayBuffer>;
  readonly pairs: BySize<SizePairs>;
}

/** How many there are of what. */
export interface CropPlan {
  readonly sizes: readonly PatchSize[];
  /** Side of a crop, in pixels. */
  readonly side: number;
  /** Of a step. */
  readonly crops: number;
  /** Pairs that a crop gives, of each size and for each of the two losses. */
  readonly pairs: number;
}

/** Side of the crops of an image: even, with a pixel around them for the second view. */
export function cropSide(sizes: readonly PatchSize[], [, height, width]: TrainingImage["shape"]): number {
  const wanted = sizes.includes("large") ? CROPS.large : CROPS.small;
  return Math.min(wanted, 2 * Math.floor((Math.min(height, width) - 2) / 2));
}

/** Patches along a side of a crop. */
export const gridSide = (side: number, size: PatchSize): number =>
  positionsAlong(side, PATCH_SIDES[size], FINEST_STRIDE);

/**
 * Draws crops, from each image in turn. The second view of a crop is off by one pixel along one or both axes; each view has
 * noise of its own, so that its colour does not tell where a patch is from.
 * @param noise standard deviation of what is added to a view: to each channel, and to each pixel
 */
export function drawViews(
  stream: RandomStream,
  images: readonly TrainingImage[],
  { sizes, side, crops, pairs }: CropPlan,
  steps: number,
  noise: number,
): CropViews {
  const [channels, height, width] = images[0]!.shape;
  const each = channels * side * side;
  const views = new Float32Array(steps * 2 * crops * each);
  for (let crop = 0; crop < steps * crops; crop++) {
    const image = images[crop % images.length]!;
    const [top, left] = [1 + stream.int(height - side - 1), 1 + stream.int(width - side - 1)];
    const [down, across] = DIRECTIONS[stream.int(DIRECTIONS.length)]!;
    const view = (k: number): Float32Array => {
      const place = (2 * Math.floor(crop / crops) + k) * crops + (crop % crops);
      return views.subarray(place * each, (place + 1) * each);
    };
    copyCrop(image, top, left, side, view(0));
    copyCrop(image, top + down, left + across, side, view(1));
    if (noise > 0) for (const k of [0, 1]) disturb(view(k), channels, noise, stream);
  }
  return { views, pairs: bySize(sizes, (size) => drawPairs(stream, side, size, steps * crops * pairs)) };
}

/**
 * Pairs in the grid of a crop. The second patch is three quarters of a side to nearly a whole one away along each axis
 * that its direction has. First ones are drawn among those for which both are inside: moving patches inside afterwards, as
 * the published code does, makes some of the answers wrong.
 */
function drawPairs(stream: RandomStream, side: number, size: PatchSize, count: number): SizePairs {
  const grid = gridSide(side, size);
  const patch = PATCH_SIDES[size] / FINEST_STRIDE;
  const [first, second, near] = [0, 0, 0].map(() => new BigInt64Array(count)) as [
    SizePairs["first"],
    SizePairs["second"],
    SizePairs["near"],
  ];
  const directions = new Float32Array(count * DIRECTIONS.length);
  for (let k = 0; k < count; k++) {
    const direction = stream.int(DIRECTIONS.length);
    const [start, end] = [
      [0, 0],
      [0, 0],
    ];
    DIRECTIONS[direction]!.forEach((sign, axis) => {
      const offset = sign * ((3 * patch) / 4 + stream.int(patch / 4));
      start[axis] = Math.max(0, -offset) + stream.int(grid - Math.abs(offset));
      end[axis] = start[axis]! + offset;
    });
    first[k] = BigInt(start[0]! * grid + start[1]!);
    second[k] = BigInt(end[0]! * grid + end[1]!);
    near[k] = BigInt(stream.int(grid * grid));
    directions[k * DIRECTIONS.length + direction] = 1;
  }
  return { first, second, near, directions };
}

function copyCrop(
  { data, shape: [channels, height, width] }: TrainingImage,
  top: number,
  left: number,
  side: number,
  target: Float32Array,
): void {
  for (let channel = 0, at = 0; channel < channels; channel++)
    for (let line = 0; line < side; line++, at += side) {
      const start = (channel * height + top + line) * width + left;
      target.set(data.subarray(start, start + side), at);
    }
}

function disturb(view: Float32Array, channels: number, deviation: number, stream: RandomStream): void {
  const noise = new Float32Array(view.length);
  stream.fillNormal(noise, 0, deviation);
  const area = view.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    const shift = deviation * stream.normal();
    for (let k = channel * area; k < (channel + 1) * area; k++) view[k]! += shift + noise[k]!;
  }
}
