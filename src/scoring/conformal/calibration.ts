/** What all threshold rules share: their result and the checks on calibration scores. */
import { HypersphereError } from "../../errors.js";
import { sortedCopy } from "../../math/sort.js";

/**
 * A threshold and how it came about. A row is flagged when score > threshold, strictly: rows tied with the threshold
 * are not flagged, so that no rule can flag the whole of its calibration scores.
 */
export interface Threshold {
  threshold: number;
  /** Name of the rule, see rules/. */
  method: string;
  /** The options it was made with, plain values fit for JSON. */
  parameters: Record<string, number>;
  /** Number of calibration scores. */
  calibrationSize: number;
  /**
   * Chance that a further normal row is flagged, in [0, 1]; given only by rules that saw normals alone. It is
   * (1 + #{calibration > threshold}) / (n + 1): for a threshold that is an order statistic of exchangeable scores
   * this is exact without ties and an upper bound with them, for other rules an estimate that errs on the safe side.
   */
  expectedFalseAlarmRate?: number;
  /** Figures of the fit: recall at the threshold, shape of the tail, and the like. */
  diagnostics?: Record<string, number>;
  /** Full sentence on what the reader should know, when something went another way than asked. */
  note?: string;
}

/** @throws unfit-data when there are fewer than `least` scores, or one is not finite */
export function checkScores(scores: ArrayLike<number>, method: string, least = 1): Float64Array<ArrayBuffer> {
  if (scores.length < least) {
    throw new HypersphereError(
      "unfit-data",
      `${method}: ${scores.length} calibration scores are too few, expected at least ${least}.`,
      { hint: "Hold out more normal rows for calibration." },
    );
  }
  const sorted = sortedCopy(scores, `${method}: calibration scores`);
  for (const end of [sorted[0]!, sorted[sorted.length - 1]!]) {
    if (!Number.isFinite(end)) {
      throw new HypersphereError("unfit-data", `${method}: a calibration score is ${end}.`);
    }
  }
  return sorted;
}

/** @throws invalid-option unless lo < value < hi, with the ends themselves allowed where `ends` says so */
export function checkOption(
  value: number,
  lo: number,
  hi: number,
  what: string,
  ends: "open" | "closed" = "closed",
): void {
  const inside = ends === "closed" ? value >= lo && value <= hi : value > lo && value < hi;
  if (!inside) {
    const range = ends === "closed" ? `from ${lo} to ${hi}` : `above ${lo} and below ${hi}`;
    throw new HypersphereError("invalid-option", `${what} is ${value}, expected a number ${range}.`);
  }
}

/** How many of the ascending `sorted` are greater than `value`. */
export function countAbove(sorted: ArrayLike<number>, value: number): number {
  let lo = 0;
  let hi = sorted.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (sorted[middle]! > value) hi = middle;
    else lo = middle + 1;
  }
  return sorted.length - lo;
}

/** How many of the ascending `sorted` are at least `value`. */
export function countAtLeast(sorted: ArrayLike<number>, value: number): number {
  let lo = 0;
  let hi = sorted.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (sorted[middle]! >= value) hi = middle;
    else lo = middle + 1;
  }
  return sorted.length - lo;
}

/** Scores are float32, and so is what they are compared with. @throws HypersphereError `invalid-option` for what is none */
export function requireThreshold(threshold: number): void {
  if (typeof threshold === "number" && Number.isFinite(Math.fround(threshold))) return;
  throw new HypersphereError(
    "invalid-option",
    `threshold is ${threshold}, expected a finite number, at most 3.4e38 away from 0.`,
  );
}

/**
 * Finishes a rule on normal scores: adds the expected false-alarm rate, and raises a threshold that rounding put
 * below the least calibration score back to it.
 */
export function normalThreshold(
  sorted: Float64Array,
  threshold: number,
  method: string,
  parameters: Record<string, number>,
  extra: Pick<Threshold, "diagnostics" | "note"> = {},
): Threshold {
  const safe = Math.max(threshold, sorted[0]!);
  if (!Number.isFinite(Math.fround(safe))) {
    throw new HypersphereError(
      "unfit-data",
      `${method}: the threshold came out as ${safe}, above every score that can be: the scores or the rule's numbers are too large.`,
    );
  }
  return {
    threshold: safe,
    method,
    parameters,
    calibrationSize: sorted.length,
    expectedFalseAlarmRate: (1 + countAbove(sorted, safe)) / (sorted.length + 1),
    ...extra,
  };
}
