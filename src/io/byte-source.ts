import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { HypersphereError, throwIfAborted } from "../errors.js";
import { errno, readError } from "./fs-errors.js";

export interface ReadProgress {
  /** Bytes taken from the file or stream so far, as stored (compressed if it is). */
  bytes: number;
  /** Size of the file, when it is one. */
  totalBytes: number | undefined;
}

export interface ByteSource {
  /** For messages. */
  readonly name: string;
  /** Path of a regular file, which can be read more than once and at any place; undefined for streams and pipes. */
  readonly file: string | undefined;
  readonly totalBytes: number | undefined;
  /** The bytes as stored. A stream can be opened once only. */
  open(): AsyncIterable<Uint8Array>;
}

export interface SourceOptions {
  onProgress?: ((progress: ReadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const chunkBytes = 1 << 20;

/**
 * @param source a path, "-" for standard input, or a stream of bytes
 * @throws HypersphereError `io` for a file that is not there, may not be read, or is a folder
 */
export async function byteSource(
  source: string | NodeJS.ReadableStream,
  options: SourceOptions = {},
): Promise<ByteSource> {
  if (typeof source !== "string" || source === "-") {
    const stream = source === "-" ? process.stdin : (source as NodeJS.ReadableStream);
    const name = source === "-" ? "<stdin>" : "<stream>";
    const open = () => watched(stream as AsyncIterable<Uint8Array | string>, name, undefined, options);
    return { name, file: undefined, totalBytes: undefined, open };
  }
  try {
    const stats = await stat(source);
    if (stats.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    const totalBytes = stats.isFile() ? stats.size : undefined;
    const open = () =>
      watched(createReadStream(source, { highWaterMark: chunkBytes }), source, totalBytes, options);
    return { name: source, file: stats.isFile() ? source : undefined, totalBytes, open };
  } catch (error) {
    throw await readError(error, source);
  }
}

async function* watched(
  stream: AsyncIterable<Uint8Array | string>,
  name: string,
  totalBytes: number | undefined,
  { onProgress, signal }: SourceOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  throwIfAborted(signal);
  try {
    for await (const chunk of signal ? abortable(stream, signal) : stream) {
      throwIfAborted(signal);
      const buffer = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      bytes += buffer.length;
      yield buffer;
      onProgress?.({ bytes, totalBytes });
    }
  } catch (error) {
    throwIfAborted(signal);
    throw await readError(error, name);
  }
}

/** A stream that waits for bytes that may never come (a terminal, a pipe) must still stop when told to. */
async function* abortable<T>(stream: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = stream[Symbol.asyncIterator]();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  aborted.catch(() => {});
  let finished = false;
  try {
    while (true) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done) {
        finished = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // Not awaited: a generator stuck in a read only ends when that read does.
    if (!finished) iterator.return?.()?.catch(() => {});
  }
}

/** Bytes whose beginning can be looked at before they are consumed. */
export interface Peeked {
  /** The first bytes, at least `wanted` of them unless there are fewer. */
  readonly head: Uint8Array;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Lets go of the source without reading it to the end. */
  close(): Promise<void>;
}

export async function peek(bytes: AsyncIterable<Uint8Array>, wanted: number): Promise<Peeked> {
  const iterator = bytes[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await iterator.next();
    if (next.done) break;
    read.push(next.value);
    length += next.value.length;
  }
  async function* replay(): AsyncGenerator<Uint8Array> {
    try {
      while (read.length > 0) yield read.shift()!;
      while (true) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return {
    head: read.length === 1 ? read[0]! : Buffer.concat(read),
    bytes: replay(),
    close: async () => void (await iterator.return?.()),
  };
}

/** @throws HypersphereError `unreadable-data` when the data ends early or was damaged */
export async function* gunzipped(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  // Errors reach the reader through the iteration below; the callback only keeps them from being thrown twice.
  pipeline(Readable.from(bytes, { objectMode: false, highWaterMark: 1 }), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (error) {
    const code = errno(error);
    if (code === "Z_BUF_ERROR") {
      throw new HypersphereError("unreadable-data", `${name}: the gzip data ends before its end mark.`, {
        hint: "The file was cut off, often by an interrupted copy or download: fetch it again.",
        cause: error,
      });
    }
    if (code?.startsWith("Z_")) {
      const what = error instanceof Error ? error.message : code;
      throw new HypersphereError("unreadable-data", `${name}: the gzip data is damaged (${what}).`, {
        hint: "Fetch or compress the file again.",
        cause: error,
      });
    }
    throw error;
  }
}

/** All bytes in one buffer. */
export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
