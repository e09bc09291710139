import { HypersphereError } from "../errors.js";
import type { FeatureMatrix } from "../features/index.js";
import { median } from "../math/quantile.js";
import type { RandomStream } from "../math/random.js";
import { rowOf } from "./tables.js";

/** [channels, height, width] */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** A rectangle of pixels: its upper left corner and its size. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Areas and shapes of the patches as Li et al. draw them: shares of the image, and sides that differ by up to 3.3. */
const PATCH_AREA = { least: 0.02, most: 0.15 };
const PATCH_ASPECT = 3.3;
/** Pieces of confetti in an image, and their longest side as a share of the image's. */
const PIECES = { least: 1, most: 12 };
const PIECE_SIDE = 0.15;

/**
 * CutPaste (Li et al., CVPR 2021): copies of random images in which one rectangle has been copied to another place. The
 * pixels are real; their place is not.
 *
 * @returns images [count, channels * height * width]; an image of one colour comes out unchanged
 * @throws HypersphereError `invalid-option` for images of a single pixel, which have no other place
 */
export function cutPaste(
  matrix: FeatureMatrix,
  shape: ImageShape,
  count: number,
  stream: RandomStream,
): FeatureMatrix {
  const [, height, width] = checkedShape(matrix, shape);
  if (height * width < 2) {
    throw new HypersphereError(
      "invalid-option",
      "An image of a single pixel has no other place to paste a part to.",
    );
  }
  return fromImages(matrix, count, stream, (image) => {
    const source = image.slice();
    const patch = randomPatch(height, width, stream);
    const [top, left] = elsewhere(patch, height, width, stream);
    const offset = (patch.top - top) * width + patch.left - left;
    for (const { at } of pixels({ ...patch, top, left }, shape)) image[at] = source[at + offset]!;
  });
}

/**
 * Confetti noise (Liznerski et al., ICLR 2021): copies of random images with some small rectangles of one random colour
 * each. Colours lie within the range that each channel has in a typical image: contrast normalisation stretches a few
 * images so far that specks from the range of all images would never occur in a real image.
 *
 * @returns images [count, channels * height * width]
 */
export function confetti(
  matrix: FeatureMatrix,
  shape: ImageShape,
  count: number,
  stream: RandomStream,
): FeatureMatrix {
  const [channels, height, width] = checkedShape(matrix, shape);
  const ranges = typicalRanges(matrix, shape);
  return fromImages(matrix, count, stream, (image) => {
    const pieces = PIECES.least + stream.int(PIECES.most - PIECES.least + 1);
    for (let piece = 0; piece < pieces; piece++) {
      const size = {
        height: 1 + stream.int(Math.max(1, Math.floor(PIECE_SIDE * height))),
        width: 1 + stream.int(Math.max(1, Math.floor(PIECE_SIDE * width))),
      };
      const place = {
        top: stream.int(height - size.height + 1),
        left: stream.int(width - size.width + 1),
      };
      const colour = Array.from({ length: channels }, (_, channel) => {
        const [low, high] = ranges[channel]!;
        return low + (high - low) * stream.uniform();
      });
      for (const { at, channel } of pixels({ ...place, ...size }, shape)) image[at] = colour[channel]!;
    }
  });
}

function fromImages(
  matrix: FeatureMatrix,
  count: number,
  stream: RandomStream,
  change: (image: Float32Array) => void,
): FeatureMatrix {
  const { columns } = matrix;
  const data = new Float32Array(count * columns);
  for (let row = 0; row < count; row++) {
    const image = data.subarray(row * columns, (row + 1) * columns);
    image.set(rowOf(matrix, stream.int(matrix.rows)));
    change(image);
  }
  return { rows: count, columns, data };
}

function randomPatch(height: number, width: number, stream: RandomStream): Rectangle {
  const area = (PATCH_AREA.least + (PATCH_AREA.most - PATCH_AREA.least) * stream.uniform()) * height * width;
  const ratio = PATCH_ASPECT ** (2 * stream.uniform() - 1);
  const side = (length: number, most: number): number => Math.min(most, Math.max(1, Math.round(length)));
  const size = {
    height: side(Math.sqrt(area * ratio), height),
    width: side(Math.sqrt(area / ratio), width),
  };
  // A patch as large as the image could go nowhere else.
  if (size.height === height && size.width === width) {
    if (width > 1) size.width--;
    else size.height--;
  }
  return {
    ...size,
    top: stream.int(height - size.height + 1),
    left: stream.int(width - size.width + 1),
  };
}

/** A place for the patch other than its own. */
function elsewhere(patch: Rectangle, height: number, width: number, stream: RandomStream): [number, number] {
  const [rows, columns] = [height - patch.height + 1, width - patch.width + 1];
  const own = patch.top * columns + patch.left;
  const drawn = stream.int(rows * columns - 1);
  const place = drawn < own ? drawn : drawn + 1;
  return [Math.floor(place / columns), place % columns];
}

/** The places of a rectangle's values in all channels of an image. */
function* pixels(
  { top, left, height: rows, width: columns }: Rectangle,
  [channels, height, width]: ImageShape,
): Generator<{ at: number; channel: number }> {
  for (let channel = 0; channel < channels; channel++)
    for (let row = top; row < top + rows; row++)
      for (let column = left; column < left + columns; column++)
        yield { at: (channel * height + row) * width + column, channel };
}

/** For each channel, the medians over images of its least and of its greatest value. */
function typicalRanges(
  matrix: FeatureMatrix,
  [channels, height, width]: ImageShape,
): (readonly [low: number, high: number])[] {
  const size = height * width;
  return Array.from({ length: channels }, (_, channel) => {
    const lows = new Float64Array(matrix.rows);
    const highs = new Float64Array(matrix.rows);
    for (let row = 0; row < matrix.rows; row++) {
      const plane = rowOf(matrix, row).subarray(channel * size, (channel + 1) * size);
      lows[row] = plane.reduce((least, value) => Math.min(least, value));
      highs[row] = plane.reduce((most, value) => Math.max(most, value));
    }
    return [median(lows), median(highs)];
  });
}

function checkedShape({ columns }: FeatureMatrix, shape: ImageShape): ImageShape {
  const [channels, height, width] = shape;
  if (channels * height * width === columns) return shape;
  throw new HypersphereError(
    "invalid-option",
    `Images of ${channels} x ${height} x ${width} have ${channels * height * width} values; these rows have ${columns}.`,
  );
}
