// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";

/** Options of auto, defaults included. */
export interface AutoOptions extends SharedInputOptions, SharedCalibrationOptions {
  /**
   * Of small images, to which transforms is fitted: training in nominal minutes; by default 2. (≥ 0, ≤ 10000)
   */
  readonly minutes?: number | undefined;
  /** Neighbours that the local density is taken from. (whole number; ≥ 1, ≤ 1000; default 5) */
  readonly neighbours: number;
  /**
   * Training rows that neighbours are looked for in; more are sampled down to this many. (whole number; ≥
   * 100, ≤ 1000000; default 5000)
   */
  readonly maxReferences: number;
  /**
   * Training rows that the random encoders are fitted to; more are sampled down to this many. (whole number;
   * ≥ 100; default 50000)
   */
  readonly maxRows: number;
  /** Random encoders. (whole number; ≥ 1, ≤ 100; default 4) */
  readonly members: number;
  /** Units of each random encoder. (whole number; ≥ 1, ≤ 4096; default 256) */
  readonly width: number;
  /** Features that a unit of a random encoder looks at. (whole number; ≥ 1; default 2) */
  readonly inputsPerUnit: number;
  /**
   * How far each encoder moves the origin of its input space, along every feature with a random sign. (≥ 0;
   * default 0.5)
   */
  readonly originOffset: number;
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.3) */
  readonly slope: number;
  /** Shrinkage of the covariance that whitening uses. (> 0, ≤ 1; default 0.0001) */
  readonly shrinkage: number;
  /**
   * Of windows of series: score also where a channel moves less than usual, as a sensor that is stuck, or
   * more. (default false)
   */
  readonly movement: boolean;
}

/** Options of auto as they are given: all may be left out. */
export type AutoInput = Given<AutoOptions>;
