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
export { type NpyArray, parseNpy } from "./npy.js";
export { type NpzArchive, openNpz } from "./npz-read.js";
export { type ReadTable, type ReadTableOptions, readTable } from "./read-table.js";
export {
  type AtomicFile,
  checkWritable,
  openAtomicFile,
  type Writable,
  type WriteOptions,
  writeFileAtomic,
} from "./write-file.js";
