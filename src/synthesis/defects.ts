import type { RandomStream } from "../math/random.js";
import { blended, type Content, changedContent, contentKinds } from "./defect-content.js";
import { blob, blurredRectangle, type Coverage, stroke } from "./defect-shapes.js";
import type { ImageShape } from "./images.js";

export const DEFECTS = ["confetti", "synthetic"] as const;
/** How defects are drawn into images. */
export type DefectKind = (typeof DEFECTS)[number];

/** An image with a defect, and where that is. */
export interface DefectiveImage {
  /** [channels * height * width] */
  readonly image: Float32Array;
  /** [height * width] 1 for pixels that the defect has changed visibly, else 0. */
  readonly mask: Uint8Array;
}

/** Pixels change visibly by more than this in one channel; images are in [0, 1]. */
const VISIBLE = 0.02;
/** Pieces of confetti or shapes of a defect, at most. */
const MOST_SHAPES = 3;
/**
 * Sides of confetti in pixels, and the standard deviation of the Gaussian that smooths them as a share of the longest: as
 * published, where they have 8 to 54 and 5 pixels.
 */
const PIECE = { least: 4, most: 32, sigma: 3 / 32 };
/** Sizes of synthetic defects: pixels, and share of the image's shorter side. */
const SHAPE = { least: 3, mostShare: 0.35 };
const LEAST_ALPHA = 0.35;
/** What is drawn may hardly differ from what was there; it is drawn anew so often. */
const ATTEMPTS = 8;

/**
 * An image with a defect drawn into it, and the mask of the pixels that differ. Confetti (Liznerski et al., ICLR 2021) are
 * up to three rotated rectangles of 4 to 32 pixels whose colour is shifted by up to the whole range, smoothed.
 * Synthetic defects are up to three blobs with uneven edges or thin strokes, from 3 pixels to 0.35 of the shorter side,
 * in which the image is replaced by one of: a part of another image, another brightness, one colour, noise, its erosion or
 * dilation, its blur, or itself shifted by 2 to 8 pixels.
 *
 * @param image [channels * height * width] in [0, 1]; not changed
 * @param other another normal image of the same shape, which a part may come from
 * @returns values in [0, 1] again; the mask is empty where a defect could not be seen in any of several attempts
 */
export function withDefect(
  kind: DefectKind,
  image: Float32Array,
  shape: ImageShape,
  other: Float32Array,
  stream: RandomStream,
): DefectiveImage {
  const draw = kind === "confetti" ? drawConfetti : drawSynthetic;
  for (let attempt = 1; ; attempt++) {
    const changed = image.slice();
    draw(changed, shape, other, stream);
    const mask = visibleChange(image, changed, shape);
    // What nobody could see is not taught as a defect, nor left in the image as normal.
    changed.forEach((_, at) => {
      if (mask[at % mask.length] === 0) changed[at] = image[at]!;
    });
    if (attempt === ATTEMPTS || mask.includes(1)) return { image: changed, mask };
  }
}

function drawConfetti(image: Float32Array, shape: ImageShape, _: Float32Array, stream: RandomStream): void {
  const [channels, height, width] = shape;
  const most = Math.min(PIECE.most, height, width);
  const side = (): number => PIECE.least + Math.max(0, most - PIECE.least) * stream.uniform();
  for (let piece = 1 + stream.int(MOST_SHAPES); piece > 0; piece--) {
    const covered = blurredRectangle(shape, side(), side(), PIECE.sigma * most, stream);
    const shifts = Array.from({ length: channels }, () => 2 * stream.uniform() - 1);
    blended(image, shape, covered, 1, (at, channel) => image[at]! + shifts[channel]!);
  }
}

function drawSynthetic(
  image: Float32Array,
  shape: ImageShape,
  other: Float32Array,
  stream: RandomStream,
): void {
  const [, height, width] = shape;
  const most = Math.max(SHAPE.least, SHAPE.mostShare * Math.min(height, width));
  const content: Content = contentKinds[stream.int(contentKinds.length)]!;
  for (let left = 1 + stream.int(MOST_SHAPES); left > 0; left--) {
    // Small defects are as many as large ones.
    const size = SHAPE.least * (most / SHAPE.least) ** stream.uniform();
    const covered: Coverage =
      stream.uniform() < 0.5 ? blob(shape, size, stream) : stroke(shape, size, stream);
    const alpha = LEAST_ALPHA + (1 - LEAST_ALPHA) * stream.uniform();
    blended(image, shape, covered, alpha, changedContent(content, image.slice(), shape, other, stream));
  }
}

function visibleChange(before: Float32Array, after: Float32Array, shape: ImageShape): Uint8Array {
  const area = shape[1] * shape[2];
  const mask = new Uint8Array(area);
  after.forEach((value, at) => {
    if (Math.abs(value - before[at]!) > VISIBLE) mask[at % area] = 1;
  });
  return mask;
}
