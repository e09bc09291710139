import { HypersphereError } from "../errors.js";
import { asciiBytes, startsWith } from "./bytes.js";

type Foreign = readonly [begins: readonly number[] | string, what: string, hint: string];

const AS_CSV = "Export the table as CSV or Parquet.";
const UNPACK = "Decompress it first, or compress it with gzip.";
const WANTED = "A table was expected.";

/** Beginnings of files that are no table we read, and what they are. */
const foreign: readonly Foreign[] = [
  ["ARROW1", "an Arrow (Feather) file", "Write it as Parquet or CSV."],
  ["FEA1", "an Arrow (Feather) file", "Write it as Parquet or CSV."],
  ["ORC", "an ORC file", "Write it as Parquet or CSV."],
  ["Obj\x01", "an Avro file", "Write it as Parquet or CSV."],
  [[0x89, 0x48, 0x44, 0x46], "an HDF5 file", "Write the table as Parquet, NPZ or CSV."],
  ["MATLAB 5.0 MAT-file", "a MATLAB file", "Write the table as CSV (writetable)."],
  ["RDX", "an R workspace", "Write the table as CSV (write.csv)."],
  ["X\n\0\0", "an R object", "Write the table as CSV (write.csv)."],
  ["<stata_dta>", "a Stata file", AS_CSV],
  ["$FL2@(#)", "an SPSS file", AS_CSV],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc2, 0xea, 0x81, 0x60], "a SAS file", AS_CSV],
  ["SQLite format 3", "an SQLite database", AS_CSV],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Excel file", "Save the sheet as CSV."],
  ["{\\rtf", "a text document (RTF)", "Save it as plain text."],
  ["%PDF", "a PDF document", "Save the table as CSV."],
  [[0x28, 0xb5, 0x2f, 0xfd], "compressed by zstd", UNPACK],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "compressed by xz", UNPACK],
  [[0x04, 0x22, 0x4d, 0x18], "compressed by lz4", UNPACK],
  ["7z\xbc\xaf", "a 7-Zip archive", "Unpack it first."],
  ["Rar!\x1a\x07", "a RAR archive", "Unpack it first."],
  ["BZh", "compressed by bzip2", UNPACK],
  [[0x89, 0x50, 0x4e, 0x47], "a PNG image", WANTED],
  [[0xff, 0xd8, 0xff], "a JPEG image", WANTED],
  [
    "version https://git-lfs.github.com/",
    "a Git LFS pointer, not the file itself",
    "Fetch it: git lfs pull.",
  ],
  [[0x80, 0x04, 0x95], "a Python pickle, which could run code", "Write the table as Parquet, NPZ or CSV."],
  [[0x80, 0x05, 0x95], "a Python pickle, which could run code", "Write the table as Parquet, NPZ or CSV."],
];

/** Texts that are no table we read. Names in angle brackets beside each other, as trading programs write them, are columns. */
const foreignTexts: readonly (readonly [begins: RegExp, what: string, hint: string])[] = [
  [
    /^\s*<(?:!doctype|!--|\?xml|(?:html|head|body|table|svg)\b|[a-z][\w:.-]*(?:\s+[\w:.-]+="[^"]*")*>(?:[\r\n]\s*)?<)/i,
    "a page (HTML or XML), not a table",
    "Was an error page or a login page downloaded in its place?",
  ],
  [
    /^\s*(?:%.*[\r\n]\s*)*@relation\b/i,
    "an ARFF file (Weka)",
    "Save it as CSV: the line that names the columns, then what follows @data.",
  ],
];

/** The tab; no text has what is below it. */
const LEAST_OF_TEXT = 9;

/** Where a tar archive says that it is one. */
const TAR_MARK_AT = 257;

/** A field of an ONNX model's beginning: number and type of its version, and those that may come next. */
const ONNX_VERSION = 0x08;
const ONNX_NEXT = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42]);

/** No text has the first byte, and versions are small numbers. */
const isOnnx = ([field, version = 0, next = 0]: Uint8Array): boolean =>
  field === ONNX_VERSION && version > 0 && version < 32 && ONNX_NEXT.has(next);

/** @throws HypersphereError `unreadable-data` for data that are no table, and that say what they are */
export function refuseForeign(name: string, head: Uint8Array): void {
  const refusal = (what: string, hint: string): HypersphereError =>
    new HypersphereError("unreadable-data", `${name} is ${what}.`, { hint });
  // A column may be called ORC or FEA1.
  const isText = !head.some((byte) => byte < LEAST_OF_TEXT);
  for (const [begins, what, hint] of foreign) {
    if (!startsWith(head, typeof begins === "string" ? asciiBytes(begins) : begins)) continue;
    if (!(isText && typeof begins === "string" && /^\w+$/.test(begins))) throw refusal(what, hint);
  }
  if (startsWith(head.subarray(TAR_MARK_AT), asciiBytes("ustar")))
    throw refusal("a tar archive", "Unpack it first.");
  if (isOnnx(head))
    throw refusal(
      "a model (ONNX), not data",
      "Name the data here; where a model is asked for, it goes before them.",
    );
  const text = new TextDecoder().decode(head.subarray(0, 4096));
  for (const [begins, what, hint] of foreignTexts) if (begins.test(text)) throw refusal(what, hint);
}
