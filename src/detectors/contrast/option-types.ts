// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";

/** Options of contrast, defaults included. */
export interface ContrastOptions extends SharedInputOptions, SharedCalibrationOptions {
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
   * Of windows: score also where a channel moves less than usual, as a sensor that is stuck, or more.
   * (default false)
   */
  readonly movement: boolean;
  /**
   * Filters of the first convolution; the others have 2, 1 and 0.5 times as many (published: 128). (whole
   * number; ≥ 4, ≤ 512; default 64)
   */
  readonly filters: number;
  /** Optimiser steps of training. (whole number; ≥ 0, ≤ 100000; default 200) */
  readonly steps: number;
  /**
   * First steps that learn also which of two windows comes before the other. (whole number; ≥ 0; default 20)
   */
  readonly orderSteps: number;
  /** Windows in a step, with one neighbour each (published: 512). (whole number; ≥ 2, ≤ 4096; default 256) */
  readonly batchSize: number;
  /** Steps that a neighbour lies before or after at most. (whole number; ≥ 1, ≤ 1000; default 2) */
  readonly shift: number;
  /** How much farther than its neighbour the farthest window of a batch should be. (> 0, ≤ 2; default 0.5) */
  readonly margin: number;
  /** Learning rate at the start; it falls to a tenth. (> 0, ≤ 1; default 0.0001) */
  readonly learningRate: number;
  /** Weight decay of AdamW. (≥ 0, ≤ 1; default 0.0001) */
  readonly weightDecay: number;
  /** Windows of the memory that the score is the mean distance to. (whole number; ≥ 1, ≤ 100; default 3) */
  readonly nearest: number;
  /**
   * Share of the training windows that is remembered, at least 500 and at most 2000 of them. (> 0, ≤ 1;
   * default 0.1)
   */
  readonly memoryShare: number;
  /**
   * Training windows that the memory is chosen from; of more, so many are drawn at random. (whole number; ≥
   * 100, ≤ 1000000; default 10000)
   */
  readonly maxWindows: number;
}

/** Options of contrast as they are given: all may be left out. */
export type ContrastInput = Given<ContrastOptions>;
