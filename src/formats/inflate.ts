import { HypersphereError } from "../errors.js";

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
  const iterator = bytes[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  const stored = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const next = await iterator.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
      } catch (error) {
        failure = { error };
        throw error;
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  const reader = stored.pipeThrough(new DecompressionStream(format)).getReader();
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

/** @throws HypersphereError `unreadable-data` when the data ends early or was damaged */
export async function* gunzipped(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  inflate: Inflate,
): AsyncGenerator<Uint8Array> {
  try {
    yield* inflate(bytes, "gzip");
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
