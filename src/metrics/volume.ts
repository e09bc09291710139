/** How well scores of a time series detect anomalous stretches: volumes under range-aware ROC and PR surfaces. */
import { HypersphereError } from "../errors.js";
import { argsort } from "../math/sort.js";
import { checkRange, checkRanking, type Labels } from "./labels.js";
import { type Range, rangesOf } from "./ranges.js";

export interface VolumeUnderSurface {
  /** VUS-ROC, in [0, 1]; about 0.5 by chance. */
  readonly roc: number;
  /** VUS-PR, in [0, 1]; about the share of anomalous points by chance. */
  readonly pr: number;
}

export interface VolumeOptions {
  /**
   * Thresholds that are taken, at evenly spaced ranks of the scores; default every distinct score. The authors' code takes
   * 250, which is the same for up to 250 points.
   */
  readonly thresholds?: number | undefined;
}

/**
 * VUS-ROC and VUS-PR (Paparrizos et al., VLDB 2022): ROC and PR areas whose labels reach beyond both ends of every
 * anomaly with falling weight, so that an alarm some points early or late counts in part; whose recall is multiplied
 * with the share of anomalies that were hit at all; averaged over buffers of 0 to `maxBuffer` points, so that no
 * width has to be chosen. No threshold is involved, and there is no point adjustment, which calls a whole anomaly found
 * when a single one of its points is, and so lets random scores win.
 *
 * As TSB-AD computes it: the number of anomalous points, by which recall is divided, grows by half of what is flagged in
 * buffers, and the area under precision is a sum of steps.
 *
 * @param labels [n] 0/1 in order of time, one series at equal steps
 * @param scores [n], higher is more abnormal
 * @param maxBuffer points, from 0 up to n; half of it on either side. The usual choice is the length of a period, or
 *   of an anomaly
 * @throws invalid-option on maxBuffer; unfit-data on NaN, a missing class, other labels, or differing lengths
 */
export function volumeUnderSurface(
  labels: Labels,
  scores: ArrayLike<number>,
  maxBuffer: number,
  { thresholds }: VolumeOptions = {},
): VolumeUnderSurface {
  const { labels: y, anomalies } = checkRanking(labels, scores, "volumeUnderSurface");
  checkRange(maxBuffer, 0, y.length, "volumeUnderSurface: maxBuffer");
  const order = argsort(scores, "volumeUnderSurface").reverse();
  const taken = thresholds === undefined ? undefined : ranksTaken(y.length, thresholds);
  const segments = rangesOf(y);
  let roc = 0;
  let pr = 0;
  const buffers = Math.floor(maxBuffer) + 1;
  for (let buffer = 0; buffer < buffers; buffer++) {
    const area = rangeAreas(y, anomalies, scores, order, segments, buffer, taken);
    roc += area.roc / buffers;
    pr += area.pr / buffers;
  }
  return { roc, pr };
}

/** [n] 1 at the ranks whose scores are thresholds. @throws invalid-option for fewer than 2 */
function ranksTaken(n: number, thresholds: number): Uint8Array {
  if (!Number.isSafeInteger(thresholds) || thresholds < 2) {
    throw new HypersphereError(
      "invalid-option",
      `volumeUnderSurface: thresholds is ${thresholds}, expected a whole number from 2 on.`,
    );
  }
  const taken = new Uint8Array(n);
  const step = (n - 1) / (thresholds - 1);
  for (let k = 0; k < thresholds - 1; k++) taken[Math.floor(k * step)] = 1;
  taken[n - 1] = 1;
  return taken;
}

/** Labels that fade out over half a buffer before and after every segment, as sqrt(1 - distance / buffer). */
function softLabels(y: Uint8Array, segments: readonly Range[], buffer: number): Float64Array {
  const soft = Float64Array.from(y);
  const half = Math.floor(buffer / 2);
  const raise = (point: number, distance: number): void => {
    if (point >= 0 && point < soft.length) soft[point]! += Math.sqrt(1 - distance / buffer);
  };
  for (const { from, to } of segments) {
    for (let distance = 1; distance <= half; distance++) {
      raise(from - distance, distance);
      raise(to + distance, distance);
    }
  }
  return soft.map((label) => Math.min(1, label));
}

/** Segments with their buffers; those whose buffers overlap are one. */
function widened(segments: readonly Range[], buffer: number, length: number): Range[] {
  const half = Math.floor(buffer / 2);
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of segments) {
    const last = merged.at(-1);
    const wide = { from: Math.max(0, from - half), to: Math.min(length - 1, to + half) };
    if (last !== undefined && last.to >= from - half) last.to = wide.to;
    else merged.push(wide);
  }
  return merged;
}

function rangeAreas(
  y: Uint8Array,
  anomalies: number,
  scores: ArrayLike<number>,
  order: ArrayLike<number>,
  segments: readonly Range[],
  buffer: number,
  taken: Uint8Array | undefined,
): VolumeUnderSurface {
  const soft = softLabels(y, segments, buffer);
  const ranges = widened(segments, buffer, y.length);
  const rangeOf = new Int32Array(y.length).fill(-1);
  ranges.forEach(({ from, to }, k) => rangeOf.fill(k, from, to + 1));
  const hit = new Uint8Array(ranges.length);
  let hits = 0;
  let found = 0;
  // Of what is found, that in buffers.
  let around = 0;
  let wanted = taken === undefined;
  let last = { tpr: 0, fpr: 0 };
  let roc = 0;
  let pr = 0;
  for (let flagged = 1; flagged <= y.length; flagged++) {
    const point = order[flagged - 1]!;
    found += soft[point]!;
    if (y[point] === 0) around += soft[point]!;
    if (taken?.[flagged - 1] === 1) wanted = true;
    const range = rangeOf[point]!;
    if (range >= 0 && hit[range] === 0) {
      hit[range] = 1;
      hits++;
    }
    // Tied points are flagged together.
    if (flagged < y.length && scores[order[flagged]!] === scores[point]) continue;
    if (!wanted) continue;
    wanted = taken === undefined;
    // Halfway between the anomalies and those with the buffers that are flagged: an alarm there is no duty, but no fault.
    const positives = anomalies + around / 2;
    const next = {
      tpr: Math.min(1, found / positives) * (hits / ranges.length),
      fpr: (flagged - found) / (y.length - positives),
    };
    roc += ((next.fpr - last.fpr) * (next.tpr + last.tpr)) / 2;
    pr += ((next.tpr - last.tpr) * found) / flagged;
    last = next;
  }
  // With everything flagged the soft labels leave the curve short of the corner.
  return { roc: roc + ((1 - last.fpr) * (1 + last.tpr)) / 2, pr };
}
