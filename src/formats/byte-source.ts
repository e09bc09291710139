import { throwIfAborted } from "../errors.js";
import { concatBytes } from "./bytes.js";
import type { SizeLimit } from "./limits.js";

/** How far a reader is: one shape for all readers. Which numbers are known depends on what is read. */
export interface ReadProgress {
  /** From 0 to 1; undefined where the end is not known, as for a pipe. */
  readonly fraction: number | undefined;
  /** Bytes taken from the source so far, as stored (compressed if they are), and how many it has. */
  readonly bytes?: number;
  readonly totalBytes?: number;
  /** Images decoded so far, of how many. */
  readonly done?: number;
  readonly total?: number;
}

/** Of every reader. */
export interface ReadControl extends SizeLimit {
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where bytes come from: a file of Node, a `Blob`, a stream. This is all that readers know of a platform's files. */
export interface ByteSource {
  /** For messages, and for its ending. */
  readonly name: string;
  readonly totalBytes: number | undefined;
  /**
   * The bytes as stored, from the beginning. A source without `slice` can be opened once only.
   * @throws HypersphereError `io` as they are read
   */
  open(): AsyncIterable<Uint8Array>;
  /**
   * The bytes from `from` up to but not including `to`, as often as wanted; undefined for streams and pipes.
   * @throws HypersphereError `io`
   */
  readonly slice: ((from: number, to: number) => Promise<Uint8Array>) | undefined;
}

/** Progress in bytes. */
export const byteProgress = (bytes: number, totalBytes: number | undefined): ReadProgress => ({
  fraction: totalBytes === undefined ? undefined : totalBytes === 0 ? 1 : bytes / totalBytes,
  bytes,
  ...(totalBytes !== undefined && { totalBytes }),
});

/** The bytes of a source, with progress, until told to stop. @throws HypersphereError `aborted`, `io` */
export async function* watched(
  source: ByteSource,
  { onProgress, signal }: ReadControl,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  throwIfAborted(signal);
  const stream = source.open();
  try {
    for await (const chunk of signal ? abortable(stream, signal) : stream) {
      throwIfAborted(signal);
      bytes += chunk.length;
      yield chunk;
      onProgress?.(byteProgress(bytes, source.totalBytes));
    }
  } catch (error) {
    throwIfAborted(signal);
    throw error;
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
    head: concatBytes(read),
    bytes: replay(),
    close: async () => void (await iterator.return?.()),
  };
}
