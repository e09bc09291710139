// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { SharedBackboneOptions } from "../backbone/option-types.js";
import type { Given } from "../fit/common-options.js";
import type { SharedAugmentOptions, SharedCalibrationOptions } from "../fit/option-types.js";
import type { SharedMapInputOptions, SharedMapOptions } from "../maps/option-types.js";

/** Options of patch-gaussian, defaults included. */
export interface PatchGaussianOptions
  extends SharedMapInputOptions,
    SharedAugmentOptions,
    SharedBackboneOptions,
    SharedMapOptions,
    SharedCalibrationOptions {
  /**
   * Sides of the patches, in pixels; the maps of several sizes are averaged. (each ≥ 2, ≤ 24; default [8])
   */
  readonly patchSizes: readonly number[];
  /** Pixels from one patch to the next. (whole number; ≥ 1, ≤ 16; default 4) */
  readonly patchStride: number;
  /**
   * One Gaussian for all patches (global), one for each part of the image, as for parts that are always at
   * the same place (local), or what gives held-out images the higher likelihood (auto; with tiles it is
   * global). (default "auto")
   */
  readonly patchDensity: "auto" | "global" | "local";
  /**
   * Patches, drawn from all training images, that the covariance is taken from. (whole number; ≥ 1000;
   * default 60000)
   */
  readonly maxPatches: number;
  /**
   * Principal components of a patch that are kept; what the others hold is mostly noise. (whole number; ≥ 1,
   * ≤ 1024; default 64)
   */
  readonly components: number;
  /** Variances below this share of the largest are raised to it. (> 0, ≤ 1; default 0.000001) */
  readonly floor: number;
}

/** Options of patch-gaussian as they are given: all may be left out. */
export type PatchGaussianInput = Given<PatchGaussianOptions>;
