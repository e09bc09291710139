// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions } from "../fit/option-types.js";
import type { SharedMapInputOptions, SharedMapOptions } from "../maps/option-types.js";

/** Options of patch-svdd, defaults included. */
export interface PatchSvddOptions
  extends SharedMapInputOptions,
    Omit<SharedMapOptions, "validationFraction">,
    SharedCalibrationOptions {
  /**
   * Patches that maps are made from: of 32 pixels (small), of 64 (large), or both; images below 128 pixels
   * have small ones only. (default "small")
   */
  readonly scales: "both" | "small" | "large";
  /**
   * What is subtracted from images: the mean colour, or the mean training image, as published. (default
   * "colour")
   */
  readonly centring: "colour" | "image";
  /**
   * Channels of the encoder's first layer, of which its widest have four times as many; 32 as published.
   * (whole number; ≥ 1, ≤ 256; default 16)
   */
  readonly encoderWidth: number;
  /** Dimensions of a patch's embedding. (whole number; ≥ 1, ≤ 1024; default 64) */
  readonly latentDim: number;
  /**
   * The encoders' starting weights: scaled and shifted until all channels have mean 0 and deviation 1 over
   * training images (standardised), as He et al. propose (he), or PyTorch's default, as published (pytorch).
   * (default "standardised")
   */
  readonly initialization: "standardised" | "he" | "pytorch";
  /**
   * Weight of the distances between neighbouring patches beside the position task. (≥ 0, ≤ 1000000; default
   * 0.001)
   */
  readonly lambda: number;
  /**
   * Standard deviation of the noise, per pixel and per channel, on the patches of pairs. (≥ 0, ≤ 1; default
   * 0.02)
   */
  readonly noise: number;
  /** Learning rate of Adam. (> 0, ≤ 1; default 0.0001) */
  readonly learningRate: number;
  /** Optimiser steps. (whole number; ≥ 1, ≤ 1000000000; default 400) */
  readonly steps: number;
  /**
   * Crops of training images per step: encoders see all patches of a crop, in two views. (whole number; ≥ 1,
   * ≤ 256; default 2)
   */
  readonly cropsPerStep: number;
  /**
   * Pairs of patches of each size per crop, for each of the two losses. (whole number; ≥ 1, ≤ 4096; default
   * 128)
   */
  readonly pairsPerCrop: number;
  /**
   * Which encoders the model scores with: the trained ones, or those before training where they find defects
   * that are drawn into held-out images better (better); or always the trained ones (trained). (default
   * "better")
   */
  readonly keep: "better" | "trained";
  /**
   * What a patch is compared with: normal patches from anywhere (global), from its own place (position), or
   * those that held-out normal patches are nearer to (auto; in tiles global). (default "auto")
   */
  readonly memory: "auto" | "global" | "position";
  /**
   * Normal patches that are remembered at most, of each size; by default 2000, or 8 of each position. (whole
   * number; ≥ 1, ≤ 100000)
   */
  readonly memorySize?: number | undefined;
  /** Compare embeddings after whitening, so that all of their directions weigh alike. (default true) */
  readonly whiten: boolean;
  /**
   * How maps of both sizes become one: product as published, or sum of each over its mean. (default
   * "product")
   */
  readonly combine: "product" | "sum";
  /** Share of the training normals that the maps are calibrated on. (> 0, < 0.9; default 0.3) */
  readonly validationFraction: number;
}

/** Options of patch-svdd as they are given: all may be left out. */
export type PatchSvddInput = Given<PatchSvddOptions>;
