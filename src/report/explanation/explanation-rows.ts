import type { RowNames, Samples } from "../../data/index.js";
import type {
  Contribution,
  Counterfactual,
  Explanations,
  FeatureValue,
  NormalRange,
} from "../../explain/index.js";
import { kindOf } from "../../features/index.js";
import type { Cell } from "../../formats/table/csv-row.js";
import { figure, percent, shortFloat32 } from "../../text/format.js";
import { shortened } from "../../text/shown.js";

/** What a person calls the explained observations: a window by its last step. */
export function namesOf({ data, names, rows }: Samples): RowNames {
  const columns = names?.columns ?? ["row"];
  const kind = kindOf(data);
  return {
    columns,
    of(observation) {
      const row = rows === "observations" ? observation : kind.lastRow(data, observation);
      return names?.of(row) ?? [row + 1];
    },
  };
}

/** One line per contribution: names of the columns, and its cells. */
export function explanationRows(
  { rows, background }: Explanations,
  ids: RowNames,
): { readonly columns: readonly string[]; lines(): Iterable<readonly Cell[]> } {
  const all = rows.flatMap(({ contributions }) => contributions);
  const steps = all.some((each) => each.steps !== undefined);
  const errors = all.some((each) => each.error !== undefined);
  const computed = background.kind === "reconstructions";
  const nearest = all.some((each) => each.nearest !== undefined);
  return {
    columns: [
      ...ids.columns,
      ...["score", "p_value", "is_anomaly", "feature"],
      ...(steps ? ["first_step", "last_step"] : []),
      "contribution",
      ...(errors ? ["standard_error"] : []),
      ...["value", "normal_range"],
      ...(nearest ? [NEAREST_COLUMN[background.kind]] : []),
      "makes_normal",
    ],
    *lines() {
      for (const { row, score, pValue, isAnomaly, contributions, counterfactual } of rows) {
        for (const each of contributions) {
          yield [
            ...ids.of(row),
            ...[shortFloat32(score), shortFloat32(pValue), isAnomaly ? 1 : 0, each.feature],
            ...(steps ? [each.steps!.from + 1, each.steps!.to] : []),
            rounded(each.contribution),
            ...(errors ? [rounded(each.error!)] : []),
            ...[cellOf(each.value, each.steps !== undefined), rangeText(each.normal)],
            ...(nearest ? [cellOf(each.nearest, computed || each.steps !== undefined)] : []),
            changeText(counterfactual),
          ];
        }
      }
    },
  };
}

/** What the values of the nearest normal row are called: a reconstruction is no row that was ever seen. */
const NEAREST_COLUMN = {
  ...{ given: "nearest_normal", kept: "nearest_normal", data: "nearest_normal", none: "nearest_normal" },
  reconstructions: "reconstruction",
} satisfies Record<Explanations["background"]["kind"], string>;
/** All that a line may have beside the names of the data. */
export const EXPLANATION_COLUMNS: readonly string[] = [
  ...["score", "p_value", "is_anomaly", "feature", "first_step", "last_step", "contribution"],
  ...["standard_error", "value", "normal_range", ...new Set(Object.values(NEAREST_COLUMN)), "makes_normal"],
];

/** Values of rows are as they were given, but for long texts; what was computed, such as a mean over steps, is rounded. */
function cellOf(value: FeatureValue | undefined, computed: boolean): Cell {
  if (typeof value === "string") return shortened(value, LONGEST_TEXT);
  return typeof value === "number" && computed ? rounded(value) : (value ?? undefined);
}

/** Characters of a text that an explanation repeats: a cell may hold a document, and each of its lines would. */
const LONGEST_TEXT = 200;

const rounded = (value: number): number | undefined =>
  Number.isNaN(value) ? undefined : Number(value.toPrecision(6));

/** "0.8 to 2.3", or the most frequent texts with their shares. */
export function rangeText(normal: NormalRange): string {
  if (normal.kind === "numbers") return `${figure(normal.low)} to ${figure(normal.high)}`;
  return normal.texts.map(({ text, share }) => `${valueText(text)} (${percent(share)})`).join(", ");
}

export const valueText = (value: FeatureValue): string =>
  value === null ? "missing" : typeof value === "number" ? figure(value, 6) : shortened(value, LONGEST_TEXT);

/** What would make a row normal; undefined where that was not looked for. */
export function changeText(found: Counterfactual | null | undefined): string | undefined {
  if (found === undefined) return undefined;
  if (found === null) return "none found";
  return found.changes.map((change) => `${featureText(change)} = ${valueText(change.to)}`).join(", ");
}

/** Where windows and stretches of their steps are meant: "pressure, steps 3 to 8". */
export const featureText = ({ feature, steps }: Pick<Contribution, "feature" | "steps">): string =>
  steps === undefined ? feature : `${feature}, steps ${steps.from + 1} to ${steps.to}`;
