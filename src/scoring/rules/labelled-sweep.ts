/** What rules share that choose a threshold by trying all of them on labelled rows. */
import type { Sweep } from "../../metrics/ranking.js";
import type { Threshold } from "../conformal/calibration.js";

/**
 * Index of the distinct score down to which to flag; -1 for none. The last one is left out: down to the least score
 * means everything.
 */
export function best(s: Sweep, value: (hits: number, flagged: number) => number, ofNone = -Infinity): number {
  let at = -1;
  let top = ofNone;
  for (let i = 0; i < s.scores.length - 1; i++) {
    const v = value(s.hits[i]!, s.hits[i]! + s.falseAlarms[i]!);
    if (v > top) {
      top = v;
      at = i;
    }
  }
  return at;
}

export function supervised(
  s: Sweep,
  at: number,
  method: string,
  parameters: Record<string, number>,
): Threshold {
  const calibrationSize = s.anomalies + s.normals;
  const hits = at < 0 ? 0 : s.hits[at]!;
  const falseAlarms = at < 0 ? 0 : s.falseAlarms[at]!;
  const diagnostics: Record<string, number> = {
    anomalies: s.anomalies,
    recall: hits / s.anomalies,
    falseAlarmRate: falseAlarms / s.normals,
    f1: (2 * hits) / (hits + falseAlarms + s.anomalies),
  };
  const result: Threshold = {
    threshold: at < 0 ? s.scores[0]! : between(s.scores[at]!, s.scores[at + 1]!),
    method,
    parameters,
    calibrationSize,
    diagnostics,
  };
  if (s.scores.length === 1)
    result.note = "All scores are equal: nothing can be told apart, and nothing is flagged.";
  return result;
}

/** Half-way from `low` to `high`, yet below `high` even when they are neighbours in floating point. */
export function between(high: number, low: number): number {
  const middle = low + (high - low) / 2;
  return middle < high && Number.isFinite(middle) ? middle : low;
}
