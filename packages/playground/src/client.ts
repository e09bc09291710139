/** The page's side of its worker. */
import type { Fault, FromWorker, Progress, Slot, TaskName, Tasks, ToWorker } from "./protocol.js";

/** How long a task may take to hear that it is to stop; then its thread is ended. */
const PATIENCE_MS = 1500;

export class Refused extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

interface Waiting {
  readonly task: TaskName;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Refused) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

const STOPPED: Fault = { code: "aborted", message: "Stopped.", hint: undefined };

export class Client {
  #worker: Worker | undefined;
  #next = 1;
  readonly #waiting = new Map<number, Waiting>();
  /** What was opened: a new worker opens it again. */
  readonly #opened = new Map<Slot, Tasks["open"]["given"]>();

  /** @throws Refused with what the library says */
  ask<T extends TaskName>(
    task: T,
    given: Tasks[T]["given"],
    onProgress?: (progress: Progress) => void,
  ): Promise<Tasks[T]["answer"]> {
    if (task === "open") {
      const opening = given as Tasks["open"]["given"];
      this.#opened.set(opening.slot, opening);
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#worker ??= this.#start(task);
      this.#waiting.set(id, { task, resolve, reject, onProgress });
      this.#worker.postMessage({ id, task, given } satisfies ToWorker);
    });
  }

  /** Stops what is being trained. A step that takes long and hears nothing is ended with its thread. */
  stop(): void {
    this.#worker?.postMessage({ stop: true } satisfies ToWorker);
    const stopped = [...this.#waiting].filter(([, { task }]) => task === "train").map(([id]) => id);
    setTimeout(() => {
      if (stopped.some((id) => this.#waiting.has(id))) this.#end(STOPPED);
    }, PATIENCE_MS);
  }

  /** A worker that has what was open in the one before it, where it is not asked to open something else. */
  #start(task: TaskName): Worker {
    const worker = new Worker(new URL("./worker/worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#heard(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end({
        code: "runtime",
        message: `The worker stopped: ${event.message || "it could not be loaded"}.`,
        hint: "Perhaps the data are more than this browser can hold. Try fewer rows or another detector.",
      });
    };
    if (task !== "open") {
      for (const given of this.#opened.values()) {
        worker.postMessage({ id: this.#next++, task: "open", given } satisfies ToWorker);
      }
    }
    return worker;
  }

  #end(fault: Fault): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Refused(fault));
  }

  #heard(message: FromWorker): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if ("progress" in message) {
      waiting.onProgress?.(message.progress);
      return;
    }
    this.#waiting.delete(message.id);
    if ("fault" in message) waiting.reject(new Refused(message.fault));
    else waiting.resolve(message.answer as never);
  }
}
