import { HypersphereError } from "../errors.js";
import { didYouMean } from "../text/closest-name.js";
import { shown } from "../text/shown.js";
import { startsWith } from "./bytes.js";

export type TableFormat = "csv" | "tsv" | "jsonl" | "parquet" | "npz" | "npy";

export const tableFormats: readonly TableFormat[] = ["csv", "tsv", "jsonl", "parquet", "npz", "npy"];

/** Endings, in lower case and without .gz, and what they stand for. */
const endings: Readonly<Record<string, TableFormat>> = {
  csv: "csv",
  txt: "csv",
  tsv: "tsv",
  tab: "tsv",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
  pq: "parquet",
  npz: "npz",
  npy: "npy",
};

/** Beginnings of files that are no table we read, and what they are. */
const foreign: readonly (readonly [bytes: readonly number[], what: string, hint: string])[] = [
  [ascii("ARROW1"), "an Arrow (Feather) file", "Write it as Parquet or CSV."],
  [[0x89, 0x48, 0x44, 0x46], "an HDF5 file", "Write the table as Parquet, NPZ or CSV."],
  [ascii("SQLite format 3"), "an SQLite database", "Export the table as CSV."],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Excel file", "Save the sheet as CSV."],
  [[0x28, 0xb5, 0x2f, 0xfd], "compressed by zstd", "Decompress it first, or compress it with gzip."],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "compressed by xz", "Decompress it first, or compress it with gzip."],
  [ascii("BZh"), "compressed by bzip2", "Decompress it first, or compress it with gzip."],
  [[0x89, 0x50, 0x4e, 0x47], "a PNG image", "A table was expected."],
  [[0xff, 0xd8, 0xff], "a JPEG image", "A table was expected."],
  [
    ascii("version https://git-lfs.github.com/"),
    "a Git LFS pointer, not the file itself",
    "Fetch it: git lfs pull.",
  ],
  [ascii("%PDF"), "a PDF document", "Save the table as CSV."],
  [[0x80, 0x04, 0x95], "a Python pickle, which could run code", "Write the table as Parquet, NPZ or CSV."],
  [[0x80, 0x05, 0x95], "a Python pickle, which could run code", "Write the table as Parquet, NPZ or CSV."],
];

/**
 * What the data is: by its first bytes where they are unmistakable, otherwise by the name's ending, otherwise JSON lines if it
 * begins with a brace, and CSV if not.
 * @throws HypersphereError `unreadable-data` for known formats that hold no table, and for names that promise another format
 */
export function detectFormat(name: string, head: Uint8Array): TableFormat {
  for (const [bytes, what, hint] of foreign) {
    if (startsWith(head, bytes))
      throw new HypersphereError("unreadable-data", `${name} is ${what}.`, { hint });
  }
  if (/^\s*<(?:!doctype html|html|\?xml)\b/i.test(textOf(head))) {
    throw new HypersphereError("unreadable-data", `${name} is a page (HTML or XML), not a table.`, {
      hint: "Was an error page or a login page downloaded in its place?",
    });
  }
  const ending = endingOf(name);
  if (isTsFile(name, head)) {
    throw new HypersphereError(
      "unreadable-data",
      `${name} is a .ts file of the UCR archive: windows of a series, no table.`,
      {
        hint: 'Read it as a series (option "series").',
      },
    );
  }
  const byName = Object.hasOwn(endings, ending) ? endings[ending] : undefined;
  if (startsWith(head, ascii("PAR1"))) return "parquet";
  if (startsWith(head, [0x93, ...ascii("NUMPY")])) return "npy";
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04]) || startsWith(head, [0x50, 0x4b, 0x05, 0x06])) {
    if (ending === "xlsx" || ending === "ods") {
      throw new HypersphereError("unreadable-data", `${name} is a spreadsheet.`, {
        hint: "Save the sheet as CSV.",
      });
    }
    return "npz";
  }
  if (byName === "parquet" || byName === "npz" || byName === "npy") {
    throw new HypersphereError("unreadable-data", `${name} does not begin as a ${byName} file does.`, {
      hint: "Was it cut off or renamed? State the format if it is another one.",
    });
  }
  if (byName !== undefined) return byName;
  const first = firstCharacter(head);
  if (first === "[" && (ending === "json" || ending === "")) {
    throw new HypersphereError("unreadable-data", `${name} begins with a list; JSON lines were expected.`, {
      hint: "Write one object per line, without brackets and commas around them (jq -c '.[]').",
    });
  }
  return first === "{" ? "jsonl" : "csv";
}

/** Whether data are a `.ts` file of the UCR, UEA and sktime archives, by the name or the first header line. */
export function isTsFile(name: string, head: Uint8Array): boolean {
  return endingOf(name) === "ts" || /^(?:\s|[#%].*\n)*@problemname\b/i.test(new TextDecoder().decode(head));
}

function endingOf(name: string): string {
  return /\.([^./\\]+?)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** @throws HypersphereError `invalid-option` for a name that is no format */
export function checkFormat(format: string): TableFormat {
  const known = tableFormats.find((candidate) => candidate === format);
  if (known) return known;
  throw new HypersphereError(
    "invalid-option",
    `The format must be one of ${tableFormats.join(", ")}, but is ${shown(format)}.`,
    { hint: `${didYouMean(format, tableFormats)}gzip is recognised by itself.` },
  );
}

function firstCharacter(head: Uint8Array): string {
  return textOf(head).trimStart()[0] ?? "";
}

const textOf = (head: Uint8Array): string => new TextDecoder().decode(head.subarray(0, 256));

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
