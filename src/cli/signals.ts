import { EXIT } from "./exit-codes.js";

export interface Stopping {
  readonly signal: AbortSignal;
  /** Whether it was a signal that ended the run, for the exit code. */
  readonly stopped: () => boolean;
  release(): void;
}

/**
 * Ctrl-C asks the command to stop where nothing is lost or left behind; a second Ctrl-C does not wait. SIGHUP is left
 * alone, because nohup has it ignored and a listener would undo that.
 */
export function listenForStop(onFirst: () => void): Stopping {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.stopped);
    onFirst();
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    stopped: () => controller.signal.aborted,
    release: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
