/** Drawing into pictures of red, green and blue. */
import type { PixelImage } from "./overlay.js";

/** How bright it is where nothing is drawn. */
const BACKGROUND = 24;

export const blank = (height: number, width: number): PixelImage => ({
  ...{ height, width },
  data: new Uint8Array(3 * height * width).fill(BACKGROUND),
});

interface Box {
  readonly left: number;
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

export function fill(
  { width: across, data }: PixelImage,
  { left, top, height, width }: Box,
  value: number,
): void {
  for (let y = top; y < top + height; y++)
    data.fill(value, 3 * (y * across + left), 3 * (y * across + left + width));
}

export function paste(
  sheet: PixelImage,
  { height, width, data }: PixelImage,
  left: number,
  top: number,
): void {
  for (let y = 0; y < height; y++) {
    sheet.data.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * sheet.width + left));
  }
}
