import type { ImageDecoder } from "../platform.js";
import { CorruptImage } from "./corrupt-image.js";
import { checkPixels, defaultMaxPixels } from "./declared-size.js";
import { isGreyFile } from "./grey-file.js";

/** What a browser does to see an image's pixels. */
export interface ImageTools<Bitmap extends { readonly width: number; readonly height: number }> {
  /** The browser's `createImageBitmap`. */
  createImageBitmap(file: Blob, options: ImageBitmapOptions): Promise<Bitmap>;
  /** Red, green, blue and alpha of each pixel, row by row, as a canvas gives them back. */
  pixels(bitmap: Bitmap): Uint8ClampedArray;
}

/** Upright, and the colours as they are stored. */
const asStored: ImageBitmapOptions = {
  imageOrientation: "from-image",
  colorSpaceConversion: "none",
  premultiplyAlpha: "none",
};

/**
 * An `ImageDecoder` by a browser's own codecs. It gives what Node's decoder gives, but for pixels that are partly or
 * wholly transparent (a canvas keeps their colours coarsely or not at all), and for the last bit of some JPEG files.
 */
export function canvasDecoder<Bitmap extends { readonly width: number; readonly height: number }>(
  tools: ImageTools<Bitmap>,
): ImageDecoder {
  return async (bytes, maxPixels = defaultMaxPixels) => {
    let bitmap: Bitmap;
    try {
      bitmap = await tools.createImageBitmap(new Blob([bytes.slice()]), asStored);
    } catch (cause) {
      throw new CorruptImage("it is damaged or cut off, or no image that this browser can decode", cause);
    }
    const { width, height } = bitmap;
    checkPixels(width, height, maxPixels);
    const pixels = tools.pixels(bitmap);
    const channels = isGreyFile(bytes) ? 1 : 3;
    const data = new Uint8Array(height * width * channels);
    for (let from = 0, to = 0; from < pixels.length; from += 4) {
      data[to++] = pixels[from]!;
      if (channels === 1) continue;
      data[to++] = pixels[from + 1]!;
      data[to++] = pixels[from + 2]!;
    }
    return { height, width, channels, data };
  };
}

/** A browser's own, in pages and in workers. */
export const browserTools: ImageTools<ImageBitmap> = {
  createImageBitmap: (file, options) => createImageBitmap(file, options),
  pixels(bitmap) {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (context === null)
      throw new CorruptImage(`this browser has no canvas for ${width} x ${height} pixels`);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    return context.getImageData(0, 0, width, height).data;
  },
};
