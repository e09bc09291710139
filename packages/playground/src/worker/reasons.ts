/** Why a row is abnormal. */
import { type ExplainOptions, explain, type Model, type NormalRange, type Samples } from "hypersphere/web";
import { number } from "../format.js";
import type { Why } from "../protocol.js";

const CONTRIBUTIONS = 6;

/** @param row samples of one row */
export async function reasons(model: Model, row: Samples, options: ExplainOptions): Promise<Why> {
  const { rows, warnings } = await explain(model, row, { ...options, top: CONTRIBUTIONS });
  const { contributions, rest, counterfactual } = rows[0]!;
  return {
    contributions: contributions
      .filter(({ contribution }) => contribution !== 0)
      .map(({ feature, steps, value, normal, contribution }) => ({
        name: partOf(feature, steps),
        value,
        normal: normalText(normal),
        amount: contribution,
      })),
    rest,
    changes: (counterfactual?.changes ?? []).map(({ feature, steps, from, to }) => ({
      name: partOf(feature, steps),
      from,
      to,
    })),
    warnings,
  };
}

/** A column, or a channel of a window in some of its steps. */
const partOf = (feature: string, steps: { from: number; to: number } | undefined): string =>
  steps === undefined ? feature : `${feature}, steps ${steps.from + 1} to ${steps.to}`;

function normalText(normal: NormalRange): string {
  if (normal.kind === "numbers") return `${number(normal.low)} to ${number(normal.high)}`;
  return normal.texts.map(({ text }) => text ?? "missing").join(", ");
}
