import { quantileSorted } from "../../math/quantile.js";
import { checkOption, checkScores, type Threshold } from "../conformal/calibration.js";
import type { NormalRule } from "./define.js";

/**
 * The (1 - rate)-quantile of a MIXED sample, that is one with about that share of anomalies in it. Flags that share
 * of the sample, whether or not there are anomalies; ties with the threshold are not flagged.
 * @param rate in (0, 0.5)
 */
export function contaminationThreshold(scores: ArrayLike<number>, rate: number): Threshold {
  checkOption(rate, 0, 0.5, "contamination: rate", "open");
  const sorted = checkScores(scores, "contamination");
  const threshold = quantileSorted(sorted, 1 - rate);
  return { threshold, method: "contamination", parameters: { rate }, calibrationSize: sorted.length };
}

export const contaminationRule: NormalRule = {
  name: "contamination",
  summary: "flags this share of a sample that holds about as many anomalies",
  needs: "normals",
  example: "contamination 5%",
  parameters: [
    {
      name: "rate",
      kind: "share",
      range: [0, 0.5, "open"],
      summary: "share of anomalies in the sample",
    },
  ],
  apply: (scores, { rate }) => contaminationThreshold(scores, rate!),
};
