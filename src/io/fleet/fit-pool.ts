import { type ChildProcess, fork } from "node:child_process";
import { throwIfAborted } from "../../errors.js";
import type { FleetJob } from "../../fleet/plan-fleet.js";
import type { NodeBackendOptions } from "../../runtime/node/backend.js";
import { entryUrl } from "../../runtime/node/threads.js";
import { type FitAnswer, type FitSaying, READY } from "./protocol.js";

export interface PooledFit {
  job(): FleetJob;
  /** Seconds that the fit may take; longer ones are ended, and count as failed. */
  readonly seconds?: number | undefined;
  /** Hears the model, or why there is none. The next fit of this process begins when it is done. */
  done(answer: FitAnswer): Promise<void>;
}

export interface PoolOptions {
  /** Processes side by side. */
  readonly workers: number;
  readonly runtime: NonNullable<NodeBackendOptions["runtime"]>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fits models in processes side by side, each of which takes one model after the other. A fit that fails, or that ends its
 * process, is that model's failure; another process takes over.
 * @throws HypersphereError `aborted`; what `done` throws, after all processes were ended
 */
export async function fitInPool(
  fits: readonly PooledFit[],
  { workers, runtime, signal }: PoolOptions,
): Promise<void> {
  const running = new Set<FitProcess>();
  const stop = (): void => {
    for (const process of running) process.end();
  };
  signal?.addEventListener("abort", stop);
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    let process: FitProcess | undefined;
    try {
      while (next < fits.length && !failed) {
        throwIfAborted(signal);
        const fit = fits[next++]!;
        if (process === undefined || process.ended) {
          process = new FitProcess(runtime);
          running.add(process);
        }
        const answer = await process.ask(fit.job(), fit.seconds);
        // Its process was ended for reasons that are not its own.
        throwIfAborted(signal);
        if (process.ended) running.delete(process);
        if (!failed) await fit.done(answer);
      }
    } catch (error) {
      failed = true;
      stop();
      throw error;
    } finally {
      process?.end();
      if (process !== undefined) running.delete(process);
    }
  };
  const all = Array.from({ length: Math.min(workers, fits.length) }, work);
  try {
    await Promise.all(all);
  } finally {
    // A model that is being written must be on disk before this ends.
    await Promise.allSettled(all);
    signal?.removeEventListener("abort", stop);
  }
}

/** What a fit fails with that was ended by its limit. */
export const tookTooLong = (seconds: number): string => `It took longer than ${seconds} s.`;

/** Characters of what a process said last that are kept. */
const KEPT = 2000;

class FitProcess {
  readonly #child: ChildProcess;
  #complaint = "";
  #ended = false;
  #waiting: ((answer: FitAnswer) => void) | undefined;
  #limit: NodeJS.Timeout | undefined;
  readonly #ready: Promise<void>;

  constructor(runtime: string) {
    this.#child = fork(entryUrl("./fit-process.js", import.meta.url), [runtime], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
    });
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.#complaint = (this.#complaint + text.toString()).slice(-KEPT);
    });
    this.#ready = new Promise((resolve) => {
      this.#child.on("message", (said: FitSaying) => (said === READY ? resolve() : this.#answer(said)));
    });
    this.#child.on("error", (error) => this.#lost(error.message));
    this.#child.on("close", (code, killedBy) => {
      const [reason] = this.#complaint.trim().split("\n");
      const ending = killedBy === null ? `exit code ${code}` : String(killedBy);
      this.#lost(`The process ended with ${ending}${reason ? `: ${reason}` : ""}`);
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  ask(job: FleetJob, seconds: number | undefined): Promise<FitAnswer> {
    return new Promise<FitAnswer>((resolve) => {
      this.#waiting = resolve;
      // The start of the process is not the fit's.
      void this.#ready.then(() => this.#begin(seconds));
      this.#child.send(job, (error) => {
        if (error !== null) this.#lost(error.message);
      });
    });
  }

  #begin(seconds: number | undefined): void {
    if (seconds === undefined || this.#waiting === undefined) return;
    this.#limit = setTimeout(() => {
      this.#lost(tookTooLong(seconds));
      this.end();
    }, 1000 * seconds);
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  #lost(error: string): void {
    this.#ended = true;
    this.#answer({ error });
  }

  #answer(answer: FitAnswer): void {
    clearTimeout(this.#limit);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(answer);
  }
}
