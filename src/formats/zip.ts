import { HypersphereError, throwIfAborted } from "../errors.js";
import type { ReadControl } from "./byte-source.js";
import { concatBytes } from "./bytes.js";
import { crc32 } from "./crc32.js";
import type { Inflate } from "./inflate.js";
import { allocate, checkUnpacked } from "./limits.js";
import type { RandomAccess } from "./opened.js";

/** One file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

/** An archive, and how what it holds is decompressed. */
export interface ZipArchive {
  readonly archive: RandomAccess;
  readonly inflate: Inflate;
  readonly control?: ReadControl | undefined;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const end64LocatorSignature = 0x07064b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
/** The end record is 22 bytes and a comment of at most 65535; before it, 20 bytes may say where a zip64 record is. */
const longestEnd = 20 + 22 + 0xffff;
/** Deflate cannot shrink by more than this, so a header that claims more is wrong. */
const deflateLimit = 1032;
const partBytes = 1 << 20;
const headPartBytes = 1 << 13;

/**
 * Lists a zip archive from its central directory (PKWARE APPNOTE 4.3.12 to 4.3.16, with zip64).
 * @throws HypersphereError `unreadable-data` when the directory is not there (a cut-off file) or is damaged
 */
export async function listZip(archive: RandomAccess): Promise<ZipEntry[]> {
  const { source } = archive;
  try {
    const { count, offset } = await directory(archive);
    // What follows the directory is little, so all from its beginning on is read.
    const bytes = await archive.slice(offset, archive.size);
    const view = viewOf(bytes);
    const entries: ZipEntry[] = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (view.getUint32(at, true) !== centralSignature)
        throw damaged(source, `directory entry ${i + 1} is not one`);
      const nameLength = view.getUint16(at + 28, true);
      const extraLength = view.getUint16(at + 30, true);
      const commentLength = view.getUint16(at + 32, true);
      const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
      const sizes = zip64Sizes(view, at, at + 46 + nameLength, extraLength);
      entries.push({
        name,
        flags: view.getUint16(at + 8, true),
        method: view.getUint16(at + 10, true),
        crc: view.getUint32(at + 16, true),
        ...sizes,
      });
      at += 46 + nameLength + extraLength + commentLength;
    }
    return entries;
  } catch (error) {
    if (error instanceof RangeError) throw damaged(source, "its directory points outside the file", error);
    throw error;
  }
}

/**
 * The bytes of one entry in a buffer of its own (so that numbers in it are aligned), checked against its CRC-32.
 * @throws HypersphereError `unreadable-data` for damage, encryption and methods other than stored and deflate, `unfit-data`
 * beyond the limit of sizes
 */
export async function readZipEntry(zip: ZipArchive, entry: ZipEntry): Promise<Uint8Array> {
  const where = `${zip.archive.source}: ${entry.name}`;
  if (entry.flags & 1) throw damagedEntry(where, "it is encrypted");
  if (entry.method !== 0 && entry.method !== 8) {
    throw new HypersphereError("unreadable-data", `${where} is compressed by zip method ${entry.method}.`, {
      hint: "Write it stored or deflated, as numpy.savez and numpy.savez_compressed do.",
    });
  }
  const [start, end] = await placeOf(zip, entry, where);
  const stored = end - start;
  if (entry.size > (entry.method === 0 ? stored : stored * deflateLimit + 1024)) {
    throw damagedEntry(where, `it claims ${entry.size} bytes, which ${stored} stored bytes cannot hold`);
  }
  checkUnpacked(entry.size, stored, where, zip.control ?? {});
  const bytes = allocate(entry.size, where);
  if (entry.method === 0) await fill(bytes, partsOf(zip, start, start + entry.size), where);
  else await inflating(where, () => fill(bytes, zip.inflate(partsOf(zip, start, end), "deflate-raw"), where));
  const found = crc32(bytes);
  if (found !== entry.crc) {
    throw damagedEntry(where, `its checksum is ${hex(found)} where ${hex(entry.crc)} was expected`);
  }
  return bytes;
}

/**
 * The first bytes of one entry, at most `length`, not checked: to see what it is before reading it.
 * @throws HypersphereError `unreadable-data` for damage
 */
export async function zipEntryHead(zip: ZipArchive, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const where = `${zip.archive.source}: ${entry.name}`;
  const [start, end] = await placeOf(zip, entry, where);
  if (entry.method !== 8) return zip.archive.slice(start, Math.min(end, start + length));
  const parts: Uint8Array[] = [];
  await inflating(where, async () => {
    let filled = 0;
    for await (const part of zip.inflate(partsOf(zip, start, end, headPartBytes), "deflate-raw")) {
      parts.push(part);
      filled += part.length;
      if (filled >= length) break;
    }
  });
  return concatBytes(parts).subarray(0, length);
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

async function directory(archive: RandomAccess): Promise<{ count: number; offset: number }> {
  const { size, source } = archive;
  const tailStart = Math.max(0, size - longestEnd);
  const view = viewOf(await archive.slice(tailStart, size));
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) !== endSignature) continue;
    const count = view.getUint16(at + 10, true);
    const offset = view.getUint32(at + 16, true);
    if (count !== 0xffff && offset !== 0xffffffff) return { count, offset };
    if (at < 20 || view.getUint32(at - 20, true) !== end64LocatorSignature) return { count, offset };
    const end64 = Number(view.getBigUint64(at - 12, true));
    const record = viewOf(await archive.slice(end64, end64 + 56));
    if (record.getUint32(0, true) !== end64Signature) throw damaged(source, "its zip64 directory is missing");
    return {
      count: Number(record.getBigUint64(32, true)),
      offset: Number(record.getBigUint64(48, true)),
    };
  }
  throw damaged(source, "its directory, which stands at the end, is missing");
}

/** Sizes and offset of a directory entry; those that do not fit in 32 bits stand in the zip64 extra field, in this order. */
function zip64Sizes(view: DataView, at: number, extraStart: number, extraLength: number) {
  let compressedSize = view.getUint32(at + 20, true);
  let size = view.getUint32(at + 24, true);
  let headerOffset = view.getUint32(at + 42, true);
  for (let extra = extraStart; extra + 4 <= extraStart + extraLength; ) {
    const id = view.getUint16(extra, true);
    let field = extra + 4;
    const take = (): number => {
      const value = Number(view.getBigUint64(field, true));
      field += 8;
      return value;
    };
    if (id === 1) {
      if (size === 0xffffffff) size = take();
      if (compressedSize === 0xffffffff) compressedSize = take();
      if (headerOffset === 0xffffffff) headerOffset = take();
    }
    extra += 4 + view.getUint16(extra + 2, true);
  }
  return { compressedSize, size, headerOffset };
}

/** Where the stored bytes of an entry are in the archive. */
async function placeOf(
  { archive }: ZipArchive,
  { headerOffset, compressedSize }: ZipEntry,
  where: string,
): Promise<[start: number, end: number]> {
  const header = await archive.slice(headerOffset, headerOffset + 30);
  if (header.length < 30 || viewOf(header).getUint32(0, true) !== localSignature) {
    throw damagedEntry(where, "its header is not where the directory says");
  }
  const view = viewOf(header);
  const start = headerOffset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const end = start + compressedSize;
  if (end > archive.size) throw damagedEntry(where, "it reaches beyond the end of the file");
  return [start, end];
}

async function* partsOf(
  { archive, control }: ZipArchive,
  from: number,
  to: number,
  length = partBytes,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; at += length) {
    throwIfAborted(control?.signal);
    yield await archive.slice(at, Math.min(at + length, to));
  }
}

async function fill(target: Uint8Array, parts: AsyncIterable<Uint8Array>, where: string): Promise<void> {
  let filled = 0;
  for await (const part of parts) {
    if (filled + part.length > target.length)
      throw damagedEntry(where, "it is longer than its directory entry says");
    target.set(part, filled);
    filled += part.length;
  }
  if (filled !== target.length)
    throw damagedEntry(where, `it ends after ${filled} of ${target.length} bytes`);
}

async function inflating(where: string, inflate: () => Promise<void>): Promise<void> {
  try {
    await inflate();
  } catch (error) {
    if (error instanceof HypersphereError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw damagedEntry(where, `it cannot be inflated (${what})`, error);
  }
}

const damaged = (source: string, what: string, cause?: unknown): HypersphereError =>
  unreadable(`${source} cannot be read as a zip archive: ${what}`, cause);

const damagedEntry = (where: string, what: string, cause?: unknown): HypersphereError =>
  unreadable(`${where} cannot be read from its zip archive: ${what}`, cause);

function unreadable(message: string, cause: unknown): HypersphereError {
  return new HypersphereError("unreadable-data", `${message}.`, {
    hint: "The file was cut off or changed, often by an interrupted copy or download: fetch it again.",
    ...(cause === undefined ? {} : { cause }),
  });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
