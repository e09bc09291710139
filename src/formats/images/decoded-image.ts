import type { Image } from "../../data/images/images.js";

/** An image as its file has it. */
export interface DecodedImage extends Image {
  readonly channels: 1 | 3;
}
