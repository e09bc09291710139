import {
  columnSchema,
  type FeatureMatrix,
  type FeatureSchema,
  featureColumns,
  featureCount,
  type InputSchema,
  inputShape,
  undoneRows,
} from "../features/index.js";
import { figure } from "../text/format.js";
import type { ColumnResidual, Picture, ReconstructedRow } from "./report.js";
import { imageOfFeatures } from "./thumbnail.js";

/** Channels of a window that a page has room for. */
const MOST_CHANNELS = 4;

/** A row of features beside what a decoder made of it; undefined for rows of tables, which columns say more of. */
export function reconstructedRow(
  schema: InputSchema,
  given: Float32Array,
  made: Float32Array,
): ReconstructedRow | undefined {
  const shape = inputShape(schema);
  const error = Math.sqrt(given.reduce((sum, value, k) => sum + (made[k]! - value) ** 2, 0) / given.length);
  if (shape.length === 3) {
    const size = shape as readonly [number, number, number];
    const ends = endsOf(given);
    const difference = given.map((value, k) => Math.abs(made[k]! - value));
    return {
      given: imageOfFeatures(given, size, ends),
      made: imageOfFeatures(made, size, ends),
      difference: imageOfFeatures(
        greyOf(difference, size),
        [1, size[1], size[2]],
        [0, (ends[1] - ends[0]) / 2],
      ),
      error,
    };
  }
  if (shape.length !== 2) return undefined;
  const columns = columnSchema(schema)!;
  // Those of which most is left, the same of both.
  const order = Array.from(columns.numeric.keys()).sort(
    (a, b) => leftOf(given, made, shape[1]!, b) - leftOf(given, made, shape[1]!, a) || a - b,
  );
  const chosen = order.slice(0, MOST_CHANNELS);
  const channelsOf = (row: Float32Array): Picture => ({
    kind: "course",
    channels: chosen.map((channel) => ({
      name: columns.numeric[channel]!.name,
      values: row.filter((_, k) => k % shape[1]! === channel),
    })),
  });
  return { given: channelsOf(given), made: channelsOf(made), error };
}

/** What a reconstruction leaves of each column, over all rows, worst first. Images have no columns. */
export function columnResiduals(
  schema: InputSchema,
  { rows, data: given }: FeatureMatrix,
  { data: made }: FeatureMatrix,
): ColumnResidual[] {
  const columns = columnSchema(schema);
  if (columns === undefined || rows === 0) return [];
  const width = featureCount(columns);
  const columnOf = featureColumns(columns);
  const names = [...columns.numeric, ...columns.categorical].map(({ name }) => name);
  const means = new Float64Array(width);
  const steps = given.length / width;
  for (let k = 0; k < given.length; k++) means[k % width]! += given[k]! / steps;
  const [left, own, numbers] = [0, 0, 0].map(() => new Float64Array(names.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let k = 0; k < given.length; k++) {
    const column = columnOf[k % width]!;
    left[column]! += (made[k]! - given[k]!) ** 2;
    own[column]! += (given[k]! - means[k % width]!) ** 2;
    numbers[column]! += 1;
  }
  return names
    .map((name, k) => ({
      name,
      error: Math.sqrt(left[k]! / numbers[k]!),
      explained: own[k]! > 0 ? 1 - left[k]! / own[k]! : Number.NaN,
    }))
    .sort((a, b) => b.error - a.error);
}

/** A row of features as a person reads it: an image, the course of channels, or values of columns. */
export function featurePicture(schema: InputSchema, features: Float32Array): Picture {
  const shape = inputShape(schema);
  if (shape.length === 3)
    return imageOfFeatures(features, shape as [number, number, number], endsOf(features));
  const columns = columnSchema(schema)!;
  if (shape.length === 2) {
    return {
      kind: "course",
      channels: columns.numeric.slice(0, MOST_CHANNELS).map(({ name }, channel) => ({
        name,
        values: features.filter((_, k) => k % shape[1]! === channel),
      })),
    };
  }
  return { kind: "values", values: rawValuesOf(columns, features) };
}

/** Features back to what a table would have had: numbers in their own units, and the level that is meant most. */
function rawValuesOf(schema: FeatureSchema, features: Float32Array): { name: string; value: string }[] {
  const read = new Set([...schema.numeric, ...schema.categorical].map(({ name }) => name));
  return undoneRows(schema, features, "")
    .columns.filter(({ name }) => read.has(name))
    .map((column) => ({
      name: column.name,
      value:
        column.kind === "numeric"
          ? figure(column.values[0]!, 4)
          : (column.levels[column.codes[0]!] ?? "missing"),
    }));
}

/** Nearly all of the values: single extremes must not make all others grey. */
function endsOf(values: Float32Array): readonly [number, number] {
  const sorted = values.toSorted();
  return [sorted[Math.floor(0.01 * (sorted.length - 1))]!, sorted[Math.ceil(0.99 * (sorted.length - 1))]!];
}

/** The mean over channels. */
function greyOf(
  values: Float32Array,
  [channels, height, width]: readonly [number, number, number],
): Float32Array {
  const pixels = height * width;
  return Float32Array.from({ length: pixels }, (_, pixel) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += values[channel * pixels + pixel]!;
    return sum / channels;
  });
}

function leftOf(given: Float32Array, made: Float32Array, width: number, channel: number): number {
  let sum = 0;
  for (let k = channel; k < given.length; k += width) sum += (made[k]! - given[k]!) ** 2;
  return sum;
}
