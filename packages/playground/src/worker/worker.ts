/** The thread in which data are read, models trained and rows scored: the page stays free. */
import { HypersphereError } from "hypersphere/web";
import type { Fault, FromWorker, ToWorker } from "../protocol.js";
import { type Control, handlers } from "./tasks.js";

/** A page has nothing from hearing more often how far a task is, and each time costs it a frame's work. */
const PROGRESS_MS = 100;

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
    onProgress: spared((progress) => answer({ id, progress })),
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

/** Each stage at once; of what follows in it, one every so often. */
function spared(tell: Control["onProgress"]): Control["onProgress"] {
  let [stage, toldAt] = ["", 0];
  return (progress) => {
    const now = performance.now();
    if (progress.stage === stage && now - toldAt < PROGRESS_MS) return;
    [stage, toldAt] = [progress.stage, now];
    tell(progress);
  };
}

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
