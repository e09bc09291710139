import { HypersphereError } from "../errors.js";

export interface LineBatchOptions {
  /** Name of the input, for messages. */
  readonly source: string;
  /** Lines of a batch at most; default 1024. */
  readonly most?: number | undefined;
  /** Ends the batches as the end of the input does: what has been read is given first. */
  readonly signal?: AbortSignal | undefined;
}

/** A line is a record, and no file. */
const LONGEST_LINE = 2 ** 24;

/**
 * The lines of a stream as they come: what arrived while the last batch was worked on is the next one, so that a slow source is
 * answered line by line, and a fast one in large pieces. Bytes that are no UTF-8 become U+FFFD.
 * @throws HypersphereError `unreadable-data` for a line of more than 16 MiB
 */
export async function* lineBatches(
  input: AsyncIterable<Uint8Array>,
  { source, most = 1024, signal }: LineBatchOptions,
): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  const iterator = input[Symbol.asyncIterator]();
  const stopped = new Promise<undefined>((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  for (;;) {
    const next = await Promise.race([iterator.next(), stopped]);
    const isEnd = next === undefined || next.done === true;
    rest += isEnd ? decoder.decode() : decoder.decode(next.value, { stream: true });
    const lines = rest.split("\n");
    rest = isEnd ? "" : lines.pop()!;
    if (rest.length > LONGEST_LINE) {
      throw new HypersphereError("unreadable-data", `${source}: a line has more than 16 MiB.`, {
        hint: "A stream has one JSON object per line.",
      });
    }
    const whole = lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
    for (let from = 0; from < whole.length; from += most) yield whole.slice(from, from + most);
    if (isEnd) return;
  }
}
