import type { Dataset } from "../data/index.js";

/** A number, a text, or null where it is missing. */
export type FeatureValue = number | string | null;

/** What a unit usually is among normal observations. */
export type NormalRange =
  | {
      readonly kind: "numbers";
      /** The 1st percentile, the median and the 99th of the normal rows that have a value. */
      readonly low: number;
      readonly median: number;
      readonly high: number;
    }
  | {
      readonly kind: "texts";
      /** The most frequent ones, at most three, and the share of normal rows that has each. */
      readonly texts: readonly { readonly text: string | null; readonly share: number }[];
    };

/**
 * Observations, and normal ones beside them, as parts that can be exchanged between both: columns of a table, stretches
 * of channels, patches of images. Explanations are about these parts.
 */
export interface Units<D extends Dataset = Dataset> {
  /** Parts of an observation. */
  readonly count: number;
  /** Normal observations. */
  readonly normals: number;
  readonly names: readonly string[];
  /**
   * Observations that are a mixture of two: of `rows[k]` by the share `weights[k * count + unit]`, and of the normal
   * `others[k]` by the rest. Between 0 and 1 numbers lie on the line between both; texts are those of the normal one.
   */
  mix(rows: Uint32Array, others: Uint32Array, weights: Float32Array): D;
  /** Whether the part is the same in both, so that exchanging it changes nothing. */
  same(row: number, other: number, unit: number): boolean;
  /** How far a normal observation is from a row; a part that is far off counts no more than one that differs. */
  distance(row: number, other: number): number;
  /**
   * [count] sums over what belongs to each part.
   * @param values of an observation, as the output `contribution` of a model has them
   * @param shape of them
   */
  sums(values: Float32Array, shape: readonly number[]): Float64Array;
  value(row: number, unit: number): FeatureValue;
  /** The value that `mix` gives the part. */
  mixedValue(row: number, other: number, unit: number, weight: number): FeatureValue;
  normal(unit: number): NormalRange;
  /** Whether a change of a few parts is something that a person can read: so it is of columns. */
  readonly changeable: boolean;
  /** Of windows the steps of a part. */
  readonly steps?: (unit: number) => { readonly from: number; readonly to: number };
}
