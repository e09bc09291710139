import { HypersphereError } from "../errors.js";
import { checkUnpacked, type SizeLimit } from "./limits.js";

export type Compression = "gzip" | "deflate-raw";

/**
 * Decompresses a stream. What the stream itself throws passes through unchanged.
 * @throws InflateError for data that are damaged or end early
 */
export type Inflate = (bytes: AsyncIterable<Uint8Array>, format: Compression) => AsyncIterable<Uint8Array>;

/** Compressed data that cannot be decompressed; the message is the decompressor's own. */
export class InflateError extends Error {
  /** The data end before their end mark. */
  readonly endsEarly: boolean;

  constructor(message: string, endsEarly: boolean, cause: unknown) {
    super(message, { cause });
    this.name = "InflateError";
    this.endsEarly = endsEarly;
  }
}

/** The web's own decompressor, which Node has too; Node's zlib needs less than half of its time. */
export async function* webInflate(
  bytes: AsyncIterable<Uint8Array>,
  format: Compression,
): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream(format);
  const reader = readable.getReader();
  let failure: { readonly error: unknown } | undefined;
  void feed(bytes, writable.getWriter(), (error) => {
    failure = { error };
  });
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    const message = error instanceof Error ? error.message : String(error);
    // Browsers have no code for it, and a sentence each.
    throw new InflateError(message, /truncated|unexpected end|ended without|buf_error/i.test(message), error);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * Writes part after part, each when the one before is worked off: a pipe would take in as much as its queue holds, which in
 * Node is all there is.
 * @param onFailure is told what the source failed with, before the reader sees it
 */
async function feed(
  bytes: AsyncIterable<Uint8Array>,
  writer: WritableStreamDefaultWriter<BufferSource>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    while (true) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await iterator.next();
      } catch (error) {
        onFailure(error);
        await writer.abort(error);
        return;
      }
      if (next.done) break;
      await writer.write(next.value as Uint8Array<ArrayBuffer>);
    }
    await writer.close();
  } catch {
    // The data are damaged, or nobody reads on: the reader knows.
    await iterator.return?.()?.catch(() => {});
  }
}

/**
 * @param stored bytes of the whole source where they are known; otherwise those that were read so far count
 * @throws HypersphereError `unreadable-data` when the data ends early or was damaged, `unfit-data` beyond the limit
 */
export async function* gunzipped(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  inflate: Inflate,
  limit: SizeLimit = {},
  stored?: number,
): AsyncGenerator<Uint8Array> {
  let taken = 0;
  let unpacked = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      taken += part.length;
      yield part;
    }
  }
  try {
    for await (const part of inflate(counted(), "gzip")) {
      unpacked += part.length;
      checkUnpacked(unpacked, stored ?? taken, name, limit);
      yield part;
    }
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    if (error.endsEarly) {
      throw new HypersphereError("unreadable-data", `${name}: the gzip data ends before its end mark.`, {
        hint: "The file was cut off, often by an interrupted copy or download: fetch it again.",
        cause: error,
      });
    }
    throw new HypersphereError("unreadable-data", `${name}: the gzip data is damaged (${error.message}).`, {
      hint: "Fetch or compress the file again.",
      cause: error,
    });
  }
}
