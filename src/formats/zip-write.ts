import { HypersphereError } from "../errors.js";
import { crc32 } from "./crc32.js";

export interface ZipPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Compresses as DEFLATE without a header (RFC 1951). */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

interface Written {
  readonly name: Uint8Array;
  readonly method: 0 | 8;
  readonly crc: number;
  readonly stored: number;
  readonly size: number;
  readonly offset: number;
}

const MOST_16 = 0xffff;
const MOST_32 = 0xffffffff;
/** Compressing has to save this share of an entry: reading a stored one is quicker. */
const WORTH = 0.1;
/** 1 January 1980, as the format counts: an archive says nothing of when it was written. */
const DATE = 0x0021;
const UTF8 = 0x0800;
const STORED_VERSION = 20;
const ZIP64_VERSION = 45;

/**
 * A zip archive piece by piece (PKWARE APPNOTE 4.3; zip64 where numbers are too large for the fields of old). The same parts
 * make the same bytes.
 * @throws HypersphereError `unfit-data` for a part of 4 GiB or more
 */
export async function* zipArchive(
  parts: AsyncIterable<ZipPart> | Iterable<ZipPart>,
  deflate?: Deflate,
): AsyncGenerator<Uint8Array> {
  const written: Written[] = [];
  let offset = 0;
  for await (const { name, bytes } of parts) {
    if (bytes.length >= MOST_32) {
      throw new HypersphereError(
        "unfit-data",
        `${name} has ${bytes.length} bytes, which no zip entry holds.`,
        {
          hint: "Make it smaller: 4 GiB are the most.",
        },
      );
    }
    const small = deflate?.(bytes);
    const isWorth = small !== undefined && small.length <= (1 - WORTH) * bytes.length;
    const data = isWorth ? small : bytes;
    const entry: Written = {
      name: new TextEncoder().encode(name),
      method: isWorth ? 8 : 0,
      ...{ crc: crc32(bytes), stored: data.length, size: bytes.length, offset },
    };
    const header = localHeader(entry);
    yield header;
    yield data;
    offset += header.length + data.length;
    written.push(entry);
  }
  const headers = written.map(centralHeader);
  yield* headers;
  const length = headers.reduce((sum, header) => sum + header.length, 0);
  yield endOf(written.length, length, offset);
}

/** Little-endian fields one after the other: [bytes, value]. */
function fields(
  list: readonly (readonly [2 | 4 | 8, number])[],
  tail: Uint8Array = new Uint8Array(),
): Uint8Array {
  const length = list.reduce((sum, [size]) => sum + size, 0);
  const bytes = new Uint8Array(length + tail.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of list) {
    if (size === 2) view.setUint16(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  bytes.set(tail, at);
  return bytes;
}

function localHeader({ name, method, crc, stored, size }: Written): Uint8Array {
  return fields(
    [
      [4, 0x04034b50],
      [2, STORED_VERSION],
      [2, UTF8],
      [2, method],
      [2, 0],
      [2, DATE],
      [4, crc],
      [4, stored],
      [4, size],
      [2, name.length],
      [2, 0],
    ],
    name,
  );
}

function centralHeader({ name, method, crc, stored, size, offset }: Written): Uint8Array {
  const far = offset >= MOST_32;
  const extra = far
    ? fields([
        [2, 1],
        [2, 8],
        [8, offset],
      ])
    : new Uint8Array();
  const tail = new Uint8Array(name.length + extra.length);
  tail.set(name);
  tail.set(extra, name.length);
  return fields(
    [
      [4, 0x02014b50],
      [2, far ? ZIP64_VERSION : STORED_VERSION],
      [2, far ? ZIP64_VERSION : STORED_VERSION],
      [2, UTF8],
      [2, method],
      [2, 0],
      [2, DATE],
      [4, crc],
      [4, stored],
      [4, size],
      [2, name.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, far ? MOST_32 : offset],
    ],
    tail,
  );
}

/** The end of the directory; before it, where a count or a place is too large for it, that of zip64 and where to find it. */
function endOf(count: number, length: number, offset: number): Uint8Array {
  const needs64 = count >= MOST_16 || offset >= MOST_32 || length >= MOST_32;
  const large = needs64
    ? fields([
        [4, 0x06064b50],
        [8, 44],
        [2, ZIP64_VERSION],
        [2, ZIP64_VERSION],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, length],
        [8, offset],
        [4, 0x07064b50],
        [4, 0],
        [8, offset + length],
        [4, 1],
      ])
    : new Uint8Array();
  const entries = Math.min(count, MOST_16);
  const end = fields([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, entries],
    [2, entries],
    [4, Math.min(length, MOST_32)],
    [4, Math.min(offset, MOST_32)],
    [2, 0],
  ]);
  const bytes = new Uint8Array(large.length + end.length);
  bytes.set(large);
  bytes.set(end, large.length);
  return bytes;
}
