import type { RandomAccess } from "../../opened.js";
import type { ParquetChunk } from "./footer.js";

/** Larger chunks are read when they are needed: two of them take memory. */
const mostAhead = 2 ** 26;

/** Reads chunks, each while the one before it is decoded. */
export class ReadAhead {
  readonly #data: RandomAccess;
  #next: { readonly chunk: ParquetChunk; readonly bytes: Promise<Uint8Array> } | undefined;

  constructor(data: RandomAccess) {
    this.#data = data;
  }

  /** @param next the chunk that will be asked for after this one, if it is known */
  async read(chunk: ParquetChunk, next: ParquetChunk | undefined): Promise<Uint8Array> {
    const ahead = this.#next;
    this.#next = undefined;
    const bytes = await (ahead?.chunk === chunk ? ahead.bytes : this.#slice(chunk));
    if (next !== undefined && next.end - next.start <= mostAhead) {
      this.#next = { chunk: next, bytes: this.#slice(next) };
      // Who asks for the chunk hears of it; perhaps nobody does.
      this.#next.bytes.catch(() => {});
    }
    return bytes;
  }

  #slice({ start, end }: ParquetChunk): Promise<Uint8Array> {
    return this.#data.slice(start, end);
  }
}
