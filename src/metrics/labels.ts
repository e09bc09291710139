/** What every metric requires of its input, checked in one place. Label 1 (or true) is an anomaly, 0 (or false) normal. */
import { HypersphereError } from "../errors.js";
import { refuseNaN } from "../math/sort.js";

/** One 0/1 or false/true per row. */
export type Labels = ArrayLike<number> | ArrayLike<boolean>;

export interface Counted {
  /** 1 for anomalies, 0 for normals, [n]. */
  labels: Uint8Array<ArrayBuffer>;
  anomalies: number;
  normals: number;
}

/** @throws unfit-data when a label is neither 0/false nor 1/true */
export function countLabels(labels: Labels, what: string): Counted {
  const n = labels.length;
  const result = new Uint8Array(n);
  let anomalies = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    if (label === 1 || label === true) {
      result[i] = 1;
      anomalies++;
    } else if (label !== 0 && label !== false) {
      throw new HypersphereError("unfit-data", `${what}: label ${i} is ${label}, expected 0 or 1.`, {
        hint: "Map the labels first: 1 for an anomaly, 0 for a normal row.",
      });
    }
  }
  return { labels: result, anomalies, normals: n - anomalies };
}

/**
 * Labels and scores fit for a ranking metric.
 * @throws unfit-data when the lengths differ, a score is NaN, or one of the two classes is missing. A NaN is refused
 * and never ranked somewhere: an evaluation that maps NaN to a number reports 0.5 for a broken model.
 */
export function checkRanking(labels: Labels, scores: ArrayLike<number>, what: string): Counted {
  if (labels.length !== scores.length) {
    throw new HypersphereError("unfit-data", `${what}: ${labels.length} labels for ${scores.length} scores.`);
  }
  refuseNaN(scores, `${what}: scores`);
  const counted = countLabels(labels, what);
  if (counted.anomalies === 0 || counted.normals === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${what}: needs both classes, but there are ${counted.anomalies} anomalies and ${counted.normals} normals.`,
      { hint: "A single class has no ranking to evaluate; use false alarms or hits instead." },
    );
  }
  return counted;
}

/** @throws invalid-option unless lo <= value <= hi */
export function checkRange(value: number, lo: number, hi: number, what: string): void {
  if (!(value >= lo && value <= hi)) {
    throw new HypersphereError(
      "invalid-option",
      `${what} is ${value}, expected a number from ${lo} to ${hi}.`,
    );
  }
}
