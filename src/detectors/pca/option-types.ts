// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";

/** Options of pca, defaults included. */
export interface PcaOptions extends SharedInputOptions, SharedCalibrationOptions {
  /**
   * Of windows of series: channels by the mean and deviation of their own window (window), or as they are
   * scaled (none). (default "none")
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
  /**
   * Mean squared distance to the principal subspace, or squared Mahalanobis distance to the mean in all
   * directions. (default "reconstruction")
   */
  readonly score: "reconstruction" | "mahalanobis";
  /**
   * Dimensions of the principal subspace: below 1 as many as explain this share of the variance, else their
   * number (reconstruction). (> 0, ≤ 65536; default 0.95)
   */
  readonly components: number;
  /**
   * How far the covariance is moved towards a multiple of the identity; auto is Ledoit and Wolf's
   * (mahalanobis). (default "auto")
   */
  readonly shrinkage: "auto" | number;
}

/** Options of pca as they are given: all may be left out. */
export type PcaInput = Given<PcaOptions>;
