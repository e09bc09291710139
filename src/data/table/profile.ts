import type { CategoricalColumn, Column, NumericColumn, Table } from "./table.js";

export interface NumericProfile {
  kind: "numeric";
  name: string;
  /** Width of the values in memory. */
  dtype: "float32" | "float64";
  /** NaN cells, and the first row that has one (0-based), or -1. */
  missing: number;
  firstMissingRow: number;
  positiveInfinity: number;
  negativeInfinity: number;
  /** First row with an infinite value (0-based), or -1. */
  firstInfiniteRow: number;
  /** Distinct finite values, exact. */
  distinct: number;
  /** All finite values are the same (or there is none). */
  constant: boolean;
  /** All finite values are whole numbers. */
  integer: boolean;
  /** Over finite values; NaN when there is none. `std` divides by n - 1. Quantiles interpolate linearly (type 7). */
  min: number;
  max: number;
  mean: number;
  std: number;
  q01: number;
  q25: number;
  median: number;
  q75: number;
  q99: number;
}

export interface CategoricalProfile {
  kind: "categorical";
  name: string;
  missing: number;
  firstMissingRow: number;
  /** Levels that occur in at least one row. */
  distinct: number;
  constant: boolean;
  /** The most frequent levels, at most ten, most frequent first. */
  top: { level: string; count: number }[];
}

export type ColumnProfile = NumericProfile | CategoricalProfile;

export interface TableProfile {
  source: string;
  rowCount: number;
  columns: ColumnProfile[];
}

/** What is in a table, column by column. Needs the memory of one more column at a time. */
export function profileTable(table: Table): TableProfile {
  return { source: table.source, rowCount: table.rowCount, columns: table.columns.map(profileColumn) };
}

export function profileColumn(column: Column): ColumnProfile {
  return column.kind === "numeric" ? profileNumbers(column) : profileCategories(column);
}

function profileNumbers(column: NumericColumn): NumericProfile {
  const { values, name } = column;
  const finite = new (values.constructor as Float64ArrayConstructor)(values.length);
  let count = 0;
  let missing = 0;
  let firstMissingRow = -1;
  let positiveInfinity = 0;
  let negativeInfinity = 0;
  let firstInfiniteRow = -1;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) {
      if (missing++ === 0) firstMissingRow = row;
    } else if (value - value !== 0) {
      if (positiveInfinity + negativeInfinity === 0) firstInfiniteRow = row;
      if (value > 0) positiveInfinity++;
      else negativeInfinity++;
    } else finite[count++] = value;
  }
  const sorted = finite.subarray(0, count).sort();
  const { mean, std, distinct, integer } = moments(sorted);
  return {
    kind: "numeric",
    name,
    dtype: values instanceof Float32Array ? "float32" : "float64",
    missing,
    firstMissingRow,
    positiveInfinity,
    negativeInfinity,
    firstInfiniteRow,
    distinct,
    constant: distinct <= 1,
    integer,
    min: sorted[0] ?? Number.NaN,
    max: sorted[count - 1] ?? Number.NaN,
    mean,
    std,
    q01: quantileOfSorted(sorted, 0.01),
    q25: quantileOfSorted(sorted, 0.25),
    median: quantileOfSorted(sorted, 0.5),
    q75: quantileOfSorted(sorted, 0.75),
    q99: quantileOfSorted(sorted, 0.99),
  };
}

/** Mean and deviation by Welford's updates, which do not cancel when the mean is large against the spread. */
function moments(sorted: Float64Array | Float32Array): {
  mean: number;
  std: number;
  distinct: number;
  integer: boolean;
} {
  let mean = 0;
  let squares = 0;
  let distinct = 0;
  let integer = true;
  let previous = Number.NaN;
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i]!;
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
    if (value !== previous) distinct++;
    if (integer && !Number.isInteger(value)) integer = false;
    previous = value;
  }
  const n = sorted.length;
  return {
    mean: n > 0 ? mean : Number.NaN,
    std: n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN,
    distinct,
    integer,
  };
}

function quantileOfSorted(sorted: Float64Array | Float32Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

function profileCategories(column: CategoricalColumn): CategoricalProfile {
  const counts = new Float64Array(column.levels.length);
  let missing = 0;
  let firstMissingRow = -1;
  for (let row = 0; row < column.codes.length; row++) {
    const code = column.codes[row]!;
    if (code >= 0) counts[code]!++;
    else if (missing++ === 0) firstMissingRow = row;
  }
  const present = column.levels
    .map((level, code) => ({ level, count: counts[code]! }))
    .filter((entry) => entry.count > 0)
    .sort((a, b) => b.count - a.count);
  return {
    kind: "categorical",
    name: column.name,
    missing,
    firstMissingRow,
    distinct: present.length,
    constant: present.length <= 1,
    top: present.slice(0, 10),
  };
}
