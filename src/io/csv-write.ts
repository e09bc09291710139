import { once } from "node:events";
import { throwIfAborted } from "../errors.js";
import { type Cell, type CsvRowOptions, formatCsvRow } from "../formats/table/csv-row.js";
import { errno, writeError } from "./fs-errors.js";
import { type AtomicFile, openAtomicFile, type WriteOptions } from "./write-file.js";

export type CsvWriterOptions = WriteOptions & CsvRowOptions;

export interface CsvWriter {
  /**
   * Queues one row; wait for the promise before the next. Numbers are written in their shortest exact form, NaN, null and
   * undefined as empty cells.
   */
  writeRow(cells: readonly Cell[]): Promise<void>;
  /** Writes what is queued; a file gets its name only now. */
  close(): Promise<void>;
  /** Gives up: a file is not created. Does nothing after `close`. */
  discard(): Promise<void>;
  /** The reader of a pipe went away: rows are dropped from now on, and there is no use in computing more. */
  readonly readerGone: boolean;
}

interface Sink extends AtomicFile {
  readonly readerGone?: boolean;
}

const queuedCharacters = 1 << 16;

/**
 * Writes CSV row by row, in constant memory: to a file (which appears when complete, see `writeFileAtomic`), to a stream, or to
 * standard output ("-"). A reader that stops reading, as `head` does, is no error.
 * @throws HypersphereError `file-exists`, `io`, `aborted`
 */
export async function openCsvWriter(
  target: string | NodeJS.WritableStream,
  options: CsvWriterOptions = {},
): Promise<CsvWriter> {
  const { signal } = options;
  const sink: Sink =
    typeof target === "string" && target !== "-"
      ? await openAtomicFile(target, options)
      : streamSink(typeof target === "string" ? process.stdout : target);
  let queue = "";
  let length = 0;
  let done = false;
  const flush = async () => {
    const text = queue;
    queue = "";
    length = 0;
    if (text !== "") await sink.write(text);
  };
  return {
    get readerGone() {
      return sink.readerGone ?? false;
    },
    async writeRow(cells) {
      throwIfAborted(signal);
      const line = formatCsvRow(cells, options);
      queue += line;
      length += line.length;
      if (length >= queuedCharacters) await flush();
    },
    async close() {
      if (done) return;
      try {
        throwIfAborted(signal);
        await flush();
        await sink.commit();
      } catch (error) {
        await sink.discard();
        throw error;
      } finally {
        done = true;
      }
    },
    async discard() {
      if (done) return;
      done = true;
      await sink.discard();
    },
  };
}

/** The stream is left open: standard output is not ours to close, and a stream of the caller's is the caller's. */
function streamSink(stream: NodeJS.WritableStream): Sink {
  let failure: unknown;
  let readerGone = false;
  const onError = (error: unknown) => {
    if (errno(error) === "EPIPE" || errno(error) === "ERR_STREAM_DESTROYED") readerGone = true;
    else failure ??= error;
  };
  stream.on("error", onError);
  const check = () => {
    if (failure !== undefined) throw writeError(failure, "the output");
  };
  return {
    get readerGone() {
      return readerGone;
    },
    async write(text: string): Promise<void> {
      check();
      if (readerGone) return;
      if (!stream.write(text)) {
        // Whichever event does not come must not leave its listener behind.
        const waiting = new AbortController();
        const { signal } = waiting;
        await Promise.race([once(stream, "drain", { signal }), once(stream, "close", { signal })]).catch(
          onError,
        );
        waiting.abort();
      }
      check();
    },
    async commit(): Promise<void> {
      if (!readerGone) await new Promise<void>((resolve) => stream.write("", () => resolve()));
      // Errors are reported after the callback of the write that met them.
      await new Promise((resolve) => setImmediate(resolve));
      check();
    },
    async discard(): Promise<void> {},
  };
}
