import { tooLarge } from "../../data/table/table-from.js";
import type { HypersphereError } from "../../errors.js";
import { checkUnpacked, type SizeLimit } from "../limits.js";
import { bad, checkNpySize, type NpyHeader, parseNpyHeader } from "./npy-header.js";

/** An array as numpy wrote it. */
export interface NpyArray {
  /** numpy type without byte order ("f8", "u1", "b1", "U12"). */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  /**
   * Values in the order of the file. Types that float32 holds exactly (bool, 8 and 16 bit integers, float16,
   * float32) come as Float32Array, others as Float64Array, texts as strings.
   */
  readonly data: Float32Array | Float64Array | string[];
}

/**
 * Reads an NPY file. float32 and float64 of the machine's byte order that are aligned are views of `bytes`, not copies.
 * @param onFault by default throws the fault
 * @param packed of bytes that were unpacked: how many they were before, and how much they may become as values
 * @throws HypersphereError `unreadable-data` for what is no such file, is cut off or holds pickled objects, `unfit-data`
 * for integers beyond 2^53 that are no exact number, and for more than the limit
 */
export function parseNpy(
  bytes: Uint8Array,
  source: string,
  onFault: OnFault = throwFault,
  packed?: Packed,
): NpyArray {
  const header = parseNpyHeader(bytes, source);
  const count = checkNpySize(header, bytes, source);
  if (packed !== undefined) checkUnpacked(count * valueBytes(header), packed.stored, source, packed);
  const { dtype, shape, fortranOrder } = header;
  return { dtype, shape, fortranOrder, data: values(bytes, header, count, source, onFault) };
}

/** What an array was read from: bytes that were compressed, or part of an archive, and what they may become. */
export interface Packed extends SizeLimit {
  readonly stored: number;
}

const NARROW: ReadonlySet<string> = new Set(["b1", "u1", "i1", "u2", "i2", "f2", "f4"]);
/** What a text takes besides its characters. */
const TEXT_BYTES = 24;

/** Bytes that a value takes in `NpyArray`. */
function valueBytes({ dtype, itemSize }: NpyHeader): number {
  if (/^[SU]/.test(dtype)) return TEXT_BYTES + (dtype.startsWith("U") ? itemSize / 4 : itemSize);
  return NARROW.has(dtype) ? 4 : 8;
}

/** Takes a cell of a column, from 0, that has no exact number. */
export type OnFault = (column: number, fault: HypersphereError) => void;

const throwFault: OnFault = (_, fault) => {
  throw fault;
};

function values(
  bytes: Uint8Array,
  header: NpyHeader,
  count: number,
  source: string,
  onFault: OnFault,
): NpyArray["data"] {
  const { dtype, dataOffset, littleEndian } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataOffset, count * header.itemSize);
  const start = view.byteOffset;
  switch (dtype) {
    case "f4":
      if (littleEndian && start % 4 === 0) return new Float32Array(bytes.buffer, start, count);
      return fill(new Float32Array(count), (i) => view.getFloat32(i * 4, littleEndian));
    case "f8":
      if (littleEndian && start % 8 === 0) return new Float64Array(bytes.buffer, start, count);
      return fill(new Float64Array(count), (i) => view.getFloat64(i * 8, littleEndian));
    case "f2":
      return fill(new Float32Array(count), (i) => halfToNumber(view.getUint16(i * 2, littleEndian)));
    case "b1":
      return fill(new Float32Array(count), (i) => (view.getUint8(i) === 0 ? 0 : 1));
    case "u1":
      return fill(new Float32Array(count), (i) => view.getUint8(i));
    case "i1":
      return fill(new Float32Array(count), (i) => view.getInt8(i));
    case "u2":
      return fill(new Float32Array(count), (i) => view.getUint16(i * 2, littleEndian));
    case "i2":
      return fill(new Float32Array(count), (i) => view.getInt16(i * 2, littleEndian));
    case "u4":
      return fill(new Float64Array(count), (i) => view.getUint32(i * 4, littleEndian));
    case "i4":
      return fill(new Float64Array(count), (i) => view.getInt32(i * 4, littleEndian));
    case "u8":
    case "i8":
      return wideIntegers(view, header, count, source, onFault);
    default:
      return texts(view, header, count, source);
  }
}

function fill<A extends Float32Array | Float64Array>(target: A, value: (index: number) => number): A {
  for (let i = 0; i < target.length; i++) target[i] = value(i);
  return target;
}

/** 64-bit integers from two halves: a BigInt per value would cost ten times as much. */
function wideIntegers(
  view: DataView,
  header: NpyHeader,
  count: number,
  source: string,
  onFault: OnFault,
): Float64Array {
  const { littleEndian, dtype } = header;
  const signed = dtype === "i8";
  return fill(new Float64Array(count), (i) => {
    const low = view.getUint32(i * 8 + (littleEndian ? 0 : 4), littleEndian);
    const highAt = i * 8 + (littleEndian ? 4 : 0);
    const high = signed ? view.getInt32(highAt, littleEndian) : view.getUint32(highAt, littleEndian);
    const value = high * 2 ** 32 + low;
    if (Number.isSafeInteger(value)) return value;
    const exact = signed ? view.getBigInt64(i * 8, littleEndian) : view.getBigUint64(i * 8, littleEndian);
    if (BigInt(value) === exact) return value;
    const [row, column] = place(header, i);
    onFault(column, tooLarge(source, `x${column}`, "row", row + 1, exact));
    return value;
  });
}

function place({ shape, fortranOrder }: NpyHeader, index: number): [number, number] {
  const [rows = 1, columns = 1] = shape;
  return fortranOrder
    ? [index % rows, Math.floor(index / rows)]
    : [Math.floor(index / columns), index % columns];
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Fixed-width texts, filled up with zeros: one byte (S) or four (U) per character. */
function texts(view: DataView, header: NpyHeader, count: number, source: string): string[] {
  const { itemSize, littleEndian, dtype } = header;
  const wide = dtype.startsWith("U");
  const result: string[] = [];
  for (let i = 0; i < count; i++) {
    let text = "";
    for (let at = i * itemSize; at < (i + 1) * itemSize; at += wide ? 4 : 1) {
      const point = wide ? view.getUint32(at, littleEndian) : view.getUint8(at);
      if (point === 0) break;
      if (point > 0x10ffff)
        throw bad(source, `text ${i + 1} has no valid characters`, "Was the file damaged?");
      text += String.fromCodePoint(point);
    }
    result.push(text);
  }
  return result;
}
