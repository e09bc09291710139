// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";

/** Options of isolation-forest, defaults included. */
export interface IsolationForestOptions
  extends Omit<SharedInputOptions, "scaling">,
    SharedCalibrationOptions {
  /**
   * How numeric columns are scaled; of consequence only with an extensionLevel above 0. (default "standard")
   */
  readonly scaling: "standard" | "robust" | "min-max" | "quantile";
  /** Trees in the forest. (whole number; ≥ 1, ≤ 100000; default 100) */
  readonly trees: number;
  /**
   * Rows that each tree sees: a number from 2, a share of at most 1, or auto, which is 256. (default "auto")
   */
  readonly maxSamples: "auto" | number;
  /** Features that each tree may look at: a number from 2, or a share of at most 1. (> 0; default 1) */
  readonly maxFeatures: number;
  /** Draw the rows of a tree with replacement; a row that comes again counts once. (default false) */
  readonly bootstrap: boolean;
  /**
   * 0 splits along single features; from 1 on by hyperplanes that are slanted along one feature more than
   * this. (whole number; ≥ 0; default 0)
   */
  readonly extensionLevel: number;
}

/** Options of isolation-forest as they are given: all may be left out. */
export type IsolationForestInput = Given<IsolationForestOptions>;
