import type { ChildProcess } from "node:child_process";
import { throwIfAborted } from "../../errors.js";
import { type Measurement, pointOf, type TunePlan, type TuneTrial } from "../../evaluate/tune/index.js";
import { askProcess } from "../ask-process.js";
import type { TrialRequest } from "./trial-request.js";
import type { TuneFlags } from "./tune-flags.js";

/** Measures settings in processes of their own, which end when the signal fires. */
export function workers(plan: TunePlan, path: string, flags: TuneFlags, signal: AbortSignal) {
  const running = new Set<ChildProcess>();
  const stop = (): void => {
    for (const child of running) child.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop);
  const { timeout, jobs, runtime = "auto" } = flags;
  const measure = async (
    trial: Pick<TuneTrial, "point" | "share">,
    repeats: readonly number[],
  ): Promise<Measurement | { readonly error: string }> => {
    throwIfAborted(signal);
    const request: TrialRequest = {
      ...{ detector: plan.entry.name, given: plan.given, objective: plan.objective },
      ...{ maxTrain: plan.maxTrain, point: pointOf(plan, trial), repeats, path, reading: flags, runtime },
      // Processes side by side would take the cores from one another.
      cores: jobs > 1 ? 1 : undefined,
    };
    const found = await askProcess<Measurement | { readonly error: string }>(
      new URL("./worker.js", import.meta.url),
      request,
      { timeout, running },
    );
    // Its process was killed for reasons that are not its own.
    throwIfAborted(signal);
    return "answer" in found ? found.answer : found;
  };
  return { measure, stop };
}
