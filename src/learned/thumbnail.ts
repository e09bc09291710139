import type { Image } from "../data/index.js";
import type { Picture } from "./report.js";

/** Longer side of what pages show, in pixels. */
const SIDE = 72;

type Thumbnail = Extract<Picture, { readonly kind: "image" }>;

/** An image made so small, by means over its parts, that dozens of them fit into a page; small ones stay as they are. */
export function thumbnailOf({ height, width, data }: Image): Thumbnail {
  const channels = data.length / (height * width);
  const scale = Math.min(1, SIDE / Math.max(height, width));
  const [rows, columns] = [height, width].map((length) => Math.max(1, Math.round(length * scale))) as [
    number,
    number,
  ];
  const small = new Uint8Array(rows * columns * channels);
  for (let y = 0; y < rows; y++) {
    const [top, bottom] = partOf(y, rows, height);
    for (let x = 0; x < columns; x++) {
      const [left, right] = partOf(x, columns, width);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let v = top; v < bottom; v++) {
          for (let u = left; u < right; u++) sum += data[(v * width + u) * channels + channel]!;
        }
        small[(y * columns + x) * channels + channel] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  }
  return { kind: "image", height: rows, width: columns, data: small };
}

function partOf(part: number, parts: number, whole: number): readonly [from: number, to: number] {
  const from = Math.floor((part * whole) / parts);
  return [from, Math.max(from + 1, Math.floor(((part + 1) * whole) / parts))];
}

/**
 * Features of an image, [channels, height, width] of any scale, as an image.
 * @param low what is drawn black, and `high` white
 */
export function imageOfFeatures(
  features: ArrayLike<number>,
  [channels, height, width]: readonly [number, number, number],
  [low, high]: readonly [number, number],
): Thumbnail {
  const data = new Uint8Array(height * width * channels);
  const span = high > low ? high - low : 1;
  for (let channel = 0, k = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < height * width; pixel++, k++) {
      const share = Math.min(1, Math.max(0, (features[k]! - low) / span));
      data[pixel * channels + channel] = Math.round(255 * share);
    }
  }
  return thumbnailOf({ height, width, data });
}
