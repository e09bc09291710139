/** Quality of decisions, after a threshold was set. Decision 1 (or true) means flagged as an anomaly. */
import { HypersphereError } from "../errors.js";
import { refuseNaN } from "../math/sort.js";
import { countLabels, type Labels } from "./labels.js";

export interface Confusion {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  trueNegatives: number;
}

/**
 * @param labels [n] 0/1
 * @param decisions [n] 0/1
 * @throws unfit-data when the lengths differ or an entry is neither 0 nor 1 (scores passed for decisions, say)
 */
export function confusion(labels: Labels, decisions: Labels): Confusion {
  if (labels.length !== decisions.length) {
    throw new HypersphereError(
      "unfit-data",
      `confusion: ${labels.length} labels for ${decisions.length} decisions.`,
    );
  }
  const y = countLabels(labels, "confusion");
  const flagged = countLabels(decisions, "confusion, decisions");
  let truePositives = 0;
  for (let i = 0; i < y.labels.length; i++) truePositives += y.labels[i]! & flagged.labels[i]!;
  const falsePositives = flagged.anomalies - truePositives;
  return {
    truePositives,
    falsePositives,
    falseNegatives: y.anomalies - truePositives,
    trueNegatives: y.normals - falsePositives,
  };
}

/** 1 where score > threshold, else 0. @throws unfit-data on a NaN score, invalid-option on a NaN threshold */
export function decide(scores: ArrayLike<number>, threshold: number): Uint8Array<ArrayBuffer> {
  if (Number.isNaN(threshold)) {
    throw new HypersphereError("invalid-option", "decide: the threshold is not a number (NaN).");
  }
  refuseNaN(scores, "decide: scores");
  return Uint8Array.from(scores, (score) => (score > threshold ? 1 : 0));
}

/** TP / (TP + FP); NaN when nothing was flagged, since precision is then undefined. */
export function precision(c: Confusion): number {
  return c.truePositives / (c.truePositives + c.falsePositives);
}

/** TP / (TP + FN), the true positive rate; NaN without anomalies. */
export function recall(c: Confusion): number {
  return c.truePositives / (c.truePositives + c.falseNegatives);
}

/** FP / (FP + TN), the share of normals that were flagged; NaN without normals. */
export function falseAlarmRate(c: Confusion): number {
  return c.falsePositives / (c.falsePositives + c.trueNegatives);
}

/** 2 TP / (2 TP + FP + FN), in [0, 1]; NaN when there are neither anomalies nor flags. */
export function f1(c: Confusion): number {
  return (2 * c.truePositives) / (2 * c.truePositives + c.falsePositives + c.falseNegatives);
}

/**
 * Matthews' correlation coefficient in [-1, 1]; 0 when a row or column of the table is empty, its limit there
 * (Chicco and Jurman 2020) and scikit-learn's convention.
 */
export function mcc(c: Confusion): number {
  const { truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn } = c;
  // Roots before products: with millions of rows the product of four sums leaves the exact range of doubles.
  const scale = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
  return scale === 0 ? 0 : Math.max(-1, Math.min(1, (tp * tn - fp * fn) / scale));
}

/** Mean of recall on anomalies and recall on normals, in [0, 1]; NaN unless both classes are there. */
export function balancedAccuracy(c: Confusion): number {
  return (recall(c) + 1 - falseAlarmRate(c)) / 2;
}
