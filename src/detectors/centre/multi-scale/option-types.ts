// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../../fit/common-options.js";
import type {
  SharedAugmentOptions,
  SharedCalibrationOptions,
  SharedInputOptions,
} from "../../fit/option-types.js";
import type { SharedSlidingMapOptions } from "../../maps/option-types.js";
import type { SharedHoldOutOptions, SharedNetworkOptions } from "../../networks/option-types.js";
import type { SharedObjectiveOptions } from "../deep-svdd/option-types.js";
import type { SharedPretrainingOptions, SharedSphereOptions, SharedStageOptions } from "../option-types.js";

/** Options of multi-scale, defaults included. */
export interface MultiScaleOptions
  extends Omit<SharedInputOptions, "contrast">,
    SharedSlidingMapOptions,
    SharedAugmentOptions,
    SharedNetworkOptions,
    SharedPretrainingOptions,
    Omit<SharedSphereOptions, "whiten">,
    SharedObjectiveOptions,
    SharedStageOptions,
    SharedHoldOutOptions,
    SharedCalibrationOptions {
  /**
   * Start compactness training with equal spread in all directions, after every block of at most 1024 units.
   * (default true)
   */
  readonly whiten: boolean;
  /**
   * Distances after each block relative to their mean over normals, or as they are, where the widest block
   * weighs most. (default "standardised")
   */
  readonly combine: "standardised" | "sum";
}

/** Options of multi-scale as they are given: all may be left out. */
export type MultiScaleInput = Given<MultiScaleOptions>;
