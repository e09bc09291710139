import type { SearchPoint } from "./space.js";

/** What was tried, and how good it was. */
export interface Trial {
  readonly point: SearchPoint;
  /** Higher is better; absent for a trial that failed, which counts as worse than all others. */
  readonly value?: number | undefined;
}

/**
 * Says what to try next. It remembers nothing: what it says follows from its seed, the trials and their number, so that a
 * search goes on after an interruption as it would have without.
 */
export type Sampler = (trials: readonly Trial[]) => SearchPoint;

/** Positions of the trials, best first; of equals the earlier one. */
export function bestFirst(trials: readonly Trial[]): number[] {
  const worth = (k: number): number => trials[k]!.value ?? Number.NEGATIVE_INFINITY;
  return [...trials.keys()].sort((a, b) => (worth(a) === worth(b) ? a - b : worth(b) > worth(a) ? 1 : -1));
}
