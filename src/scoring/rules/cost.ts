import type { Labels } from "../../metrics/labels.js";
import { sweep } from "../../metrics/ranking.js";
import { checkOption, checkScores, type Threshold } from "../conformal/calibration.js";
import { INSIDE, type LabelledRule, POSITIVE } from "./define.js";
import { best, supervised } from "./labelled-sweep.js";

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
export function costThreshold(scores: ArrayLike<number>, labels: Labels, costs: Costs): Threshold {
  checkOption(costs.falseAlarm, 0, Number.MAX_VALUE, "cost: falseAlarm", "open");
  checkOption(costs.miss, 0, Number.MAX_VALUE, "cost: miss", "open");
  checkScores(scores, "cost");
  const s = sweep(labels, scores, "cost");
  const share = costs.prevalence ?? s.anomalies / (s.anomalies + s.normals);
  checkOption(share, 0, 1, "cost: prevalence", "open");
  const cost = (hits: number, flagged: number): number =>
    costs.falseAlarm * (1 - share) * ((flagged - hits) / s.normals) +
    costs.miss * share * (1 - hits / s.anomalies);
  const at = best(s, (hits, flagged) => -cost(hits, flagged), -cost(0, 0));
  const { falseAlarm, miss } = costs;
  const result = supervised(s, at, "cost", { falseAlarm, miss, prevalence: share });
  const hits = at < 0 ? 0 : s.hits[at]!;
  result.diagnostics!.costPerRow = cost(hits, at < 0 ? 0 : hits + s.falseAlarms[at]!);
  const everything = cost(s.anomalies, s.anomalies + s.normals);
  if (everything < result.diagnostics!.costPerRow) {
    result.note = `At these costs flagging every row would be cheaper (${everything} per row): no threshold needed.`;
  }
  return result;
}

export const costRule: LabelledRule = {
  name: "cost",
  summary: "the least cost on labelled rows, given what a false alarm and a miss cost",
  needs: "labels",
  example: "cost 1:20",
  parameters: [
    {
      name: "falseAlarm",
      kind: "number",
      range: POSITIVE,
      summary: "cost of flagging a normal row",
    },
    {
      name: "miss",
      word: ":",
      kind: "number",
      range: POSITIVE,
      summary: "cost of missing an anomaly",
    },
    {
      name: "prevalence",
      word: "prevalence",
      kind: "share",
      range: INSIDE,
      optional: true,
      summary: "share of anomalies to expect; without it, as in the labelled rows",
    },
  ],
  apply: (scores, labels, { falseAlarm, miss, prevalence }) =>
    costThreshold(scores, labels, {
      falseAlarm: falseAlarm!,
      miss: miss!,
      ...(prevalence !== undefined && { prevalence }),
    }),
};
