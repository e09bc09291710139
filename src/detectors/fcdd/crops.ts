import type { RandomStream } from "../../math/random.js";
import { DEFECTS, type DefectKind, withDefect } from "../../synthesis/defects.js";
import type { ImageShape } from "../../synthesis/images.js";
import type { ChannelMoments, ImagePool } from "./image-pool.js";

/** Images with defects that are known: labelled ones, and outliers, which are abnormal everywhere. */
export interface KnownDefect {
  readonly image: Uint8Array;
  /** [height * width] with at least one 1. */
  readonly mask: Uint8Array;
  /** Places in `mask` that hold 1. */
  readonly places: Uint32Array;
}

export interface CropSource {
  readonly pool: ImagePool;
  readonly known: readonly KnownDefect[];
  readonly moments: ChannelMoments;
  /** [channels, height, width], no larger than the images but for padding to multiples of four. */
  readonly crop: ImageShape;
}

export interface CropOptions {
  readonly batchSize: number;
  readonly drawnDefects: "mix" | DefectKind;
  readonly defectShare: number;
}

/** How far contrast and brightness of a crop are changed. */
const JITTER = 0.05;

/**
 * Draws the crops of one step, standardised, with their masks: first those with a defect, then the others.
 * @param crops [batch * channels * height * width], filled here
 * @param masks [batch * height * width] zeros, filled here
 */
export function drawCrops(
  { pool, known, moments, crop }: CropSource,
  { batchSize, drawnDefects, defectShare }: CropOptions,
  stream: RandomStream,
  crops: Float32Array,
  masks: Float32Array,
): void {
  const [channels, height, width] = crop;
  const area = height * width;
  const damaged = Math.ceil(batchSize / 2);
  for (let k = 0; k < batchSize; k++) {
    const target = crops.subarray(k * channels * area, (k + 1) * channels * area);
    const mask = masks.subarray(k * area, (k + 1) * area);
    if (k >= damaged) target.set(normalCrop(pool, crop, stream));
    else if (known.length > 0 && stream.uniform() < defectShare) {
      knownCrop(pool, known[stream.int(known.length)]!, crop, stream, target, mask);
    } else {
      const kind = drawnDefects === "mix" ? DEFECTS[stream.int(DEFECTS.length)]! : drawnDefects;
      const [own, other] = [normalCrop(pool, crop, stream), normalCrop(pool, crop, stream)];
      const made = withDefect(kind, own, crop, other, stream);
      target.set(made.image);
      mask.set(made.mask);
    }
    for (let at = 0; at < target.length; at++) {
      const channel = Math.floor(at / area);
      target[at] = (target[at]! - moments.mean[channel]!) / moments.deviation[channel]!;
    }
  }
}

function normalCrop({ shape, images }: ImagePool, crop: ImageShape, stream: RandomStream): Float32Array {
  const image = images[stream.int(images.length)]!;
  const [top, left] = [place(shape[1], crop[1], stream), place(shape[2], crop[2], stream)];
  const cut = new Float32Array(crop[0] * crop[1] * crop[2]);
  cutOut(image, shape, top, left, crop, cut);
  return jittered(cut, stream);
}

/** A crop with at least one pixel of a known defect in it. */
function knownCrop(
  { shape }: ImagePool,
  { image, mask, places }: KnownDefect,
  crop: ImageShape,
  stream: RandomStream,
  target: Float32Array,
  cropMask: Float32Array,
): void {
  const at = places[stream.int(places.length)]!;
  const [top, left] = [
    around(Math.floor(at / shape[2]), shape[1], crop[1], stream),
    around(at % shape[2], shape[2], crop[2], stream),
  ];
  cutOut(image, shape, top, left, crop, target);
  jittered(target, stream);
  for (let row = 0; row < Math.min(crop[1], shape[1] - top); row++)
    for (let column = 0; column < Math.min(crop[2], shape[2] - left); column++)
      cropMask[row * crop[2] + column] = mask[(top + row) * shape[2] + left + column]!;
}

const place = (length: number, crop: number, stream: RandomStream): number =>
  stream.int(Math.max(0, length - crop) + 1);

/** Where a crop may begin that holds a certain pixel. */
function around(pixel: number, length: number, crop: number, stream: RandomStream): number {
  const least = Math.max(0, pixel - crop + 1);
  const most = Math.min(pixel, Math.max(0, length - crop));
  return least + stream.int(Math.max(0, most - least) + 1);
}

/** Values in [0, 1]; beyond the image, its last lines are repeated. */
function cutOut(
  image: Uint8Array,
  [, height, width]: ImageShape,
  top: number,
  left: number,
  [channels, rows, columns]: ImageShape,
  target: Float32Array,
): void {
  let to = 0;
  for (let channel = 0; channel < channels; channel++)
    for (let row = 0; row < rows; row++) {
      const line = (channel * height + Math.min(height - 1, top + row)) * width;
      for (let column = 0; column < columns; column++)
        target[to++] = image[line + Math.min(width - 1, left + column)]! / 255;
    }
}

/** Contrast about the crop's mean, and brightness, each by up to a twentieth. */
function jittered(crop: Float32Array, stream: RandomStream): Float32Array {
  const factor = (): number => 1 + JITTER * (2 * stream.uniform() - 1);
  const [contrast, brightness] = [factor(), factor()];
  const mean = crop.reduce((sum, value) => sum + value, 0) / crop.length;
  for (let at = 0; at < crop.length; at++)
    crop[at] = Math.min(1, Math.max(0, (mean + contrast * (crop[at]! - mean)) * brightness));
  return crop;
}
