import type { Samples } from "../data/index.js";
import { rowValues } from "../features/index.js";
import { exceeds, pValues, tieBound } from "../scoring/index.js";
import type { Model, Scores } from "./model.js";

/**
 * What scores of observations say about the rows of samples, such as time steps that several windows cover. A row's
 * p-value compares its score with those of held-out observations, see docs/series.md for what that promises. Rows that no
 * observation covers have NaN for a score and a p-value.
 *
 * @param model the one that scored them
 */
export function rowScores(
  samples: Samples,
  scored: Scores,
  model: Pick<Model, "calibrationScores">,
  combine: "mean" | "max" | undefined,
): Scores {
  if (samples.rows === "observations") return scored;
  const scores = rowValues(samples, scored.scores, combine);
  const covered = Uint32Array.from(scores.keys()).filter((row) => !Number.isNaN(scores[row]));
  const p = new Float32Array(scores.length).fill(Number.NaN);
  const of = pValues(
    model.calibrationScores,
    Float32Array.from(covered, (row) => tieBound(scores[row]!)),
  );
  covered.forEach((row, k) => {
    p[row] = of[k]!;
  });
  return {
    ...scored,
    scores,
    pValues: p,
    isAnomaly: Uint8Array.from(scores, (score) => (exceeds(score, scored.threshold) ? 1 : 0)),
    ...(scored.views && {
      views: Object.fromEntries(
        Object.entries(scored.views).map(([name, values]) => [name, rowValues(samples, values, combine)]),
      ),
    }),
    ...(scored.probabilities && { probabilities: rowValues(samples, scored.probabilities, combine) }),
  };
}
