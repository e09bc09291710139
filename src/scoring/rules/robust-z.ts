import { mad, mean, median } from "../../math/quantile.js";
import { checkOption, checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";
import { ANY, type NormalRule } from "./define.js";

/**
 * Modified z-score 0.6745 (s - median) / MAD > cutoff (Iglewicz and Hoaglin 1993). When more than half of the scores
 * are equal the MAD is 0; then (s - median) / (1.253314 mean absolute deviation), as they advise.
 * @param cutoff at least 0, default 3.5
 */
export function robustZThreshold(scores: ArrayLike<number>, cutoff = 3.5): Threshold {
  checkOption(cutoff, 0, Number.MAX_VALUE, "robust-z: cutoff");
  const sorted = checkScores(scores, "robust-z");
  const centre = median(sorted);
  const deviation = mad(sorted);
  if (deviation > 0) {
    return normalThreshold(sorted, centre + (cutoff / 0.6745) * deviation, "robust-z", { cutoff });
  }
  const meanDeviation = mean(sorted.map((s) => Math.abs(s - centre)));
  const note =
    "More than half of the calibration scores are equal: scaled by the mean deviation instead of the MAD.";
  return normalThreshold(
    sorted,
    centre + cutoff * 1.253314 * meanDeviation,
    "robust-z",
    { cutoff },
    { note },
  );
}

export const robustZRule: NormalRule = {
  name: "robust-z",
  summary: "modified z-score: distance from the median in units of the MAD",
  needs: "normals",
  example: "robust-z 3.5",
  parameters: [
    {
      name: "cutoff",
      kind: "number",
      range: ANY,
      default: 3.5,
      summary: "modified z-score above which to flag",
    },
  ],
  apply: (scores, { cutoff }) => robustZThreshold(scores, cutoff),
};
