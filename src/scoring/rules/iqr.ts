import { quantileSorted } from "../../math/quantile.js";
import { checkOption, checkScores, normalThreshold, type Threshold } from "../conformal/calibration.js";
import { ANY, type NormalRule } from "./define.js";

/**
 * Tukey's fence, Q3 + factor (Q3 - Q1).
 * @param factor at least 0, default 1.5; 3 for "far out"
 */
export function iqrThreshold(scores: ArrayLike<number>, factor = 1.5): Threshold {
  checkOption(factor, 0, Number.MAX_VALUE, "iqr: factor");
  const sorted = checkScores(scores, "iqr");
  const q1 = quantileSorted(sorted, 0.25);
  const q3 = quantileSorted(sorted, 0.75);
  const note =
    q1 === q3 && sorted[0] !== sorted[sorted.length - 1]
      ? "Half of the calibration scores or more are equal, so that the quartiles say nothing about the spread."
      : undefined;
  return normalThreshold(sorted, q3 + factor * (q3 - q1), "iqr", { factor }, note ? { note } : {});
}

export const iqrRule: NormalRule = {
  name: "iqr",
  summary: "Tukey's fence: third quartile plus a multiple of the interquartile range",
  needs: "normals",
  example: "iqr 1.5",
  parameters: [
    {
      name: "factor",
      kind: "number",
      range: ANY,
      default: 1.5,
      summary: "interquartile ranges above the third quartile",
    },
  ],
  apply: (scores, { factor }) => iqrThreshold(scores, factor),
};
