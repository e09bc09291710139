import { HypersphereError } from "../../errors.js";
import { shown } from "../../text/shown.js";
import { isNpy } from "./npy-mark.js";

export interface NpyHeader {
  /** numpy type without byte order: "f8", "i4", "b1", "U12", ... */
  readonly dtype: string;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly dataOffset: number;
  /** Bytes per value. */
  readonly itemSize: number;
}

/**
 * Reads the header of an NPY file, versions 1 to 3 (numpy.lib.format): magic, version, length, and a Python dictionary with
 * the keys descr, fortran_order and shape.
 * @throws HypersphereError `unreadable-data` for anything else, for pickled objects and for structured types
 */
export function parseNpyHeader(bytes: Uint8Array, source: string): NpyHeader {
  if (!isNpy(bytes)) {
    throw bad(source, `it does not begin with the NPY mark`, "Was it written by numpy.save or numpy.savez?");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version === undefined || bytes.length < 12) throw cutOff(source, 12, bytes.length);
  if (version < 1 || version > 3) {
    throw bad(source, `it has format version ${version}`, "Versions 1 to 3 can be read.");
  }
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = version === 1 ? 10 : 12;
  const dataOffset = start + headerLength;
  if (dataOffset > bytes.length) throw cutOff(source, dataOffset, bytes.length);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, dataOffset));

  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shapeText = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (!descr || !order || !shapeText) {
    throw bad(source, `its header is ${shown(text.trim(), 120)}`, "Was it changed or damaged?");
  }
  if (descr[2] !== undefined) {
    throw bad(
      source,
      "it holds records (a structured dtype), not plain numbers",
      "Save the fields as one 2-D array of numbers, or as CSV or Parquet.",
    );
  }
  const [byteOrder, dtype] = splitDescr(descr[1]!);
  if (dtype.startsWith("O")) {
    throw bad(
      source,
      "it contains pickled objects; they could run code",
      "Save it with allow_pickle=False, as an array of numbers: numpy.save(path, x.astype(float)).",
    );
  }
  const shape = shapeText[1]!
    .split(",")
    .map((part) => part.replace("L", "").trim())
    .filter((part) => part !== "")
    .map(Number);
  return {
    dtype,
    littleEndian: byteOrder !== ">",
    fortranOrder: order[1] === "True",
    shape,
    dataOffset,
    itemSize: itemSize(dtype, source),
  };
}

/** Number of values of a shape; 1 for a scalar. @throws HypersphereError when the file has fewer or more */
export function checkNpySize(header: NpyHeader, bytes: Uint8Array, source: string): number {
  const count = header.shape.reduce((product, extent) => product * extent, 1);
  const expected = header.dataOffset + count * header.itemSize;
  if (!Number.isSafeInteger(expected) || bytes.length < expected)
    throw cutOff(source, expected, bytes.length);
  if (bytes.length > expected) {
    throw bad(
      source,
      `it has ${bytes.length - expected} bytes more than its shape (${header.shape.join(", ")}) needs`,
      "Was it changed after it was written?",
    );
  }
  return count;
}

export function bad(source: string, what: string, hint: string): HypersphereError {
  return new HypersphereError("unreadable-data", `${source} cannot be read as a numpy array: ${what}.`, {
    hint,
  });
}

function cutOff(source: string, expected: number, found: number): HypersphereError {
  return bad(
    source,
    `it should have ${expected} bytes but has ${found}`,
    "The file was cut off, often by an interrupted copy or download: fetch it again.",
  );
}

function splitDescr(descr: string): [string, string] {
  return /^[<>|=]/.test(descr) ? [descr[0]!, descr.slice(1)] : ["=", descr];
}

function itemSize(dtype: string, source: string): number {
  const match = /^(b|u|i|f|U|S)(\d+)$/.exec(dtype);
  const size = Number(match?.[2]);
  if (match && size === 0) {
    throw bad(
      source,
      `its type is ${dtype}, texts of no length`,
      "Save an array of numbers, or of texts that hold something.",
    );
  }
  const known: Record<string, readonly number[]> = { b: [1], u: [1, 2, 4, 8], i: [1, 2, 4, 8], f: [2, 4, 8] };
  if (!match || (known[match[1]!] && !known[match[1]!]!.includes(size))) {
    throw bad(
      source,
      `its type is ${dtype}`,
      "Numbers (bool, int8 to int64, uint8 to uint64, float16, float32, float64) and texts can be read: convert it with astype.",
    );
  }
  return match[1] === "U" ? size * 4 : size;
}
