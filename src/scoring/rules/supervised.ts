/**
 * Threshold rules that learn from labels. The rows must be apart from training and from the final test: a threshold
 * chosen and judged on the same labels is an oracle.
 */
import { countLabels, type Labels } from "../../metrics/labels.js";
import { type Sweep, sweep } from "../../metrics/ranking.js";
import { checkOption, checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";

/**
 * The threshold with the best F1 on labelled rows; of equals the highest. All distinct scores are tried, tied rows
 * together; the threshold lies half-way to the next lower score. Flagging every row is never chosen.
 *
 * When all rows are normal there is no F1 to maximise, and the rule is max + margin |max| (with a note): taking the
 * least score, as a plain sweep would, flags everything.
 * @param labels [n] 0/1
 * @param options.margin at least 0, default 0.05
 * @throws unfit-data when all rows are anomalies, else as in `thresholds.ts`
 */
export function f1Threshold(
  scores: ArrayLike<number>,
  labels: Labels,
  options: { margin?: number } = {},
): Threshold {
  const { margin = 0.05 } = options;
  checkOption(margin, 0, Number.MAX_VALUE, "f1Threshold: margin");
  const sorted = checkScores(scores, "f1Threshold");
  if (scores.length === labels.length && countLabels(labels, "f1Threshold").anomalies === 0) {
    const largest = sorted[sorted.length - 1]!;
    const note = `None of the ${sorted.length} rows is an anomaly: took the largest score and a margin instead of F1.`;
    return normalThreshold(sorted, largest + margin * Math.abs(largest), "f1Threshold", { margin }, { note });
  }
  const s = sweep(labels, scores, "f1Threshold");
  const at = best(s, (hits, flagged) => (2 * hits) / (flagged + s.anomalies));
  return supervised(s, at, "f1Threshold", { margin });
}

export interface Costs {
  /** Cost of flagging a normal row, above 0. */
  falseAlarm: number;
  /** Cost of missing an anomaly, above 0. */
  miss: number;
  /** Share of anomalies to expect in production, in (0, 1); default: as in the labelled rows. */
  prevalence?: number;
}

/**
 * The threshold of least expected cost per row, falseAlarm (1 - pi) FPR + miss pi FNR; of equals the highest.
 * Flagging nothing is allowed (threshold = largest score), flagging every row is not.
 * @throws invalid-option on costs; unfit-data unless both classes are there
 */
export function minimumCost(scores: ArrayLike<number>, labels: Labels, costs: Costs): Threshold {
  checkOption(costs.falseAlarm, 0, Number.MAX_VALUE, "minimumCost: falseAlarm", "open");
  checkOption(costs.miss, 0, Number.MAX_VALUE, "minimumCost: miss", "open");
  checkScores(scores, "minimumCost");
  const s = sweep(labels, scores, "minimumCost");
  const share = costs.prevalence ?? s.anomalies / (s.anomalies + s.normals);
  checkOption(share, 0, 1, "minimumCost: prevalence", "open");
  const cost = (hits: number, flagged: number): number =>
    costs.falseAlarm * (1 - share) * ((flagged - hits) / s.normals) +
    costs.miss * share * (1 - hits / s.anomalies);
  const at = best(s, (hits, flagged) => -cost(hits, flagged), -cost(0, 0));
  const { falseAlarm, miss } = costs;
  const result = supervised(s, at, "minimumCost", { falseAlarm, miss, prevalence: share });
  const hits = at < 0 ? 0 : s.hits[at]!;
  result.diagnostics!.costPerRow = cost(hits, at < 0 ? 0 : hits + s.falseAlarms[at]!);
  const everything = cost(s.anomalies, s.anomalies + s.normals);
  if (everything < result.diagnostics!.costPerRow) {
    result.note = `At these costs flagging every row would be cheaper (${everything} per row): no threshold needed.`;
  }
  return result;
}

/**
 * Index of the distinct score down to which to flag; -1 for none. The last one is left out: down to the least score
 * means everything.
 */
function best(s: Sweep, value: (hits: number, flagged: number) => number, ofNone = -Infinity): number {
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

function supervised(s: Sweep, at: number, method: string, parameters: Record<string, number>): Threshold {
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
function between(high: number, low: number): number {
  const middle = low + (high - low) / 2;
  return middle < high && Number.isFinite(middle) ? middle : low;
}
