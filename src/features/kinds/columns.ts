/** What tables and series have in common: named columns, of rows or of time steps. */
import { selectColumns, type Table } from "../../data/index.js";
import { gemm, type Tensor } from "../../graph/index.js";
import { counted } from "../../text/format.js";
import { printableJson } from "../../text/printable.js";
import type { ColumnInputs } from "../feature-graph.js";
import { type FeatureSchema, featureColumns, featureCount, inputColumns } from "../schema.js";
import type { InputSpec, Inputs } from "./kind.js";

/** The inputs for columns; one without columns is absent. @param axes before that of the columns */
export function columnInputs(schema: FeatureSchema, axes: readonly (number | string)[]): InputSpec[] {
  const { numeric, categorical } = inputColumns(schema);
  const specs: InputSpec[] = [
    { name: "numeric", dtype: "float64", shape: [...axes, numeric.length], columns: numeric },
    { name: "categorical", dtype: "string", shape: [...axes, categorical.length], columns: categorical },
  ];
  return specs.filter(({ columns }) => columns!.length > 0);
}

export const columnTensors = (inputs: Inputs): ColumnInputs => ({
  numeric: inputs.get("numeric"),
  categorical: inputs.get("categorical"),
});

/** The columns that a model reads as parts of a row: how many, the one of each feature, and sums over those of each. */
export function columnParts(schema: FeatureSchema): {
  readonly count: number;
  readonly of: Uint32Array;
  sums(values: Tensor): Tensor;
} {
  const { numeric, categorical } = inputColumns(schema);
  const count = numeric.length + categorical.length;
  // Watched columns stand between the numeric features and the categorical ones, and have none of their own.
  const watched = numeric.length - schema.numeric.length;
  const of = featureColumns(schema).map((column) =>
    column < schema.numeric.length ? column : column + watched,
  );
  return {
    count,
    of,
    sums(values) {
      if (of.length === count) return values;
      const members = new Float64Array(of.length * count);
      of.forEach((column, feature) => {
        members[feature * count + column] = 1;
      });
      return gemm(values, values.graph.constant("float64", [of.length, count], members));
    },
  };
}

/** The table with those columns only, of the ones that it has. */
export function pickColumns(table: Table, names: readonly string[]): Table {
  const there = new Set(table.columns.map(({ name }) => name));
  return selectColumns(
    table,
    names.filter((name) => there.has(name)),
  );
}

export function describeColumns(schema: FeatureSchema): readonly [string, string] {
  const { numeric, categorical, scaling } = schema;
  const features = `${counted(featureCount(schema), "feature")}, scaling ${scaling}`;
  return ["columns", `${numeric.length} numeric, ${categorical.length} categorical: ${features}`];
}

/** A name as a literal of Python, which still means it after unsafe characters were made visible for a terminal. */
export const inCode = (name: string): string => printableJson(JSON.stringify(name));

/**
 * Python that reads columns from a CSV file.
 * @param rows what is taken of the data frame, such as ".tail(30)"
 * @param axis what gives an array the axes of the input, such as "[None]"
 */
export function columnFeeds(
  schema: FeatureSchema,
  rows = "",
  axis = "",
): { readonly modules: string; readonly lines: readonly string[] } {
  const { numeric, categorical } = inputColumns(schema);
  const list = (names: readonly string[]): string => `[${names.map(inCode).join(", ")}]`;
  const feeds: string[] = [];
  if (numeric.length > 0) feeds.push(`"numeric": rows[${list(numeric)}].to_numpy("float64")${axis}`);
  if (categorical.length > 0) {
    feeds.push(`"categorical": rows[${list(categorical)}].fillna("").astype(str).to_numpy(object)${axis}`);
  }
  const types = categorical.map((name) => `${inCode(name)}: str`);
  const dtype = types.length > 0 ? `, dtype={${types.join(", ")}}` : "";
  return {
    modules: "onnxruntime, pandas",
    lines: [
      "# For clean cells. hypersphere.py (see `hypersphere help model-file`) reads units, padding and missing values, too.",
      `rows = pandas.read_csv("new.csv"${dtype})${rows}`,
      `feeds = {${feeds.join(", ")}}`,
    ],
  };
}
