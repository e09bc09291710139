export interface Stopping {
  readonly signal: AbortSignal;
  /** Whether it was a signal that ended the run, for the exit code. */
  readonly stopped: () => boolean;
}

/**
 * Ctrl-C asks the command to stop where nothing is lost or left behind; a second Ctrl-C does not wait. SIGHUP is left
 * alone, because nohup has it ignored and a listener would undo that.
 */
export function listenForStop(onFirst: () => void): Stopping {
  const controller = new AbortController();
  const signals = ["SIGINT", "SIGTERM"] as const;
  const stop = (): void => {
    if (controller.signal.aborted) {
      // An orderly exit would wait for threads at work. The signal itself ends the process (130 to a shell).
      for (const name of signals) process.removeAllListeners(name);
      process.kill(process.pid, "SIGINT");
    }
    onFirst();
    controller.abort();
  };
  for (const name of signals) process.on(name, stop);
  return { signal: controller.signal, stopped: () => controller.signal.aborted };
}
