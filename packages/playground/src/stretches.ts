import { StretchTracker } from "hypersphere/web";
import type { TimelineView } from "./protocol.js";

/** Flagged steps that follow one another, by the rows that show them. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
  /** The row with the highest score, which stands for the stretch. */
  readonly peak: number;
  readonly steps: number;
}

/** @returns the stretches, worst first */
export function stretchesOf(
  { rows, breaks }: TimelineView,
  scores: Float32Array,
  flagged: ReadonlySet<number>,
): Stretch[] {
  const found: Stretch[] = [];
  const starts = new Set(breaks);
  const tracker = new StretchTracker();
  const take = (events: ReturnType<StretchTracker["end"]>): void => {
    for (const { kind, stretch } of events) {
      if (kind === "opened") continue;
      const { from, to, peakAt, flagged: steps } = stretch;
      found.push({ first: rows[from]!, last: rows[to]!, peak: rows[peakAt]!, steps });
    }
  };
  for (const [at, row] of rows.entries()) {
    if (starts.has(at)) take(tracker.end());
    // Nothing here asks for p-values.
    take(tracker.add({ step: at, score: scores[row]!, pValue: Number.NaN, isAnomaly: flagged.has(row) }));
  }
  take(tracker.end());
  return found.sort((a, b) => scores[b.peak]! - scores[a.peak]! || a.first - b.first);
}
