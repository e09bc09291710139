import { blank, paste } from "./drawing.js";
import { inColour, type PixelImage } from "./overlay.js";
import { shrunkImage } from "./shrink.js";

/** Pixels between pictures. */
const MARGIN = 8;
/** Longer side of the pictures beside the first, at most. */
const MOST_SIDE = 512;

/**
 * A picture with others to its right, all from the top: red, green and blue. The others are made as large as the first, by whole
 * factors where they are smaller, and no larger than 512 pixels along a side.
 * @param first keeps its size and its place
 */
export function beside(first: PixelImage, others: readonly PixelImage[]): PixelImage {
  const side = Math.min(MOST_SIDE, Math.max(first.height, first.width));
  const pictures = [first, ...others.map((image) => enlarged(shrunkImage(image, side), side))];
  const height = Math.max(...pictures.map((picture) => picture.height));
  const width = pictures.reduce((sum, picture) => sum + picture.width + MARGIN, -MARGIN);
  const sheet = blank(height, width);
  let left = 0;
  for (const picture of pictures) {
    paste(sheet, { ...picture, data: inColour(picture) }, left, 0);
    left += picture.width + MARGIN;
  }
  return sheet;
}

/** The image with each pixel repeated as often as fits into the side. */
function enlarged(image: PixelImage, side: number): PixelImage {
  const factor = Math.floor(side / Math.max(image.height, image.width));
  if (factor < 2) return image;
  const channels = image.data.length / (image.height * image.width);
  const [height, width] = [factor * image.height, factor * image.width];
  const data = new Uint8Array(height * width * channels);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.floor(x / factor)) * channels;
      for (let k = 0; k < channels; k++) data[at++] = image.data[from + k]!;
    }
  }
  return { height, width, data };
}
