// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions } from "../fit/option-types.js";
import type { SharedMapInputOptions, SharedMapOptions } from "../maps/option-types.js";

/** Options of fcdd, defaults included. */
export interface FcddOptions extends SharedMapInputOptions, SharedMapOptions, SharedCalibrationOptions {
  /**
   * What is learned: which pixels are of a defect (pixel), or which images have one, as published (image).
   * (default "pixel")
   */
  readonly loss: "pixel" | "image";
  /**
   * Defects drawn into normal images: confetti as published, synthetic ones, or half of each (mix). (default
   * "mix")
   */
  readonly drawnDefects: "mix" | "confetti" | "synthetic";
  /** Channels at full, half and quarter resolution. (each ≥ 1, ≤ 512; default [16,32,64]) */
  readonly mapWidths: readonly number[];
  /** Slope of LeakyReLU below zero. (≥ 0, < 1; default 0.1) */
  readonly slope: number;
  /**
   * Side, in pixels, of the squares cut from images to learn from; smaller images are taken whole. (whole
   * number; ≥ 32, ≤ 1024; default 128)
   */
  readonly cropSize: number;
  /** Crops in a step, half of them with a defect. (whole number; ≥ 2, ≤ 256; default 32) */
  readonly batchSize: number;
  /**
   * Share of the crops with a defect that are of labelled defects or outliers, where there are any. (≥ 0, ≤
   * 1; default 0.5)
   */
  readonly defectShare: number;
  /** Optimiser steps of training. (whole number; ≥ 0, ≤ 100000; default 300) */
  readonly steps: number;
  /** Steps over which the learning rate rises; it then falls to zero. (whole number; ≥ 0; default 20) */
  readonly warmUp: number;
  /** Learning rate at its highest. (> 0, ≤ 1; default 0.001) */
  readonly learningRate: number;
  /** Weight decay of Adam. (≥ 0, ≤ 1; default 0.00001) */
  readonly weightDecay: number;
  /** Longer gradients are shortened to this length. (> 0; default 1) */
  readonly clip: number;
}

/** Options of fcdd as they are given: all may be left out. */
export type FcddInput = Given<FcddOptions>;
