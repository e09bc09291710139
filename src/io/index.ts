export type { ReadProgress } from "../formats/byte-source.js";
export type { TableFormat } from "../formats/detect-format.js";
export type { CifarOptions } from "../formats/images/cifar.js";
export type { FolderPart } from "../formats/images/folder-layout.js";
export type { ImageFileOptions } from "../formats/images/image-files.js";
export type { NpzImagesOptions } from "../formats/images/npz-images.js";
export type { ImageFolderOptions } from "../formats/images/read-image-folder.js";
export type { ImageFolder, ReadImages, SkippedImage } from "../formats/images/types.js";
export type { NpyArray, OnFault, Packed } from "../formats/numpy/npy.js";
export { parseNpy } from "../formats/numpy/npy.js";
export type { NpzArchive } from "../formats/numpy/npz-read.js";
export type { ReadWindows, ReadWindowsOptions } from "../formats/series/windows-read.js";
export type { ColumnSelection } from "../formats/table/column-choice.js";
export { type CsvRecordOptions, type OnRecord, readCsvRecords } from "../formats/table/csv-records.js";
export type { Cell, CsvRowOptions } from "../formats/table/csv-row.js";
export type { ReadTable, ReadTableOptions } from "../formats/table/read-table.js";
export { type CsvWriter, type CsvWriterOptions, openCsvWriter } from "./csv-write.js";
export { encodeThumbnail } from "./encode-image.js";
export { readError, writeError } from "./fs-errors.js";
export { lockFile } from "./lock-file.js";
export {
  type IdxOptions,
  looksLikeImages,
  openNpz,
  parquetRowCount,
  type ReadImagesOptions,
  readCifarBinary,
  readIdx,
  readImageFile,
  readImageFolder,
  readImages,
  readNpzImages,
  readTable,
  readWindows,
} from "./readers.js";
export {
  type AtomicFile,
  checkWritable,
  openAtomicFile,
  type Writable,
  type WriteOptions,
  writeFileAtomic,
} from "./write-file.js";
