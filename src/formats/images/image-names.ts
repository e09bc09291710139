import { endingOf } from "../folder.js";

/** Endings, in lower case, of the files that are taken as images. */
const imageEndings: readonly string[] = [
  "png",
  "jpg",
  "jpeg",
  "jpe",
  "jfif",
  "webp",
  "gif",
  "tif",
  "tiff",
  "bmp",
  "avif",
];

export const isImageName = (name: string): boolean => imageEndings.includes(endingOf(name));
