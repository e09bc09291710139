import { HypersphereError, throwIfAborted } from "../errors.js";
import {
  type ByteSource,
  byteProgress,
  type Peeked,
  peek,
  type ReadControl,
  watched,
} from "./byte-source.js";
import { collect, startsWith } from "./bytes.js";
import { gunzipped, type Inflate } from "./inflate.js";
import type { SizeLimit } from "./limits.js";

/** The data of a source: decompressed where they are gzipped. */
export interface Opened extends Peeked {
  /** The bytes of the data are those of the source: they were not compressed. */
  readonly plain: boolean;
}

const sniffedBytes = 4096;

/** @throws HypersphereError `unreadable-data` for no bytes at all and for gzip within gzip, `unfit-data` beyond the limit of sizes, `io` */
export async function openSource(
  source: ByteSource,
  inflate: Inflate,
  control: ReadControl = {},
): Promise<Opened> {
  const raw = await peek(watched(source, control), sniffedBytes);
  if (raw.head.length === 0) {
    throw new HypersphereError("unreadable-data", `${source.name} is empty.`, {
      hint: "Was it written to the end?",
    });
  }
  if (!isGzip(raw.head)) return { ...raw, plain: true };
  const bytes = gunzipped(raw.bytes, source.name, inflate, control, source.totalBytes);
  const unpacked = await peek(bytes, sniffedBytes);
  if (!isGzip(unpacked.head)) return { ...unpacked, plain: false };
  await unpacked.close();
  throw new HypersphereError("unreadable-data", `${source.name} is a gzip file inside a gzip file.`, {
    hint: "Decompress it once: gunzip.",
  });
}

/** What the values of a compressed source are measured by; undefined for a plain one. A stream does not say how long it is. */
export const packedIn = (
  { totalBytes = 0 }: ByteSource,
  { plain }: Opened,
  { maxUnpacked }: SizeLimit,
): (SizeLimit & { readonly stored: number }) | undefined =>
  plain ? undefined : { stored: totalBytes, maxUnpacked };

/** All data of a source. @throws HypersphereError as `openSource` */
export async function readAll(
  source: ByteSource,
  inflate: Inflate,
  control?: ReadControl,
): Promise<Uint8Array> {
  return collect((await openSource(source, inflate, control)).bytes, source.name);
}

/** The first bytes of the data of a source that can be read again. @throws HypersphereError as `openSource` */
export async function readHead(
  source: ByteSource,
  inflate: Inflate,
  limit: SizeLimit = {},
): Promise<Uint8Array> {
  const { head, close } = await openSource(source, inflate, limit);
  await close();
  return head;
}

export const isGzip = (head: Uint8Array): boolean => startsWith(head, [0x1f, 0x8b]);

/** Data of which any part can be read at any time. */
export interface RandomAccess {
  readonly source: string;
  readonly size: number;
  /** Whether each part is a buffer of its own, which may move to another thread. */
  readonly givesBuffers: boolean;
  /** The bytes from `from` up to but not including `to`, fewer where the data end before. */
  slice(from: number, to: number): Promise<Uint8Array>;
}

/** Plain files are read where it is asked for; streams and compressed data are held in memory whole. */
export async function randomAccess(
  source: ByteSource,
  opened: Opened,
  { signal, onProgress }: ReadControl = {},
): Promise<RandomAccess> {
  const { name, totalBytes, slice } = source;
  if (!opened.plain || slice === undefined || totalBytes === undefined) {
    return inMemory(await collect(opened.bytes, name), name);
  }
  await opened.close();
  let bytes = 0;
  return {
    source: name,
    size: totalBytes,
    givesBuffers: true,
    async slice(from, to) {
      throwIfAborted(signal);
      const part = await slice(Math.max(0, from), Math.min(to, totalBytes));
      bytes = Math.min(bytes + part.length, totalBytes);
      onProgress?.(byteProgress(bytes, totalBytes));
      return part;
    },
  };
}

/** @param source for messages */
export function inMemory(bytes: Uint8Array, source: string): RandomAccess {
  return {
    source,
    size: bytes.length,
    givesBuffers: false,
    slice: async (from, to) => bytes.subarray(Math.max(0, from), to),
  };
}
