import { HypersphereError } from "../errors.js";
import { didYouMean } from "../text/closest-name.js";
import { shown } from "../text/shown.js";
import { asciiBytes, startsWith } from "./bytes.js";
import { refuseForeign } from "./foreign-files.js";

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

/**
 * What the data is: by its first bytes where they are unmistakable, otherwise by the name's ending, and CSV where that says
 * nothing. Delimited text cannot have a quote within a field, so that a brace and a quote are JSON lines under any name.
 * @throws HypersphereError `unreadable-data` for known formats that hold no table, and for names that promise another format
 */
export function detectFormat(name: string, head: Uint8Array): TableFormat {
  refuseForeign(name, head);
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
  if (startsWith(head, asciiBytes("PAR1"))) return "parquet";
  if (startsWith(head, [0x93, ...asciiBytes("NUMPY")])) return "npy";
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04]) || startsWith(head, [0x50, 0x4b, 0x05, 0x06])) return "npz";
  if (byName === "parquet" || byName === "npz" || byName === "npy") {
    throw new HypersphereError("unreadable-data", `${name} does not begin as a ${byName} file does.`, {
      hint: `Was it cut off or renamed? A file of another format needs its ending: ${Object.keys(endings)
        .map((known) => `.${known}`)
        .join(", ")}.`,
    });
  }
  const start = textOf(head).trimStart();
  // Lists, one on each line, are JSON lines that are refused with their place.
  if (/^\[.*\][ \t]*[\r\n]+\[/.test(start) && isJson(start.split(/[\r\n]/, 1)[0]!)) return "jsonl";
  if (/^\[\s*[{["]/.test(start)) {
    throw new HypersphereError("unreadable-data", `${name} is one JSON list; JSON lines were expected.`, {
      hint: "Write one object per line, without brackets and commas around them (jq -c '.[]').",
    });
  }
  if (/^\{\s*"/.test(start)) return "jsonl";
  if (byName !== undefined) return byName;
  return start.startsWith("{") ? "jsonl" : "csv";
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

const textOf = (head: Uint8Array): string => new TextDecoder().decode(head.subarray(0, 512));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
