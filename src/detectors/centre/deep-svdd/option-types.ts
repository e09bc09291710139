// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { SharedBackboneVectorOptions } from "../../backbone/option-types.js";
import type { Given } from "../../fit/common-options.js";
import type {
  SharedAugmentOptions,
  SharedCalibrationOptions,
  SharedInputOptions,
} from "../../fit/option-types.js";
import type { SharedSlidingMapOptions } from "../../maps/option-types.js";
import type { SharedHoldOutOptions, SharedNetworkOptions } from "../../networks/option-types.js";
import type { SharedPretrainingOptions, SharedSphereOptions, SharedStageOptions } from "../option-types.js";

/** Options that several detectors have, defaults included. */
export interface SharedObjectiveOptions {
  /**
   * Mean squared distance to the centre, or a radius with slack for a share nu of the rows. (default
   * "one-class")
   */
  readonly objective: "one-class" | "soft-boundary";
  /** Share of training rows that may lie outside (soft-boundary). (> 0, ≤ 1; default 0.1) */
  readonly nu: number;
  /**
   * Epochs before the radius is set for the first time (soft-boundary). (whole number; ≥ 0, ≤ 100000; default
   * 10)
   */
  readonly warmupEpochs: number;
}

/** Options of deep-svdd, defaults included. */
export interface DeepSvddOptions
  extends Omit<SharedInputOptions, "contrast">,
    SharedSlidingMapOptions,
    SharedAugmentOptions,
    SharedBackboneVectorOptions,
    SharedNetworkOptions,
    SharedPretrainingOptions,
    SharedSphereOptions,
    SharedObjectiveOptions,
    Omit<SharedStageOptions, "steps" | "learningRate">,
    SharedHoldOutOptions,
    SharedCalibrationOptions {
  /**
   * Optimiser steps of compactness training, rounded to whole epochs; by default 300, and 100 for tables
   * unless epochs, learningRate or the soft boundary is asked for. (whole number; ≥ 1, ≤ 1000000000)
   */
  readonly steps?: number | undefined;
  /**
   * Learning rate of compactness training; by default 1e-4, and 3e-4 with the 100 steps for tables. (> 0, ≤
   * 1)
   */
  readonly learningRate?: number | undefined;
}

/** Options of deep-svdd as they are given: all may be left out. */
export type DeepSvddInput = Given<DeepSvddOptions>;
