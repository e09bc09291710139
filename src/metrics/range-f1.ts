import { HypersphereError } from "../errors.js";
import { countLabels, type Labels } from "./labels.js";
import { type Range, rangesOf } from "./ranges.js";

/** Of the recall of a range, this share is for having met it at all. */
const EXISTENCE = 0.2;

export interface RangeF1 {
  /** Harmonic mean of both; 0 where both are 0. */
  readonly f1: number;
  /** Mean over flagged ranges of the share that is anomalous, divided by the number of anomalies that it touches. */
  readonly precision: number;
  /** Mean over anomalies of 0.2 for being met, and 0.8 times the share that is flagged over the number of alarms in it. */
  readonly recall: number;
}

/**
 * F1 of ranges instead of points (Tatbul et al., NeurIPS 2018), with the settings of TSB-AD: every place in a range counts alike, and
 * recall gives 0.2 for meeting an anomaly at all. Without point adjustment. Where everything is flagged, or everything is an
 * anomaly, there is one range; the authors' code then sees none.
 *
 * @param labels [n] 0/1 in order of time
 * @param flags [n] 0/1 decisions
 * @throws unfit-data for other values, and differing lengths
 */
export function rangeF1(labels: Labels, flags: Labels): RangeF1 {
  const [{ labels: y }, { labels: decided }] = [
    countLabels(labels, "rangeF1"),
    countLabels(flags, "rangeF1: flags"),
  ];
  if (y.length !== decided.length) {
    throw new HypersphereError("unfit-data", `rangeF1: ${y.length} labels for ${decided.length} flags.`);
  }
  const [anomalies, alarms] = [rangesOf(y), rangesOf(decided)];
  const recall = meanOverlap(anomalies, alarms, decided, EXISTENCE);
  const precision = meanOverlap(alarms, anomalies, y, 0);
  const f1 = recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
  return { f1, precision, recall };
}

/** @param marks 1 where any of `others` is */
function meanOverlap(
  ranges: readonly Range[],
  others: readonly Range[],
  marks: Uint8Array,
  existence: number,
): number {
  let [sum, first] = [0, 0];
  for (const { from, to } of ranges) {
    while (first < others.length && others[first]!.to < from) first++;
    let touching = 0;
    while (first + touching < others.length && others[first + touching]!.from <= to) touching++;
    if (touching === 0) continue;
    let shared = 0;
    for (let at = from; at <= to; at++) shared += marks[at]!;
    sum += existence + ((1 - existence) * shared) / (to - from + 1) / touching;
  }
  return ranges.length === 0 ? 0 : sum / ranges.length;
}
