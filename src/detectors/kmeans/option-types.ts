// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";

/** Options of kmeans, defaults included. */
export interface KmeansOptions extends SharedInputOptions, SharedCalibrationOptions {
  /**
   * Of windows of series: channels by the mean and deviation of their own window (window), or as they are
   * scaled (none). (default "window")
   */
  readonly normalise: "window" | "none";
  /**
   * Of windows that are normalised: score also what that hides, how far single steps and levels are from the
   * usual. (default true)
   */
  readonly amplitude: boolean;
  /**
   * Of windows that are normalised: score also how much single steps stand out from usual frequencies
   * (spectral residual). (default false)
   */
  readonly singleSteps: boolean;
  /**
   * Of windows that are normalised: score also where a channel moves less than usual, as a sensor that is
   * stuck, or more. (default false)
   */
  readonly movement: boolean;
  /** Centres. (whole number; ≥ 1, ≤ 10000; default 20) */
  readonly clusters: number;
  /**
   * Training rows that centres are made of at most; of more, so many are drawn at random. (whole number; ≥
   * 100, ≤ 10000000; default 20000)
   */
  readonly maxRows: number;
}

/** Options of kmeans as they are given: all may be left out. */
export type KmeansInput = Given<KmeansOptions>;
