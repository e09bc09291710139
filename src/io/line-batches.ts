import { HypersphereError } from "../errors.js";
import { concatBytes, startsWith } from "../formats/bytes.js";

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
 * answered line by line, and a fast one in large pieces. A byte order mark is taken off. Undefined stands for a line that is no UTF-8.
 * @throws HypersphereError `unreadable-data` for a line of more than 16 MiB
 */
export async function* lineBatches(
  input: AsyncIterable<Uint8Array>,
  { source, most = 1024, signal }: LineBatchOptions,
): AsyncGenerator<(string | undefined)[]> {
  let rest: Uint8Array[] = [];
  let started = false;
  const iterator = input[Symbol.asyncIterator]();
  const stopped = new Promise<undefined>((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  for (;;) {
    const next = await Promise.race([iterator.next(), stopped]);
    const isEnd = next === undefined || next.done === true;
    if (!isEnd) rest.push(next.value);
    const end = isEnd ? Number.POSITIVE_INFINITY : next.value.lastIndexOf(LINE_FEED);
    if (end < 0) {
      if (rest.reduce((size, { length }) => size + length, 0) <= LONGEST_LINE) continue;
      throw new HypersphereError("unreadable-data", `${source}: a line has more than 16 MiB.`, {
        hint: "A stream has one JSON object per line.",
      });
    }
    const last = rest.pop() ?? new Uint8Array(0);
    const bytes = concatBytes([...rest, last.subarray(0, end)]);
    rest = isEnd ? [] : [last.subarray(end + 1)];
    const lines = linesOf(!started && startsWith(bytes, MARK) ? bytes.subarray(MARK.length) : bytes);
    started = true;
    for (let from = 0; from < lines.length; from += most) yield lines.slice(from, from + most);
    if (isEnd) return;
  }
}

const LINE_FEED = 10;
const MARK = [0xef, 0xbb, 0xbf];
/** The mark is taken off before, and elsewhere is a character like others. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** All at once; one by one where some are no UTF-8. */
function linesOf(bytes: Uint8Array): (string | undefined)[] {
  const text = decoded(bytes);
  if (text !== undefined) return text.split("\n").map(withoutReturn);
  const lines: (string | undefined)[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, from);
    const end = found < 0 ? bytes.length : found;
    const line = decoded(bytes.subarray(from, end));
    lines.push(line === undefined ? undefined : withoutReturn(line));
    from = end + 1;
  }
  return lines;
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
