import type { DecodedArray, SchemaElement } from "hyparquet";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { damaged } from "./damage.js";
import { checkDelta } from "./delta-check.js";
import { readRuns } from "./runs.js";

type PhysicalType = NonNullable<SchemaElement["type"]>;

/** Values of a page as they are stored: themselves, or their places in the dictionary. */
export type PageValues = { readonly values: DecodedArray } | { readonly indices: Int32Array };

/**
 * Decodes the values of a page, `count` of them, which are all that is in `bytes` from `start` on.
 * @param bytes a buffer of its own: decoders read to the end of the buffer, not of the page
 * @throws ParquetDamage for fewer values or bytes, and for more bytes than values need
 */
export function readPageValues(
  bytes: Uint8Array,
  start: number,
  count: number,
  encoding: string | undefined,
  { type, type_length: width }: SchemaElement,
): PageValues {
  if (count === 0) return { values: [] };
  switch (encoding) {
    case "PLAIN":
      return { values: readPlainValues(bytes, start, count, type!, width) };
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      if (start >= bytes.length) damaged("a page ends before its values");
      return { indices: readIndices(bytes, start, count) };
    case "RLE":
      if (type !== "BOOLEAN") damaged(`values of type ${type} in runs`);
      return { values: readBooleanRuns(bytes, start, count) };
    case "BYTE_STREAM_SPLIT": {
      const expected = count * sizeOf(type!, width);
      if (bytes.length - start !== expected) wrongSize(bytes.length - start, expected);
      return { values: byteStreamSplit(readerOf(bytes, start), count, type!, width) };
    }
    case "DELTA_BINARY_PACKED":
      if (type !== "INT32" && type !== "INT64") damaged(`differences between values of type ${type}`);
      return {
        values: type === "INT32" ? int32Deltas(bytes, start, count).values : int64Deltas(bytes, start, count),
      };
    case "DELTA_LENGTH_BYTE_ARRAY":
      if (type !== "BYTE_ARRAY") damaged(`lengths of values of type ${type}`);
      return { values: readLengths(bytes, start, count) };
    case "DELTA_BYTE_ARRAY":
      if (type !== "BYTE_ARRAY" && type !== "FIXED_LEN_BYTE_ARRAY")
        damaged(`prefixes of values of type ${type}`);
      return { values: readPrefixes(bytes, start, count, width) };
    default:
      return damaged(`encoding ${encoding ?? "that is not known"}`);
  }
}

/** Values of a page in PLAIN encoding, or of a dictionary. */
export function readPlainValues(
  bytes: Uint8Array,
  start: number,
  count: number,
  type: PhysicalType,
  width: number | undefined,
): DecodedArray {
  if (count === 0) return [];
  const available = bytes.length - start;
  if (type === "BYTE_ARRAY") {
    // Each has its length before it.
    if (count * 4 > available) wrongSize(available, count * 4);
  } else {
    const expected = type === "BOOLEAN" ? Math.ceil(count / 8) : count * sizeOf(type, width);
    if (available !== expected && !isPadded(bytes, start + expected)) wrongSize(available, expected);
  }
  const reader = readerOf(bytes, start);
  const values = readPlain(reader, type, count, width);
  const { offset } = reader;
  if (offset !== bytes.length && !isPadded(bytes, offset)) wrongSize(available, offset - start);
  return values;
}

/** The writer fastparquet puts eight zeros behind the values of each page. */
const isPadded = (bytes: Uint8Array, end: number): boolean =>
  bytes.length - end === 8 && bytes.subarray(end).every((byte) => byte === 0);

function wrongSize(found: number, expected: number): never {
  damaged(`a page has ${found} bytes of values, where ${expected} were expected`);
}

function sizeOf(type: PhysicalType, width: number | undefined): number {
  switch (type) {
    case "INT32":
    case "FLOAT":
      return 4;
    case "INT64":
    case "DOUBLE":
      return 8;
    case "INT96":
      return 12;
    case "FIXED_LEN_BYTE_ARRAY":
      return width!;
    default:
      return damaged(`values of type ${type} in an encoding for those of one size`);
  }
}

const readerOf = (bytes: Uint8Array, offset: number) => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset,
});

/** The bits of a number, then runs of numbers. Behind them some writers leave zeros. */
function readIndices(bytes: Uint8Array, start: number, count: number): Int32Array {
  const { values, end } = readRuns(bytes, start + 1, bytes.length, bytes[start]!, count);
  const rest = bytes.subarray(end);
  if (rest.some((byte) => byte !== 0)) damaged(`a page has ${rest.length} bytes more than its values need`);
  return values;
}

/** Runs of 0 and 1, with their length in bytes before them. */
function readBooleanRuns(bytes: Uint8Array, start: number, count: number): boolean[] {
  const length = start + 4 <= bytes.length ? readerOf(bytes, 0).view.getUint32(start, true) : Number.NaN;
  if (!(start + 4 + length <= bytes.length)) damaged("a page ends before its values");
  return Array.from(readRuns(bytes, start + 4, start + 4 + length, 1, count).values, Boolean);
}

function int32Deltas(bytes: Uint8Array, start: number, count: number): { values: Int32Array; end: number } {
  const end = checkDelta(bytes, start, count, 32);
  const values = new Int32Array(count);
  deltaBinaryUnpack(readerOf(bytes, start), count, values);
  return { values, end };
}

function int64Deltas(bytes: Uint8Array, start: number, count: number): BigInt64Array {
  checkDelta(bytes, start, count, 64);
  const values = new BigInt64Array(count);
  deltaBinaryUnpack(readerOf(bytes, start), count, values);
  return values;
}

/** All lengths, then all bytes. */
function readLengths(bytes: Uint8Array, start: number, count: number): Uint8Array[] {
  const { values: lengths, end } = int32Deltas(bytes, start, count);
  return cut(bytes, end, lengths);
}

/** The lengths of what a value shares with the one before, then the rest of each value. */
function readPrefixes(
  bytes: Uint8Array,
  start: number,
  count: number,
  width: number | undefined,
): Uint8Array[] {
  const { values: shared, end } = int32Deltas(bytes, start, count);
  const rests = readLengths(bytes, end, count);
  // A value can be as long as all before it together, and each that follows as long again.
  const most = width === undefined ? mostShared + bytes.length : count * width;
  let total = 0;
  let before: Uint8Array = new Uint8Array(0);
  return rests.map((rest, k) => {
    const length = shared[k]!;
    if (length < 0 || length > before.length)
      damaged(`a value that shares ${length} bytes of ${before.length}`);
    total += length + rest.length;
    if (total > most) damaged(`values of more than ${most} bytes in a page of ${bytes.length}`);
    if (length > 0) {
      const value = new Uint8Array(length + rest.length);
      value.set(before.subarray(0, length));
      value.set(rest, length);
      before = value;
    } else before = rest;
    if (width !== undefined && before.length !== width)
      damaged(`a value of ${before.length} bytes, not ${width}`);
    return before;
  });
}

const mostShared = 2 ** 28;

function cut(bytes: Uint8Array, start: number, lengths: Int32Array): Uint8Array[] {
  let at = start;
  const values = Array.from(lengths, (length) => {
    if (length < 0 || at + length > bytes.length) damaged("a page ends before its values");
    at += length;
    return bytes.subarray(at - length, at);
  });
  if (at !== bytes.length) wrongSize(bytes.length - start, at - start);
  return values;
}
