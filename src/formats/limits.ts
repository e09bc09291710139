/** How much memory a small file may ask for. Every limit has an option that lifts it, and errors name that option. */
import { HypersphereError } from "../errors.js";

/** Of every reader of data that may be compressed, or say that they are many without being it. */
export interface SizeLimit {
  /**
   * Bytes that data may take when unpacked; Infinity lifts the limit. Default: 256 MiB, or 100 times the bytes that are
   * stored, whichever is more.
   */
  readonly maxUnpacked?: number | undefined;
}

/** Of readers whose decoder runs in a thread of its own. */
export interface StallLimit {
  /**
   * Seconds without progress (a page decoded, a part of the file read) after which the decoder is stopped; default 60, and
   * Infinity for any time. Parquet in Node.
   */
  readonly maxStall?: number | undefined;
}

/** Columns of a table unless option `maxColumns` says more. */
export const defaultMaxColumns = 10_000;

const defaultMaxStall = 60;
const freeBytes = 2 ** 28;
const freeRatio = 100;

/** Bytes that `stored` bytes may become. @throws HypersphereError `invalid-option` */
export function unpackedLimit(stored: number, { maxUnpacked }: SizeLimit): number {
  if (maxUnpacked === undefined) return Math.max(freeBytes, freeRatio * stored);
  checkLimit("maxUnpacked", maxUnpacked, "a number of bytes");
  return maxUnpacked;
}

/**
 * @param unpacked bytes that the data take, as far as is known
 * @param stored bytes that they are kept in
 * @throws HypersphereError `unfit-data` for more than the limit
 */
export function checkUnpacked(unpacked: number, stored: number, source: string, limit: SizeLimit): void {
  const most = unpackedLimit(stored, limit);
  if (unpacked <= most) return;
  throw new HypersphereError(
    "unfit-data",
    `${source}: ${inWords(stored)} stored become ${inWords(unpacked)} or more, where at most ${inWords(most)} are unpacked.`,
    {
      hint: `If you trust the data and have the memory, option "maxUnpacked" ${suggested(unpacked)} lifts the limit.`,
      details: { option: "maxUnpacked", value: most, source },
    },
  );
}

/** Seconds that a decoder may take without progress. @throws HypersphereError `invalid-option` */
export function stallLimit({ maxStall = defaultMaxStall }: StallLimit): number {
  checkLimit("maxStall", maxStall, "a number of seconds");
  return maxStall;
}

/** @throws HypersphereError `unfit-data` for more columns than the limit, `invalid-option` */
export function checkColumnCount(count: number, source: string, maxColumns = defaultMaxColumns): void {
  checkLimit("maxColumns", maxColumns, "a number of columns");
  if (count <= maxColumns) return;
  throw new HypersphereError(
    "unfit-data",
    `${source} has ${count} columns or more, where at most ${maxColumns} are read.`,
    {
      hint: `Is each key or field a column of its own? If so, option "maxColumns" ${10 ** Math.ceil(Math.log10(count))} lifts the limit.`,
      details: { option: "maxColumns", value: maxColumns, source },
    },
  );
}

/** @throws HypersphereError `invalid-option` for what is no number above 0 */
export function checkLimit(option: string, value: number, what: string): void {
  if (typeof value === "number" && value > 0) return;
  throw new HypersphereError(
    "invalid-option",
    `${option} must be ${what} above 0, but is ${JSON.stringify(value)}.`,
    { hint: "Infinity lifts the limit.", details: { option, value } },
  );
}

/** A buffer in one piece. @throws HypersphereError `unfit-data` where the platform has none of that size */
export function allocate(bytes: number, source: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new HypersphereError(
      "unfit-data",
      `${source} needs ${inWords(bytes)} of memory in one piece, which this platform cannot give.`,
      { hint: "Split the data, store smaller numbers, or read a part of it.", cause },
    );
  }
}

/** Such as "1.5 GB". */
export function inWords(bytes: number): string {
  if (!Number.isFinite(bytes)) return "unlimited bytes";
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** step;
  return `${value >= 100 || step === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[step]}`;
}

const suggested = (bytes: number): string => `${Math.max(1, Math.ceil((bytes * 1.5) / 1e9))}GB`;
