import { HypersphereError } from "../../errors.js";
import { argsort, refuseNaN } from "../../math/sort.js";
import type { Labels } from "../labels.js";
import type { SeriesSet } from "./series.js";

export interface PointScores {
  /** One per row of the table that the series was made from, in its order; NaN where no window covers the row. */
  readonly scores: Float64Array<ArrayBuffer>;
  /** Rows that no window covers. */
  readonly uncovered: number;
}

/**
 * Scores of time steps from scores of windows: the mean or the maximum over the windows that cover a step, for the first
 * steps as for all others. A row that a regular grid moved has the score of its step. Linear in steps and windows.
 * @param windowScores one per window of `series`
 * @throws HypersphereError `unfit-data` for another number of scores, or one that is NaN
 */
export function pointScores(
  series: SeriesSet,
  windowScores: ArrayLike<number>,
  { combine = "mean" }: { readonly combine?: "mean" | "max" | undefined } = {},
): PointScores {
  checkLength(windowScores.length, series.rowCount, "scores", "windows", series.source);
  refuseNaN(windowScores, "pointScores");
  const steps = stepScores(series, windowScores, combine);
  const { rowSteps } = series;
  const scores = rowSteps === undefined ? steps : Float64Array.from(rowSteps, (step) => steps[step]!);
  return { scores, uncovered: scores.reduce((count, score) => count + (Number.isNaN(score) ? 1 : 0), 0) };
}

/**
 * The windows over a step are neighbours once sorted by their starts, and both ends of their range only move forward. A
 * queue made of two stacks adds them up without subtracting: after one enormous score, running sums would lose the
 * digits of all later scores.
 */
function stepScores(
  { starts, rowCount, layout, steps }: SeriesSet,
  scores: ArrayLike<number>,
  combine: "mean" | "max",
): Float64Array<ArrayBuffer> {
  const add = combine === "mean" ? (a: number, b: number) => a + b : Math.max;
  const nothing = combine === "mean" ? 0 : Number.NEGATIVE_INFINITY;
  const sorted = starts.every((start, row) => row === 0 || start >= starts[row - 1]!);
  const order = sorted ? undefined : argsort(starts, "starts");
  const place = (k: number): number => (order === undefined ? k : order[k]!);
  const result = new Float64Array(steps.rowCount);
  // The range is [from, to); `front` holds what lies in [from, middle) from each place on, `back` what lies in [middle, to).
  const front = new Float64Array(rowCount);
  let [from, middle, to, back] = [0, 0, 0, nothing];
  for (let step = 0; step < result.length; step++) {
    while (to < rowCount && starts[place(to)]! <= step) back = add(back, scores[place(to++)]!);
    while (from < to && starts[place(from)]! + layout.window <= step) {
      if (from++ < middle) continue;
      // The front is used up: what is in the back becomes the front.
      let sum = nothing;
      for (let k = to - 1; k >= from; k--) {
        sum = add(scores[place(k)]!, sum);
        front[k] = sum;
      }
      middle = to;
      back = nothing;
    }
    if (from === to) result[step] = Number.NaN;
    else {
      const all = from < middle ? add(front[from]!, back) : back;
      result[step] = combine === "mean" ? all / (to - from) : all;
    }
  }
  return result;
}

/**
 * A label for each window from those of the rows: an anomaly (1) if any of its steps is one, otherwise unlabelled (-1)
 * if any is, otherwise normal (0). On a regular grid a step has the labels of the rows that lead to it, and one without rows
 * that of the step before.
 * @param rowLabels one per row of the table that the series was made from
 * @throws HypersphereError `unfit-data` for another number of labels
 */
export function windowLabels(series: SeriesSet, rowLabels: ArrayLike<number>): Labels {
  const labels = stepLabels(series, rowLabels);
  const anomalies = runningCounts(labels, 1);
  const unknown = runningCounts(labels, -1);
  return Int8Array.from(series.starts, (start) => {
    const end = start + series.layout.window;
    if (anomalies[end]! > anomalies[start]!) return 1;
    return unknown[end]! > unknown[start]! ? -1 : 0;
  });
}

function stepLabels({ rowSteps, steps, source }: SeriesSet, rowLabels: ArrayLike<number>): ArrayLike<number> {
  checkLength(rowLabels.length, rowSteps?.length ?? steps.rowCount, "labels", "rows", source);
  if (rowSteps === undefined) return rowLabels;
  const none = -2;
  const labels = new Int8Array(steps.rowCount).fill(none);
  const weight = (label: number): number => (label === 1 ? 2 : label === -1 ? 1 : label);
  rowSteps.forEach((step, row) => {
    if (weight(rowLabels[row]!) > weight(labels[step]!)) labels[step] = rowLabels[row]!;
  });
  // The first step of every segment is a row's, so that this never reaches across a gap.
  for (let step = 1; step < labels.length; step++)
    if (labels[step] === none) labels[step] = labels[step - 1]!;
  return labels;
}

function runningCounts(labels: ArrayLike<number>, wanted: number): Uint32Array {
  const counts = new Uint32Array(labels.length + 1);
  for (let step = 0; step < labels.length; step++)
    counts[step + 1] = counts[step]! + (labels[step] === wanted ? 1 : 0);
  return counts;
}

function checkLength(found: number, expected: number, what: string, each: string, source: string): void {
  if (found === expected) return;
  throw new HypersphereError("unfit-data", `${source}: ${found} ${what} were given for ${expected} ${each}.`);
}
