/** How raw columns become the numbers that a network sees. Plain data: it is stored in the model's card. */
import type { NumberNotation } from "../data/index.js";

export const SCALINGS = ["standard", "robust", "min-max", "quantile"] as const;
export type Scaling = (typeof SCALINGS)[number];

/** A numeric column. */
export interface NumericFeature {
  readonly name: string;
  /** Median of the training rows: stands in for missing values. */
  readonly fill: number;
  /** Subtracted from a value, which is then divided by `scale`; 0 for quantile scaling. */
  readonly center: number;
  /** Divides what is left; 1 for quantile scaling. */
  readonly scale: number;
  /** Ascending distinct quantiles of the training rows, for quantile scaling only. */
  readonly knots?: readonly number[];
  /** Least value of the training rows. */
  readonly min: number;
  /** Greatest value of the training rows. */
  readonly max: number;
  /** Training rows without a value. */
  readonly missing: number;
  /** True where all values of the training rows are whole numbers; else absent. */
  readonly whole?: boolean;
  /** How the cells of training rows wrote numbers, where they carried more than digits and a point. */
  readonly notation?: NumberNotation;
}

/** A categorical column. */
export interface CategoricalFeature {
  readonly name: string;
  /** Known texts; the empty text stands for a missing value, where training rows had some. */
  readonly levels: readonly string[];
  /** Share of the training rows of each level, and last of all other, rarer ones together. */
  readonly shares: readonly number[];
  /** Training rows without a value. */
  readonly missing: number;
}

/** A level's indicator is divided by its standard deviation, but by no less than that of a share of one per cent. */
const RAREST_SHARE = 0.01;

/** What divides the indicator of a level that a share of the training rows has. */
export function standardDeviation(share: number): number {
  const bounded = Math.min(Math.max(share, RAREST_SHARE), 1 - RAREST_SHARE);
  return Math.sqrt(bounded * (1 - bounded));
}

/** A column that the model does not use. */
export interface DroppedColumn {
  readonly name: string;
  readonly reason: string;
}

/** A column with one value in all training rows. It tells none of them apart, and another value in it is news. */
export interface ConstantColumn {
  readonly name: string;
  /** A number, a text, or null where every cell was missing. */
  readonly value: number | string | null;
  /** True where the model was adapted to rows in which it varies: the model still reads it, and sees no change in it. */
  readonly ignored?: boolean;
}

/** Columns of a row or of a time step. */
export interface FeatureSchema {
  /** How numeric columns are scaled. */
  readonly scaling: Scaling;
  /** In the order of the model's input `numeric`, which constant columns of numbers follow where they are watched. */
  readonly numeric: readonly NumericFeature[];
  /** In the order of the model's input `categorical`, which other constant columns follow where they are watched. */
  readonly categorical: readonly CategoricalFeature[];
  readonly dropped: readonly DroppedColumn[];
  /** Columns that did not vary, which are among `dropped` as well; absent in models of version 0.1. */
  readonly constant?: readonly ConstantColumn[];
  /** Whether the model reads constant columns too, and raises the score of a row in which one has changed. */
  readonly watched?: boolean;
}

/** What a change in a column that did not vary in training does: raise the row's score, or nothing. */
export const CONSTANT_COLUMNS = ["watch", "ignore"] as const;
export type ConstantColumns = (typeof CONSTANT_COLUMNS)[number];

/** Columns of numbers that did not vary. */
export const numericConstants = ({
  constant = [],
}: FeatureSchema): readonly (ConstantColumn & {
  readonly value: number;
})[] =>
  constant.filter((column): column is ConstantColumn & { value: number } => typeof column.value === "number");

/** Columns of texts that did not vary, and columns without any value. */
export const textConstants = ({
  constant = [],
}: FeatureSchema): readonly (ConstantColumn & {
  readonly value: string | null;
})[] =>
  constant.filter(
    (column): column is ConstantColumn & { value: string | null } => typeof column.value !== "number",
  );

/** Names of the columns that a model reads, in the order of its inputs. */
export function inputColumns(
  schema: FeatureSchema,
): Readonly<Record<"numeric" | "categorical", readonly string[]>> {
  const watched = <T>(columns: readonly T[]): readonly T[] => (schema.watched ? columns : []);
  const names = (...lists: readonly (readonly { readonly name: string }[])[]): string[] =>
    lists.flat().map(({ name }) => name);
  return {
    numeric: names(schema.numeric, watched(numericConstants(schema))),
    categorical: names(schema.categorical, watched(textConstants(schema))),
  };
}

/** Numbers that a row becomes: one per numeric column, and one per level and one for all others per categorical one. */
export function featureCount({ numeric, categorical }: FeatureSchema): number {
  return categorical.reduce((count, { levels }) => count + levels.length + 1, numeric.length);
}

/** For each of these numbers the place of its column, numeric ones before categorical ones. */
export function featureColumns({ numeric, categorical }: FeatureSchema): Uint32Array {
  return Uint32Array.from([
    ...numeric.keys(),
    ...categorical.flatMap(({ levels }, k) => Array(levels.length + 1).fill(numeric.length + k)),
  ]);
}
