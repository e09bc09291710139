import type { Dataset } from "../data/index.js";
import { CONTRIBUTION, type Model, type ScoreOptions, tensorValues } from "../model/index.js";
import type { Attribution, Subject } from "./attribution.js";
import type { Units } from "./units.js";

/**
 * The terms that the score of each row is a sum of, as the output `contribution` of the model has them. Nothing is drawn, and
 * no normal row takes part: the baseline is the score of a row that leaves nothing to say.
 * @param model with that output
 */
export async function exactAttributions(
  subjects: readonly Subject[],
  model: Model,
  data: Dataset,
  units: Units,
  options: ScoreOptions,
): Promise<Attribution[]> {
  const { baseline, shape } = model.card.contribution!;
  const rows = Uint32Array.from(subjects, ({ row }) => row);
  const values = await tensorValues(model, data, rows, [CONTRIBUTION], options);
  const { columns, data: parts } = values.get(CONTRIBUTION)!;
  return subjects.map((_, k) => ({
    baseline,
    contributions: units.sums(parts.subarray(k * columns, (k + 1) * columns), shape),
  }));
}
