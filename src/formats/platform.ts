import type { DecodedImage } from "./images/decoded-image.js";
import type { Inflate } from "./inflate.js";

/**
 * Decodes an image file to 8 bits per channel: grey where the file says so, otherwise RGB, and upright.
 * @param maxPixels refuses images with more; default 2^26
 * @throws CorruptImage for what is damaged, cut off, too large, or no image
 */
export type ImageDecoder = (bytes: Uint8Array, maxPixels?: number) => Promise<DecodedImage>;

/** What readers need that each platform has in its own way. */
export interface Platform {
  readonly inflate: Inflate;
  readonly decodeImage: ImageDecoder;
}
