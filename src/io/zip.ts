import { Readable } from "node:stream";
import { constants, crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { HypersphereError, throwIfAborted } from "../errors.js";

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

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const end64LocatorSignature = 0x07064b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
/** Deflate cannot shrink by more than this, so a header that claims more is wrong. */
const deflateLimit = 1032;

/**
 * Lists a zip archive from its central directory (PKWARE APPNOTE 4.3.12 to 4.3.16, with zip64).
 * @throws HypersphereError `unreadable-data` when the directory is not there (a cut-off file) or is damaged
 */
export function listZip(archive: Uint8Array, source: string): ZipEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  try {
    const { count, offset } = directory(view, source);
    const entries: ZipEntry[] = [];
    let at = offset;
    for (let i = 0; i < count; i++) {
      if (view.getUint32(at, true) !== centralSignature)
        throw damaged(source, `directory entry ${i + 1} is not one`);
      const nameLength = view.getUint16(at + 28, true);
      const extraLength = view.getUint16(at + 30, true);
      const commentLength = view.getUint16(at + 32, true);
      const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength));
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
 * @throws HypersphereError `unreadable-data` for damage, encryption and methods other than stored and deflate
 */
export async function readZipEntry(
  archive: Uint8Array,
  entry: ZipEntry,
  source: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const where = `${source}: ${entry.name}`;
  if (entry.flags & 1) throw damaged(where, "it is encrypted");
  if (entry.method !== 0 && entry.method !== 8) {
    throw new HypersphereError("unreadable-data", `${where} is compressed by zip method ${entry.method}.`, {
      hint: "Write it stored or deflated, as numpy.savez and numpy.savez_compressed do.",
    });
  }
  const data = entryData(archive, entry, where);
  if (entry.size > (entry.method === 0 ? data.length : data.length * deflateLimit + 1024)) {
    throw damaged(where, `it claims ${entry.size} bytes, which ${data.length} stored bytes cannot hold`);
  }
  const bytes = new Uint8Array(entry.size);
  if (entry.method === 0) bytes.set(data.subarray(0, entry.size));
  else await inflateInto(bytes, data, where, signal);
  const found = crc32(bytes);
  if (found !== entry.crc) {
    throw damaged(where, `its checksum is ${hex(found)} where ${hex(entry.crc)} was expected`);
  }
  return bytes;
}

/**
 * The first bytes of one entry, at most `length`, not checked: to see what it is before reading it.
 * @throws HypersphereError `unreadable-data` for damage
 */
export function zipEntryHead(
  archive: Uint8Array,
  entry: ZipEntry,
  source: string,
  length: number,
): Uint8Array {
  const where = `${source}: ${entry.name}`;
  const data = entryData(archive, entry, where).subarray(0, length);
  if (entry.method !== 8) return data;
  try {
    // Incompressible data grows by a few bytes at most, so this gives nearly `length` of them; others give more.
    return inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, length);
  } catch (error) {
    throw damaged(where, "it cannot be inflated", error);
  }
}

function directory(view: DataView, source: string): { count: number; offset: number } {
  const length = view.byteLength;
  // The end record is 22 bytes and a comment of at most 65535.
  for (let at = length - 22; at >= Math.max(0, length - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) !== endSignature) continue;
    const count = view.getUint16(at + 10, true);
    const offset = view.getUint32(at + 16, true);
    if (count !== 0xffff && offset !== 0xffffffff) return { count, offset };
    if (at < 20 || view.getUint32(at - 20, true) !== end64LocatorSignature) return { count, offset };
    const end64 = Number(view.getBigUint64(at - 12, true));
    if (view.getUint32(end64, true) !== end64Signature)
      throw damaged(source, "its zip64 directory is missing");
    return {
      count: Number(view.getBigUint64(end64 + 32, true)),
      offset: Number(view.getBigUint64(end64 + 48, true)),
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

function entryData(archive: Uint8Array, entry: ZipEntry, where: string): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const at = entry.headerOffset;
  if (at + 30 > archive.length || view.getUint32(at, true) !== localSignature) {
    throw damaged(where, "its header is not where the directory says");
  }
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const end = start + entry.compressedSize;
  if (end > archive.length) throw damaged(where, "it reaches beyond the end of the file");
  return archive.subarray(start, end);
}

async function inflateInto(
  target: Uint8Array,
  data: Uint8Array,
  where: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let filled = 0;
  try {
    const inflate = Readable.from([data], { objectMode: false }).pipe(
      createInflateRaw({ chunkSize: 1 << 20 }),
    );
    for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
      throwIfAborted(signal);
      if (filled + chunk.length > target.length)
        throw damaged(where, "it is longer than its directory entry says");
      target.set(chunk, filled);
      filled += chunk.length;
    }
  } catch (error) {
    if (error instanceof HypersphereError) throw error;
    throw damaged(
      where,
      `it cannot be inflated (${error instanceof Error ? error.message : String(error)})`,
      error,
    );
  }
  if (filled !== target.length) throw damaged(where, `it ends after ${filled} of ${target.length} bytes`);
}

function damaged(where: string, what: string, cause?: unknown): HypersphereError {
  return new HypersphereError("unreadable-data", `${where} cannot be read as a zip archive: ${what}.`, {
    hint: "The file was cut off or changed, often by an interrupted copy or download: fetch it again.",
    ...(cause === undefined ? {} : { cause }),
  });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
