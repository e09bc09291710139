import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { getHeapStatistics } from "node:v8";
import { throwIfAborted } from "../../errors.js";
import type { ParquetDecoder } from "../../formats/table/parquet/job.js";
import { entryUrl } from "../../runtime/node/threads.js";
import { zlibPages } from "../zlib-inflate.js";
import { DecoderThread, heapFor } from "./decoder-thread.js";

/** How long a thread waits for the next file: starting one costs as much as a small file. */
const IDLE_MS = 2000;

/**
 * Decodes each file in a thread of its own, at most as many at a time as there are cores. Threads start when one is needed.
 * @param entry what a thread begins with
 */
export function decoderThreads(entry: URL, most = availableParallelism()): ParquetDecoder {
  let busy = 0;
  const waiting: (() => void)[] = [];
  let idle: { readonly thread: DecoderThread; readonly timer: NodeJS.Timeout } | undefined;

  const turn = async (signal: AbortSignal | undefined): Promise<void> => {
    if (busy >= most) {
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => {
          waiting.splice(waiting.indexOf(go), 1);
          reject(signal!.reason);
        };
        const go = (): void => {
          signal?.removeEventListener("abort", abort);
          resolve();
        };
        waiting.push(go);
        signal?.addEventListener("abort", abort, { once: true });
      }).catch(() => throwIfAborted(signal));
    } else busy++;
  };

  const threadFor = (heap: number): DecoderThread => {
    if (idle === undefined) return new DecoderThread(entry, heap);
    const { thread, timer } = idle;
    idle = undefined;
    clearTimeout(timer);
    if (thread.heap === heap && !thread.ended) return thread;
    thread.end();
    return new DecoderThread(entry, heap);
  };

  const keep = (thread: DecoderThread): void => {
    if (thread.ended) return;
    if (idle !== undefined) {
      thread.end();
      return;
    }
    const timer = setTimeout(() => {
      idle = undefined;
      thread.end();
    }, IDLE_MS);
    timer.unref();
    idle = { thread, timer };
  };

  return async (data, job, control) => {
    throwIfAborted(control.signal);
    await turn(control.signal);
    try {
      const thread = threadFor(Math.min(getHeapStatistics().heap_size_limit, heapFor(data.size, job)));
      try {
        return await thread.decode(data, job, control);
      } finally {
        keep(thread);
      }
    } finally {
      const next = waiting.shift();
      if (next === undefined) busy--;
      else next();
    }
  };
}

let inThreads: ParquetDecoder | undefined;

/** A `ParquetDecoder` in a thread that can be ended; in this one only where a bundle lacks the file that decodes. */
export const decodeInThread: ParquetDecoder = async (data, job, control) => {
  const { url } = import.meta as { readonly url?: string };
  const entry = url === undefined ? undefined : entryUrl("./decoder.js", url);
  if (entry !== undefined && existsSync(entry)) {
    inThreads ??= decoderThreads(entry);
    return inThreads(data, job, control);
  }
  const { decodeParquet } = await import("../../formats/table/parquet-decode.js");
  const table = await decodeParquet(data, job, { ...control, pages: zlibPages });
  return { ...table, warnings: [...table.warnings, notEndable(job.source)] };
};

const notEndable = (source: string): string =>
  `${source} was decoded where nothing can end it, because hypersphere's file dist/io/parquet/decoder.js is not there. ` +
  "Leave hypersphere out of the bundle of your program (as external).";
