import { quantileSorted } from "../../math/quantile.js";
import { checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";
import { checkPercentile, type NormalRule } from "./define.js";

/**
 * The p-th percentile of the scores, with numpy's linear interpolation.
 * @param p above 1 and below 100: 95 for the 95th percentile
 */
export function percentileThreshold(scores: ArrayLike<number>, p: number): Threshold {
  checkPercentile(p, "percentile");
  const sorted = checkScores(scores, "percentile");
  return normalThreshold(sorted, quantileSorted(sorted, p / 100), "percentile", { percentile: p });
}

export const percentileRule: NormalRule = {
  name: "percentile",
  summary: "a percentile of the scores of held-out normal rows",
  needs: "normals",
  example: "percentile 99",
  parameters: [
    {
      name: "percentile",
      kind: "percentile",
      range: [1, 100, "open"],
      summary: "percentile of the scores",
    },
  ],
  apply: (scores, { percentile }) => percentileThreshold(scores, percentile!),
};
