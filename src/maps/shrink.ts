import type { PixelImage } from "./overlay.js";
import type { AnomalyMap } from "./regions.js";

/** The size with the same proportions whose longer side is at most `side`. */
export function within(height: number, width: number, side: number): { height: number; width: number } {
  const factor = Math.min(1, side / Math.max(height, width));
  const scaled = (length: number): number => Math.max(1, Math.round(length * factor));
  return { height: scaled(height), width: scaled(width) };
}

/** A smaller image, whose pixels are the means of those that they cover; the same where it is small enough. */
export function shrunkImage(image: PixelImage, side: number): PixelImage {
  const { height, width } = within(image.height, image.width, side);
  if (height === image.height && width === image.width) return image;
  const channels = image.data.length / (image.height * image.width);
  const [rows, columns] = [parts(image.height, height), parts(image.width, width)];
  const data = new Uint8Array(height * width * channels);
  const sums = new Float64Array(width * channels);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let from = rows[y]!; from < rows[y + 1]!; from++) {
      for (let x = 0; x < width; x++) {
        for (let at = columns[x]!; at < columns[x + 1]!; at++) {
          const place = (from * image.width + at) * channels;
          for (let k = 0; k < channels; k++) sums[x * channels + k]! += image.data[place + k]!;
        }
      }
    }
    const lines = rows[y + 1]! - rows[y]!;
    sums.forEach((sum, k) => {
      const x = Math.floor(k / channels);
      data[y * width * channels + k] = Math.round(sum / (lines * (columns[x + 1]! - columns[x]!)));
    });
  }
  return { height, width, data };
}

/** A smaller map, whose pixels are the highest of those that they cover: its highest value stays the image's score. */
export function shrunkMap(map: AnomalyMap, side: number): AnomalyMap {
  const { height, width } = within(map.height, map.width, side);
  if (height === map.height && width === map.width) return map;
  const [rows, columns] = [parts(map.height, height), parts(map.width, width)];
  const data = new Float32Array(height * width).fill(Number.NEGATIVE_INFINITY);
  for (let y = 0; y < height; y++) {
    for (let from = rows[y]!; from < rows[y + 1]!; from++) {
      for (let x = 0; x < width; x++) {
        for (let at = columns[x]!; at < columns[x + 1]!; at++) {
          const value = map.data[from * map.width + at]!;
          if (value > data[y * width + x]!) data[y * width + x] = value;
        }
      }
    }
  }
  return { height, width, data };
}

/** Where each of `count` nearly equal parts of a length begins, and where the last one ends. */
const parts = (length: number, count: number): Uint32Array =>
  Uint32Array.from({ length: count + 1 }, (_, k) => Math.round((k * length) / count));
