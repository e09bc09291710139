export type { ReadProgress } from "./byte-source.js";
export {
  type Cell,
  type CsvWriter,
  type CsvWriterOptions,
  formatCsvRow,
  openCsvWriter,
} from "./csv-write.js";
export { checkFormat, detectFormat, type TableFormat, tableFormats } from "./format.js";
export { readError, writeError } from "./fs-errors.js";
export {
  type CifarOptions,
  type FolderPart,
  type IdxOptions,
  type ImageFileOptions,
  type ImageFolder,
  type ImageFolderOptions,
  looksLikeImages,
  type NpzImagesOptions,
  type ReadImages,
  type ReadImagesOptions,
  readCifarBinary,
  readIdx,
  readImageFile,
  readImageFolder,
  readImages,
  readNpzImages,
  type SkippedImage,
} from "./images/index.js";
export { type NpyArray, parseNpy } from "./npy.js";
export { type NpzArchive, openNpz } from "./npz-read.js";
export { type ReadTable, type ReadTableOptions, readTable } from "./read-table.js";
export { type ReadWindows, type ReadWindowsOptions, readWindows } from "./windows-read.js";
export {
  type AtomicFile,
  checkWritable,
  openAtomicFile,
  type Writable,
  type WriteOptions,
  writeFileAtomic,
} from "./write-file.js";
