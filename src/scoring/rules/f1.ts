import { countLabels, type Labels } from "../../metrics/labels.js";
import { sweep } from "../../metrics/ranking.js";
import { checkOption, checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";
import type { LabelledRule } from "./define.js";
import { best, supervised } from "./labelled-sweep.js";

/**
 * The threshold with the best F1 on labelled rows; of equals the highest. All distinct scores are tried, tied rows
 * together; the threshold lies half-way to the next lower score. Flagging every row is never chosen.
 *
 * When all rows are normal there is no F1 to maximise, and the rule is max + margin |max| (with a note): taking the
 * least score, as a plain sweep would, flags everything.
 * @param labels [n] 0/1
 * @param options.margin at least 0, default 0.05
 * @throws unfit-data when all rows are anomalies, and for scores that are not finite
 */
export function f1Threshold(
  scores: ArrayLike<number>,
  labels: Labels,
  options: { margin?: number } = {},
): Threshold {
  const { margin = 0.05 } = options;
  checkOption(margin, 0, Number.MAX_VALUE, "f1: margin");
  const sorted = checkScores(scores, "f1");
  if (scores.length === labels.length && countLabels(labels, "f1").anomalies === 0) {
    const largest = sorted[sorted.length - 1]!;
    const note = `None of the ${sorted.length} rows is an anomaly: took the largest score and a margin instead of F1.`;
    return normalThreshold(sorted, largest + margin * Math.abs(largest), "f1", { margin }, { note });
  }
  const s = sweep(labels, scores, "f1");
  const at = best(s, (hits, flagged) => (2 * hits) / (flagged + s.anomalies));
  return supervised(s, at, "f1", { margin });
}

export const f1Rule: LabelledRule = {
  name: "f1",
  summary: "the best F1 on labelled rows",
  needs: "labels",
  example: "f1",
  parameters: [],
  apply: (scores, labels) => f1Threshold(scores, labels),
};
