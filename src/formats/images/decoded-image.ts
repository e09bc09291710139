import type { Image } from "../../data/images/images.js";

/** An image as its file has it. */
export interface DecodedImage extends Image {
  readonly channels: 1 | 3;
  /** Pages or frames of the file, of which this is the first; left out where there is one. */
  readonly pages?: number;
}
