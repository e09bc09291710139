/** Images made so small that what a second shot of the same thing changes hardly shows. */
import type { Image, ImageSet } from "../../data/index.js";
import { throwIfAborted } from "../../errors.js";

/** Pixels along a side of a thumbnail; a power of two, for the transform. */
export const SIDE = 16;
/** Contrast in grey levels below which an image counts as of one colour: its noise must not be blown up. */
const LEAST_CONTRAST = 4;

export interface Thumbnails {
  readonly count: number;
  readonly channels: number;
  /** [count, channels, SIDE, SIDE] */
  readonly planes: Float32Array;
}

/**
 * Thumbnails of 16 x 16 pixels and all channels, each with its mean taken off and divided by its deviation, so that
 * exposure does not count.
 */
export async function thumbnails(images: ImageSet, signal?: AbortSignal): Promise<Thumbnails> {
  const { channels } = images;
  const length = SIDE * SIDE * channels;
  const planes = new Float32Array(images.rowCount * length);
  for (let row = 0; row < images.rowCount; row++) {
    throwIfAborted(signal);
    planes.set(thumbnail(await images.read(row), channels), row * length);
  }
  return { count: images.rowCount, channels, planes };
}

function thumbnail(image: Image, channels: number): Float32Array {
  const planes = Array.from({ length: channels }, (_, channel) => shrunk(image, channel, channels));
  const all = planes.length * SIDE * SIDE;
  const sum = (value: (pixel: number) => number): number =>
    planes.reduce((total, plane) => total + plane.reduce((part, pixel) => part + value(pixel), 0), 0);
  const mean = sum((pixel) => pixel) / all;
  const deviation = Math.sqrt(sum((pixel) => (pixel - mean) ** 2) / all);
  const scale = 1 / (Math.max(deviation, LEAST_CONTRAST) * Math.sqrt(all));
  const vector = new Float32Array(all);
  planes.forEach((plane, channel) => {
    plane.forEach((pixel, place) => {
      vector[channel * SIDE * SIDE + place] = (pixel - mean) * scale;
    });
  });
  return vector;
}

/** A thumbnail in Haar's basis, coarse before fine, [SIDE * SIDE, channels]: distances stay those of the thumbnails. */
export function coarseFirst(planes: Float32Array, channels: number): Float32Array {
  const vector = new Float32Array(planes.length);
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * SIDE * SIDE;
    const coefficients = haar(Float64Array.from(planes.subarray(from, from + SIDE * SIDE)));
    COARSE_FIRST.forEach((place, k) => {
      vector[k * channels + channel] = coefficients[place]!;
    });
  }
  return vector;
}

/** One channel by means over SIDE x SIDE parts of the image, [y * SIDE + x]. */
function shrunk({ height, width, data }: Image, channel: number, channels: number): Float64Array {
  const small = new Float64Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    const [top, bottom] = partOf(y, height);
    for (let x = 0; x < SIDE; x++) {
      const [left, right] = partOf(x, width);
      let sum = 0;
      for (let v = top; v < bottom; v++) {
        for (let u = left; u < right; u++) sum += data[(v * width + u) * channels + channel]!;
      }
      small[y * SIDE + x] = sum / ((bottom - top) * (right - left));
    }
  }
  return small;
}

/** Pixels from, to of a part; parts of small images overlap. */
function partOf(part: number, extent: number): [from: number, to: number] {
  const from = Math.floor((part * extent) / SIDE);
  return [from, Math.max(from + 1, Math.ceil(((part + 1) * extent) / SIDE))];
}

/** Haar's orthonormal transform in two dimensions, in place: it keeps distances. */
function haar(plane: Float64Array): Float64Array {
  const line = new Float64Array(SIDE);
  const step = (from: number, stride: number, extent: number): void => {
    const half = extent / 2;
    for (let k = 0; k < half; k++) {
      const [a, b] = [plane[from + 2 * k * stride]!, plane[from + (2 * k + 1) * stride]!];
      line[k] = (a + b) * Math.SQRT1_2;
      line[half + k] = (a - b) * Math.SQRT1_2;
    }
    for (let k = 0; k < extent; k++) plane[from + k * stride] = line[k]!;
  };
  for (let extent = SIDE; extent > 1; extent /= 2) {
    for (let y = 0; y < extent; y++) step(y * SIDE, 1, extent);
    for (let x = 0; x < extent; x++) step(x, SIDE, extent);
  }
  return plane;
}

/** Places in a transformed plane, by the size of what they tell. */
const COARSE_FIRST = Array.from({ length: SIDE * SIDE }, (_, place) => place).sort(
  (a, b) => levelOf(a) - levelOf(b) || a - b,
);

function levelOf(place: number): number {
  return Math.max(Math.floor(place / SIDE), place % SIDE);
}
