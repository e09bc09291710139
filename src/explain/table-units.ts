import { type CategoricalColumn, makeTable, type NumericColumn, type Table } from "../data/index.js";
import { type FeatureSchema, inputColumns, RawValues } from "../features/index.js";
import { quantiles } from "../math/quantile.js";
import { byContribution, prefixes } from "./growing.js";
import type { FeatureValue, NormalRange, Units } from "./units.js";

/** Deviations beyond this many standard deviations count alike: a fault in one column must not choose the neighbours. */
const FAR = 2;
/** Columns that a change is made of at most, unless said otherwise. */
const MOST_CHANGES = 5;
/** Texts that a normal range lists. */
const LISTED = 3;

interface TableUnits extends Units<Table> {
  /** The value that `mix` gives a part. */
  mixedValue(row: number, other: number, unit: number, weight: number): FeatureValue;
}

/** The least and the greatest number of training in a column, and a standard deviation, about. */
export type KnownRange = (name: string) => Readonly<Record<"low" | "high" | "spread", number>>;

/** A column of both tables. */
interface UnitColumn {
  readonly name: string;
  same(row: number, other: number): boolean;
  distance(row: number, other: number): number;
  value(row: number): FeatureValue;
  normalValue(at: number): FeatureValue;
  mixedValue(row: number, other: number, weight: number): FeatureValue;
  mixed(
    rows: Uint32Array,
    others: Uint32Array,
    weight: (k: number) => number,
  ): NumericColumn | CategoricalColumn;
  normal(): NormalRange;
}

/**
 * The columns that a model reads, of rows and of normal rows.
 * @param known what numbers of training were like, where `normals` are too few to tell
 * @throws HypersphereError `schema-mismatch` for tables without those columns
 */
export function tableUnits(
  table: Table,
  normals: Table,
  schema: FeatureSchema,
  known?: KnownRange,
): TableUnits {
  const [own, other] = [new RawValues(table, schema), new RawValues(normals, schema)];
  const names = inputColumns(schema);
  const columns: readonly UnitColumn[] = [
    ...names.numeric.map((name, k) =>
      numericUnit(name, own.numericColumn(k), other.numericColumn(k), known?.(name)),
    ),
    ...names.categorical.map((name, k) =>
      categoricalUnit(name, textsOf(own.categoricalColumn(k)), textsOf(other.categoricalColumn(k))),
    ),
  ];
  const { length: count } = columns;
  const ranges = new Map<number, NormalRange>();
  return {
    count,
    normals: normals.rowCount,
    names: columns.map(({ name }) => name),
    mix: (rows, others, weights) =>
      makeTable(
        columns.map((column, unit) => column.mixed(rows, others, (k) => weights[k * count + unit]!)),
        table.source,
      ),
    same: (row, at, unit) => columns[unit]!.same(row, at),
    distance: (row, at) => columns.reduce((sum, column) => sum + column.distance(row, at), 0),
    sums: (values) => Float64Array.from(values),
    value: (row, unit) => columns[unit]!.value(row),
    normalValue: (at, unit) => columns[unit]!.normalValue(at),
    mixedValue: (row, at, unit, weight) => columns[unit]!.mixedValue(row, at, weight),
    changes: {
      most: MOST_CHANGES,
      gradual: true,
      growing: (contributions, differing, most) => prefixes(byContribution(differing, contributions), most),
      size: (units) => units.length,
      described: (row, at, units, weight) =>
        units.map((unit) => {
          const { name, value, mixedValue } = columns[unit]!;
          return { feature: name, from: value(row), to: mixedValue(row, at, weight) };
        }),
    },
    normal(unit) {
      const known = ranges.get(unit) ?? columns[unit]!.normal();
      ranges.set(unit, known);
      return known;
    },
  };
}

type Numbers = Float64Array | Float32Array;

function numericUnit(
  name: string,
  own: Numbers,
  normal: Numbers,
  known: ReturnType<KnownRange> | undefined,
): UnitColumn {
  const present = Float64Array.from(normal).filter((value) => Number.isFinite(value));
  const whole = present.every(Number.isInteger);
  const { low, high, spread } = known ?? rangeOf(present);
  const between = (a: number, b: number, weight: number): number => {
    if (weight === 1) return a;
    if (weight === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return b;
    const value = Math.min(high, Math.max(low, weight * a + (1 - weight) * b));
    return whole ? Math.round(value) : value;
  };
  return {
    name,
    same: (row, at) => Object.is(own[row]! + 0, normal[at]! + 0),
    distance(row, at) {
      const difference = Math.abs(own[row]! - normal[at]!) / spread;
      if (difference < FAR) return difference;
      return Number.isNaN(own[row]!) && Number.isNaN(normal[at]!) ? 0 : FAR;
    },
    value: (row) => cell(own[row]!),
    normalValue: (at) => cell(normal[at]!),
    mixedValue: (row, at, weight) => cell(between(own[row]!, normal[at]!, weight)),
    mixed: (rows, others, weight) => ({
      kind: "numeric",
      name,
      values: Float64Array.from(rows, (row, k) => between(own[row]!, normal[others[k]!]!, weight(k))),
    }),
    normal() {
      const [p1, median, p99] =
        present.length === 0 ? [Number.NaN, Number.NaN, Number.NaN] : quantiles(present, [0.01, 0.5, 0.99]);
      return { kind: "numbers", low: p1!, median: median!, high: p99! };
    },
  };
}

interface Texts {
  /** [rows] the place of each row's text, 0 where it is missing. */
  readonly places: Int32Array;
  readonly texts: readonly string[];
}

const textsOf = ({ codes, texts }: { codes: Int32Array; texts: readonly string[] }): Texts => ({
  places: codes.map((code) => code + 1),
  texts,
});

function categoricalUnit(name: string, own: Texts, normal: Texts): UnitColumn {
  // One list of texts for both: the first stands for a missing value in either.
  const levels = [...new Set([...own.texts.slice(1), ...normal.texts.slice(1)])];
  const codeOf = new Map(levels.map((text, code) => [text, code]));
  const coded = ({ places, texts }: Texts): Int32Array => {
    const codes = texts.map((text, place) => (place === 0 ? -1 : codeOf.get(text)!));
    return Int32Array.from(places, (place) => codes[place]!);
  };
  const [a, b] = [coded(own), coded(normal)];
  const text = (code: number): string | null => levels[code] ?? null;
  return {
    name,
    same: (row, at) => a[row] === b[at],
    distance: (row, at) => (a[row] === b[at] ? 0 : FAR),
    value: (row) => text(a[row]!),
    normalValue: (at) => text(b[at]!),
    mixedValue: (row, at, weight) => text(weight === 1 ? a[row]! : b[at]!),
    mixed: (rows, others, weight) => ({
      kind: "categorical",
      name,
      codes: Int32Array.from(rows, (row, k) => (weight(k) === 1 ? a[row]! : b[others[k]!]!)),
      levels,
    }),
    normal() {
      const counts = new Map<number, number>();
      for (const code of b) counts.set(code, (counts.get(code) ?? 0) + 1);
      const most = [...counts].sort((x, y) => y[1] - x[1] || x[0] - y[0]).slice(0, LISTED);
      return {
        kind: "texts",
        texts: most.map(([code, rows]) => ({ text: text(code), share: rows / b.length })),
      };
    },
  };
}

function rangeOf(values: Float64Array): ReturnType<KnownRange> {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return { low, high, spread: deviation(values) || 1 };
}

const cell = (value: number): FeatureValue => (Number.isNaN(value) ? null : value);

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0));
}
