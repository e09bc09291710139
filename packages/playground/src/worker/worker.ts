/** The thread in which data are read, models trained and rows scored: the page stays free. */
import { HypersphereError } from "hypersphere/web";
import type { Fault, FromWorker, ToWorker } from "../protocol.js";
import { type Control, handlers } from "./tasks.js";

const stops = new Set<AbortController>();
/** One task after the other; a stop reaches those that wait, too. */
let turn: Promise<void> = Promise.resolve();

const answer = (message: FromWorker): void => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if ("stop" in data) {
    for (const stop of stops) stop.abort();
    return;
  }
  const { id, task, given } = data;
  const stop = new AbortController();
  stops.add(stop);
  const control: Control = {
    signal: stop.signal,
    onProgress: (progress) => answer({ id, progress }),
  };
  const run = handlers[task] as (given: unknown, control: Control) => Promise<unknown>;
  turn = turn
    .then(() => run(given, control))
    .then(
      (result) => answer({ id, answer: result }),
      (error: unknown) => answer({ id, fault: faultOf(error) }),
    )
    .finally(() => stops.delete(stop));
};

function faultOf(error: unknown): Fault {
  if (error instanceof HypersphereError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: "unexpected",
    message: error instanceof Error ? error.message : String(error),
    hint: undefined,
  };
}
