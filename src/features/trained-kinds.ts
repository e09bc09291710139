import type { Column, Table } from "../data/index.js";
import { categoricalTexts, numbersOfTexts } from "./cell-values.js";
import type { CategoricalFeature, FeatureSchema, NumericFeature } from "./schema.js";

/**
 * The table with its columns of the kinds that the model's have: texts that are numbers to it become numbers, and numbers
 * that are categories become texts. A column of numbers that holds other texts stays, for a message that names the row.
 * @returns the table itself where all kinds are the same
 */
export function withTrainedKinds(table: Table, schema: FeatureSchema): Table {
  const numeric = new Map(schema.numeric.map((feature) => [feature.name, feature]));
  const categorical = new Map(schema.categorical.map((feature) => [feature.name, feature]));
  const columns = table.columns.map((column) =>
    column.kind === "numeric"
      ? asTexts(column, categorical.get(column.name))
      : asNumbers(column, numeric.get(column.name)),
  );
  return columns.every((column, k) => column === table.columns[k]) ? table : { ...table, columns };
}

function asTexts(column: Column, feature: CategoricalFeature | undefined): Column {
  if (feature === undefined) return column;
  const [codes, [, ...levels]] = categoricalTexts(column, feature.levels);
  return { kind: "categorical", name: column.name, codes: Int32Array.from(codes), levels };
}

function asNumbers(column: Column, feature: NumericFeature | undefined): Column {
  if (feature === undefined || column.kind === "numeric") return column;
  const { values, unreadable } = numbersOfTexts(column, feature.notation);
  return unreadable === -1 ? { kind: "numeric", name: column.name, values } : column;
}
