// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { SharedBackboneVectorOptions } from "../backbone/option-types.js";
import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";

/** Options of knn, defaults included. */
export interface KnnOptions
  extends SharedInputOptions,
    SharedBackboneVectorOptions,
    SharedCalibrationOptions {
  /** Neighbours that are looked at. (whole number; ≥ 1, ≤ 10000; default 5) */
  readonly k: number;
  /**
   * The score: distance to the farthest of the neighbours, or the mean, median or root mean square of the
   * distances. (default "largest")
   */
  readonly method: "largest" | "mean" | "median" | "root-mean-square";
  /**
   * Training rows that are searched at most; of more, so many are drawn at random. (whole number; ≥ 2, ≤
   * 10000000; default 20000)
   */
  readonly maxRows: number;
}

/** Options of knn as they are given: all may be left out. */
export type KnnInput = Given<KnnOptions>;
