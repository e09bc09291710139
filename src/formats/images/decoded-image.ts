import type { Image } from "../../data/images/images.js";

/** An image as its file has it. */
export interface DecodedImage extends Image {
  readonly channels: 1 | 3;
  /** Pages or frames of the file, of which this is the first; left out where there is one. */
  readonly pages?: number;
  /**
   * [height, width], 1 for each pixel that is not zero, of an image of 16 bits where the upper 8 alone make some of these zero; left
   * out for all others, and in browsers, which give 8 bits.
   */
  readonly marks?: Uint8Array;
}
