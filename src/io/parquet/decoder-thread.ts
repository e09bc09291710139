import { Worker } from "node:worker_threads";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import { inWords, stallLimit, unpackedLimit } from "../../formats/limits.js";
import type { RandomAccess } from "../../formats/opened.js";
import type { ParquetControl, ParquetJob, ParquetTable } from "../../formats/table/parquet/job.js";
import { describeError } from "../../runtime/node/passed-error.js";
import { Requests } from "../../runtime/node/requests.js";
import { inheritedOptions } from "../../runtime/node/threads.js";
import type { DecodeRequest, FromDecoder, SliceRequest } from "./protocol.js";

/** Looks at the decoder within its limit of time. Looks are counted: a caller that was busy itself had none. */
const LOOKS = 20;
/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** A thread that decodes Parquet files one after the other, and that nothing can keep from being ended. */
export class DecoderThread {
  /** Bytes of its heap beyond which it is ended; arrays and buffers are not in it. */
  readonly heap: number;
  readonly #worker: Worker;
  readonly #requests: Requests<DecodeRequest>;
  #file: { readonly data: RandomAccess; readonly control: ParquetControl; serving: number } | undefined;

  constructor(entry: URL, heap: number) {
    this.heap = heap;
    const worker = new Worker(entry, {
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heap / 2 ** 20) },
      ...inheritedOptions(),
    });
    this.#worker = worker;
    this.#requests = new Requests({
      post: (request, transfer) => worker.postMessage(request, transfer),
      // An idle thread does not keep the process alive.
      waiting: (awaited) => (awaited ? worker.ref() : worker.unref()),
    });
    worker.on("message", (message: FromDecoder) => this.#hear(message));
    worker.on("messageerror", (error) => this.end(ended(error.message, error)));
    worker.on("error", (error) => this.end(this.#failure(error)));
    worker.on("exit", (code) => this.end(ended(`it ended with ${code}`)));
    worker.unref();
  }

  get ended(): boolean {
    return this.#requests.ended;
  }

  /** One file at a time. @throws HypersphereError as `decodeParquet`, `unfit-data` for a decoder that gets no further */
  async decode(data: RandomAccess, job: ParquetJob, control: ParquetControl): Promise<ParquetTable> {
    const { signal } = control;
    const steps = new Int32Array(new SharedArrayBuffer(4));
    const stop = (): void => {
      try {
        throwIfAborted(signal);
      } catch (error) {
        this.end(error as HypersphereError);
      }
    };
    const unwatch = this.#watch(steps, job);
    this.#file = { data, control, serving: 0 };
    signal?.addEventListener("abort", stop);
    stop();
    try {
      const wantsProgress = control.onProgress !== undefined;
      const table = await this.#requests.request({ job, size: data.size, steps, wantsProgress });
      return table as ParquetTable;
    } finally {
      unwatch();
      signal?.removeEventListener("abort", stop);
      this.#file = undefined;
    }
  }

  /** Ends the thread at once, whatever it is at. */
  end(reason = ended("it was closed")): void {
    this.#requests.end(reason);
    void this.#worker.terminate();
  }

  /** Ends the thread when its steps stand still. @returns a function that stops watching */
  #watch(steps: Int32Array, job: ParquetJob): () => void {
    const seconds = stallLimit(job);
    if (seconds === Number.POSITIVE_INFINITY) return () => {};
    let seen = 0;
    let still = 0;
    const look = (): void => {
      const now = Atomics.load(steps, 0);
      const getsOn = now !== seen || this.#file?.serving !== 0;
      still = getsOn ? 0 : still + 1;
      seen = now;
      if (still >= LOOKS) this.end(stalled(job.source, seconds));
    };
    const timer = setInterval(look, Math.min(LONGEST_MS, (seconds * 1000) / LOOKS));
    return () => clearInterval(timer);
  }

  #hear(message: FromDecoder): void {
    if ("progress" in message) this.#report(message.progress);
    else if ("from" in message) void this.#serve(message);
    else this.#requests.settle(message);
  }

  /** What a caller's function fails with ends the reading, as it would without a thread. */
  #report(progress: Extract<FromDecoder, { progress: unknown }>["progress"]): void {
    try {
      this.#file?.control.onProgress?.(progress);
    } catch (error) {
      this.end(error as HypersphereError);
    }
  }

  async #serve({ id, from, to }: SliceRequest & { readonly id: number }): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    file.serving++;
    try {
      const part = await file.data.slice(from, to);
      // A message would take along, and a move would take away, all of a larger buffer.
      const result = file.data.givesBuffers ? part : new Uint8Array(part);
      this.#worker.postMessage({ id, result }, [result.buffer as ArrayBuffer]);
    } catch (error) {
      this.#worker.postMessage({ id, error: describeError(error) });
    } finally {
      file.serving--;
    }
  }

  #failure(error: Error): HypersphereError {
    const { source = "The file" } = this.#file?.data ?? {};
    if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY")
      return ended(error.message, error);
    return new HypersphereError(
      "unfit-data",
      `${source}: decoding it took more than ${inWords(this.heap)} of memory, and was stopped.`,
      {
        hint: 'Read fewer columns. If you trust the data, option "maxUnpacked" raises the limit up to the heap of the process (node --max-old-space-size).',
        details: { option: "maxUnpacked", source },
        cause: error,
      },
    );
  }
}

/** Bytes of heap for a file: texts take several times the memory that they have in the file. */
export const heapFor = (size: number, job: ParquetJob): number =>
  Math.max(LEAST_HEAP, HEAP_RATIO * unpackedLimit(size, job));
const LEAST_HEAP = 2 ** 31;
const HEAP_RATIO = 8;

const ended = (what: string, cause?: unknown): HypersphereError =>
  new HypersphereError("internal", `The thread that decodes Parquet failed: ${what}.`, { cause });

const stalled = (source: string, seconds: number): HypersphereError =>
  new HypersphereError(
    "unfit-data",
    `${source}: the decoder of Parquet made no progress for ${seconds} s, and was stopped.`,
    {
      hint: `The file may be made to never end. If you trust it and its pages are very large, option "maxStall" ${Math.ceil(seconds * 10)} waits longer.`,
      details: { option: "maxStall", value: seconds, source },
    },
  );
