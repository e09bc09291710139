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

/** A column that the model does not use. */
export interface DroppedColumn {
  readonly name: string;
  readonly reason: string;
}

/** Columns of a row or of a time step. */
export interface FeatureSchema {
  /** How numeric columns are scaled. */
  readonly scaling: Scaling;
  /** In the order of the model's input `numeric`. */
  readonly numeric: readonly NumericFeature[];
  /** In the order of the model's input `categorical`. */
  readonly categorical: readonly CategoricalFeature[];
  readonly dropped: readonly DroppedColumn[];
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
