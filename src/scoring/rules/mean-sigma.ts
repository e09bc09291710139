import { mean, std } from "../../math/quantile.js";
import { checkOption, checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";
import { ANY, type NormalRule } from "./define.js";

/**
 * Mean plus k standard deviations. Distances are skewed to the right, so that the false-alarm rate is not that of a
 * normal distribution: see `expectedFalseAlarmRate`.
 * @param k at least 0
 * @param ddof 0 (divisor n, the default) or 1 (n - 1)
 */
export function meanSigmaThreshold(scores: ArrayLike<number>, k: number, ddof: 0 | 1 = 0): Threshold {
  checkOption(k, 0, Number.MAX_VALUE, "mean-sigma: k");
  const sorted = checkScores(scores, "mean-sigma", ddof + 1);
  return normalThreshold(sorted, mean(sorted) + k * std(sorted, ddof), "mean-sigma", { k, ddof });
}

export const meanSigmaRule: NormalRule = {
  name: "mean-sigma",
  summary: "their mean plus k standard deviations",
  needs: "normals",
  example: "mean-sigma 3",
  parameters: [
    { name: "k", kind: "number", range: ANY, summary: "standard deviations above the mean" },
    {
      name: "ddof",
      word: "ddof",
      kind: "number",
      range: [0, 1, "closed"],
      choices: [0, 1],
      default: 0,
      summary: "0 divides by n, 1 by n - 1",
    },
  ],
  calibrationSize: ({ ddof }) => ddof! + 1,
  apply: (scores, { k, ddof }) => meanSigmaThreshold(scores, k!, ddof as 0 | 1),
};
