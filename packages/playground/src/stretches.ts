import type { TimelineView } from "./protocol.js";

/** Flagged steps that follow one another. */
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
  let open: { -readonly [K in keyof Stretch]: Stretch[K] } | undefined;
  for (const [at, row] of rows.entries()) {
    if (starts.has(at) || !flagged.has(row)) open = undefined;
    if (!flagged.has(row)) continue;
    if (open === undefined) {
      open = { first: row, last: row, peak: row, steps: 0 };
      found.push(open);
    }
    open.last = row;
    open.steps++;
    if (scores[row]! > scores[open.peak]!) open.peak = row;
  }
  return found.sort((a, b) => scores[b.peak]! - scores[a.peak]! || a.first - b.first);
}
