import type { CategoricalColumn, NumericColumn, Table } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { MAD_TO_SIGMA, mad, median, quantileSorted } from "../math/quantile.js";
import { cut } from "../text/format.js";
import { categoryKeys, levelFinder } from "./category-keys.js";
import type { InputOptions } from "./kinds/kind.js";
import { rowMarks } from "./row-marks.js";
import type {
  CategoricalFeature,
  ConstantColumn,
  DroppedColumn,
  FeatureSchema,
  NumericFeature,
  Scaling,
} from "./schema.js";

/** Levels of a category that get a number of their own; rarer ones share one. */
export const MAX_LEVELS = 64;
/** Characters of a value that a reason quotes. */
const LONGEST_VALUE = 60;
/** How to keep a column that numbers or dates the rows. */
const KEEP = 'to learn from it all the same, give its type with option "columnTypes"';
/** Quantiles that quantile scaling interpolates between. */
const KNOTS = 65;

type SchemaOptions = Pick<InputOptions, "constantColumns" | "named" | "onDoubt" | "settled">;

/**
 * Learns from the training rows how to turn a table's columns into features. Columns that cannot tell rows apart
 * are dropped with a reason: a constant column would be a bias in disguise (see nn/constant-paths.ts), an
 * identifier is different in every row. So are columns that number or date the rows, see `rowMarks`, where there are
 * others.
 *
 * @param rows the training rows, ascending
 * @param named columns that a person has asked for by name: they may number or date the rows
 * @param settled what more rows than these have settled: no column is dropped but for being constant, and levels are those
 * @throws HypersphereError `unfit-data` for infinite values, and where no column is left
 */
export function fitFeatureSchema(
  table: Table,
  rows: ArrayLike<number>,
  scaling: Scaling,
  { constantColumns = "watch", named, onDoubt, settled }: SchemaOptions = {},
): FeatureSchema {
  const marks = settled === undefined ? rowMarks(table.columns, rows, named) : NO_MARKS;
  const levelsOf = new Map(settled?.categorical.map(({ name, levels }) => [name, levels]));
  const numeric: NumericFeature[] = [];
  const categorical: CategoricalFeature[] = [];
  const dropped: DroppedColumn[] = [];
  const constant: ConstantColumn[] = [];
  const work = new Float64Array(rows.length);
  for (const column of table.columns) {
    const drop = (reason: string): unknown => dropped.push({ name: column.name, reason });
    const dropConstant = (value: ConstantColumn["value"]): void => {
      drop(value === null ? "every value is missing" : `constant (${cut(String(value), LONGEST_VALUE)})`);
      constant.push({ name: column.name, value });
    };
    const found = marks.get(column.name);
    const dropMark = found?.doubt === false ? () => drop(`it holds ${found.mark}; ${KEEP}`) : undefined;
    if (column.kind === "numeric") {
      refuseInfinity(column, table.source);
      const present = presentValues(column, rows, work);
      const range = rangeOf(present);
      if (present.length === 0) dropConstant(null);
      else if (range.min === range.max) dropConstant(range.min);
      else if (dropMark !== undefined) dropMark();
      else {
        if (found !== undefined) onDoubt?.(column.name, found.mark);
        const feature = fitNumeric(column.name, present, range, rows.length - present.length, scaling);
        numeric.push({
          ...feature,
          ...(present.every(Number.isInteger) && { whole: true }),
          ...(column.notation !== undefined && { notation: column.notation }),
        });
      }
    } else {
      const known = levelsOf.get(column.name);
      const counts = countLevels(column, rows);
      const distinct = counts.size;
      const missing = counts.get("") ?? 0;
      const texts = distinct - (missing > 0 ? 1 : 0);
      if (distinct === 0 || (distinct === 1 && counts.has(""))) dropConstant(null);
      else if (distinct === 1) dropConstant([...counts.keys()][0]!);
      else if (dropMark !== undefined) dropMark();
      else if (known !== undefined) categorical.push(countedOf(column.name, known, counts, rows.length));
      else if (texts > MAX_LEVELS && texts > (rows.length - missing) / 2) {
        drop(`looks like an identifier: ${texts} different texts in ${rows.length - missing} rows`);
      } else categorical.push(fitCategorical(column.name, counts, rows.length));
    }
  }
  if (numeric.length + categorical.length === 0) {
    if (marks.size > 0) {
      return fitFeatureSchema(table, rows, scaling, { constantColumns, named: new Set(marks.keys()) });
    }
    throw new HypersphereError("unfit-data", `${table.source} has no column in which its rows differ.`, {
      hint: dropped.map(({ name, reason }) => `"${name}": ${reason}`).join("; "),
    });
  }
  const watched = constantColumns === "watch" && constant.length > 0;
  return { scaling, numeric, categorical, dropped, constant, watched };
}

const NO_MARKS: ReturnType<typeof rowMarks> = new Map();

function refuseInfinity({ name, values }: NumericColumn, source: string): void {
  for (let row = 0; row < values.length; row++) {
    if (Number.isFinite(values[row]!) || Number.isNaN(values[row]!)) continue;
    throw new HypersphereError(
      "unfit-data",
      `${source}: column "${name}" holds ${values[row]} in data row ${row + 1}; training needs finite numbers.`,
      { hint: "Remove the row, or leave the cell empty to have it treated as missing." },
    );
  }
}

/** The values that are there, in `present`, which every column uses in its turn. */
function presentValues(
  { values }: NumericColumn,
  rows: ArrayLike<number>,
  present: Float64Array,
): Float64Array {
  let count = 0;
  for (let k = 0; k < rows.length; k++) {
    const value = values[rows[k]!]!;
    if (!Number.isNaN(value)) present[count++] = value;
  }
  return present.subarray(0, count);
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function rangeOf(values: Float64Array): Range {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  // Of two zeros with different signs, either may come first.
  return { min: min + 0, max: max + 0 };
}

function fitNumeric(
  name: string,
  values: Float64Array,
  range: Range,
  missing: number,
  scaling: Scaling,
): NumericFeature {
  const { min, max } = range;
  // Selection, not sorting: a column of a million rows takes milliseconds.
  const fill = median(values);
  const feature = (center: number, scale: number): NumericFeature => ({
    name,
    fill,
    center,
    scale,
    min,
    max,
    missing,
  });
  const { mean, deviation } = moments(values, range);
  switch (scaling) {
    case "standard":
      return feature(mean, deviation);
    case "robust": {
      // More than half of the values may be equal; the deviation then is the only scale there is.
      const spread = mad(values) * MAD_TO_SIGMA;
      return feature(fill, spread > 0 ? spread : deviation);
    }
    case "min-max":
      return feature(min, max - min);
    case "quantile": {
      const sorted = values.sort();
      const knots = Array.from({ length: KNOTS }, (_, k) => quantileSorted(sorted, k / (KNOTS - 1)));
      return { ...feature(0, 1), knots: [...new Set(knots)] };
    }
  }
}

/** Mean and deviation in two passes; values of 1e30 and more must not overflow their squares. */
function moments(values: Float64Array, { min, max }: Range): { mean: number; deviation: number } {
  let mean = 0;
  for (let k = 0; k < values.length; k++) mean += (values[k]! - mean) / (k + 1);
  const reach = Math.max(max - mean, mean - min);
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += ((values[k]! - mean) / reach) ** 2;
  // Of the smallest numbers that there are, a fraction is none.
  return { mean, deviation: Math.max(reach * Math.sqrt(sum / values.length), Number.MIN_VALUE) };
}

/** Rows of each category, by its most frequent spelling; of missing values by the empty text. */
function countLevels({ codes, levels }: CategoricalColumn, rows: ArrayLike<number>): Map<string, number> {
  const perCode = new Float64Array(levels.length + 1);
  for (let k = 0; k < rows.length; k++) perCode[codes[rows[k]!]! + 1]!++;
  const present = levels.filter((_, code) => perCode[code + 1]! > 0);
  const key = categoryKeys(present);
  const byKey = new Map<string, { level: string; most: number; count: number }>();
  levels.forEach((level, code) => {
    const count = perCode[code + 1]!;
    if (count === 0) return;
    const same = byKey.get(key(level));
    if (same === undefined) byKey.set(key(level), { level, most: count, count });
    else {
      same.count += count;
      // The most frequent spelling stands for all; texts break ties, so that the order of rows does not matter.
      if (count < same.most || (count === same.most && level > same.level)) return;
      same.level = level;
      same.most = count;
    }
  });
  const counts = new Map(Array.from(byKey.values(), ({ level, count }) => [level, count]));
  if (perCode[0]! > 0) counts.set("", perCode[0]!);
  return counts;
}

function fitCategorical(
  name: string,
  counts: ReadonlyMap<string, number>,
  rowCount: number,
): CategoricalFeature {
  // By falling frequency; texts break ties, so that the order of rows does not matter.
  const ordered = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const own = ordered.slice(0, MAX_LEVELS);
  const rest = ordered.slice(MAX_LEVELS).reduce((sum, [, count]) => sum + count, 0);
  return {
    name,
    levels: own.map(([level]) => level),
    shares: [...own.map(([, count]) => count / rowCount), rest / rowCount],
    missing: counts.get("") ?? 0,
  };
}

/** The same levels, in their order, with the shares of these rows. */
function countedOf(
  name: string,
  levels: readonly string[],
  counts: ReadonlyMap<string, number>,
  rowCount: number,
): CategoricalFeature {
  const find = levelFinder(levels);
  const places = new Map(levels.map((level, place) => [level, place]));
  const rows = new Float64Array(levels.length + 1);
  for (const [level, count] of counts) rows[places.get(find(level)) ?? levels.length]! += count;
  return {
    name,
    levels,
    shares: Array.from(rows, (count) => count / rowCount),
    missing: counts.get("") ?? 0,
  };
}
