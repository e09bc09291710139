// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { SharedBackboneOptions } from "../backbone/option-types.js";
import type { Given } from "../fit/common-options.js";
import type { SharedAugmentOptions, SharedCalibrationOptions } from "../fit/option-types.js";
import type { SharedMapInputOptions, SharedMapOptions } from "../maps/option-types.js";

/** Options of patch-memory, defaults included. */
export interface PatchMemoryOptions
  extends SharedMapInputOptions,
    SharedAugmentOptions,
    SharedBackboneOptions,
    SharedMapOptions,
    SharedCalibrationOptions {
  /**
   * What a patch is compared with: normal patches from anywhere (global), or from its own position
   * (position), for parts that are always at the same place. (default "global")
   */
  readonly patchMemory: "global" | "position";
  /**
   * Normal patches that are remembered at most; by default 2000, or 8 of each position. (whole number; ≥ 1, ≤
   * 100000)
   */
  readonly memorySize?: number | undefined;
  /**
   * Normal patches, drawn from all training images, that those to remember are chosen from (global). (whole
   * number; ≥ 100, ≤ 1000000; default 20000)
   */
  readonly maxPatches: number;
  /** Side of the patches, in pixels, where there is no backbone. (whole number; ≥ 2, ≤ 24; default 8) */
  readonly patchSize: number;
  /** Pixels from one patch to the next, where there is no backbone. (whole number; ≥ 1, ≤ 16; default 4) */
  readonly patchStride: number;
}

/** Options of patch-memory as they are given: all may be left out. */
export type PatchMemoryInput = Given<PatchMemoryOptions>;
