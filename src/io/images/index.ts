export { type CifarOptions, readCifarBinary } from "./cifar.js";
export type { FolderPart } from "./folder-layout.js";
export { type IdxOptions, readIdx } from "./idx.js";
export type { ImageFileOptions } from "./image-files.js";
export { type NpzImagesOptions, readNpzImages } from "./npz-images.js";
export { type ImageFolderOptions, readImageFile, readImageFolder } from "./read-image-folder.js";
export { imageParts, looksLikeImages, type ReadImagesOptions, readImages } from "./read-images.js";
export type { ImageFolder, ReadImages, SkippedImage } from "./types.js";
