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

/** A part of an observation that gets other values; of windows in some of its steps. */
export interface FeatureChange {
  /** The column or channel; of images the patch. */
  readonly feature: string;
  /** Of windows: the steps of the window, from 0; `to` is excluded. Values are means over them. */
  readonly steps?: { readonly from: number; readonly to: number };
  readonly from: FeatureValue;
  readonly to: FeatureValue;
}

/** Which parts of an observation may take the values of a normal one, to see whether that makes it normal. */
export interface Changes {
  /** How many parts (of windows: channels) change at most, unless said otherwise. */
  readonly most: number;
  /** Whether a part can stand on the way between both; else it is that of one or the other. */
  readonly gradual: boolean;
  /**
   * Sets of parts that are tried, each larger than the one before: first what contributes most.
   * @param contributions [count]
   * @param differing the parts that differ
   */
  growing(
    contributions: Float64Array,
    differing: readonly number[],
    most: number,
  ): readonly (readonly number[])[];
  /** How much changes: of two changes that make a row normal the one with less is kept. */
  size(units: readonly number[]): number;
  /** A change as a person reads it. @param weight the share of the row that its parts keep */
  described(row: number, other: number, units: readonly number[], weight: number): FeatureChange[];
}

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
  /** The same of a normal observation. */
  normalValue(other: number, unit: number): FeatureValue;
  normal(unit: number): NormalRange;
  readonly changes: Changes;
  /** Of windows the steps of a part. */
  readonly steps?: (unit: number) => { readonly from: number; readonly to: number };
}
