import type { Dataset } from "../data/index.js";
import { CONTRIBUTION, type Model, type ScoreOptions, tensorValues } from "../model/index.js";
import type { Attribution, Subject } from "./attribution.js";
import { withContributions } from "./contributions.js";
import type { Units } from "./units.js";

/**
 * The terms that the score of each row is a sum of, as the output `contribution` of the model has them, or would have them.
 * Nothing is drawn, and no normal row takes part: the baseline is the score of a row that leaves nothing to say.
 */
export async function exactAttributions(
  model: Model,
  data: Dataset,
  units: Units,
  options: ScoreOptions,
): Promise<(subjects: readonly Subject[]) => Promise<Attribution[]>> {
  const whole = await withContributions(model);
  const { baseline, shape } = whole.card.contribution!;
  return async (subjects) => {
    const rows = Uint32Array.from(subjects, ({ row }) => row);
    const values = await tensorValues(whole, data, rows, [CONTRIBUTION], options);
    const { columns, data: parts } = values.get(CONTRIBUTION)!;
    return subjects.map((_, k) => ({
      baseline,
      contributions: units.sums(parts.subarray(k * columns, (k + 1) * columns), shape),
    }));
  };
}
