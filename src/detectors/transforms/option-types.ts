// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";
import type { SharedHoldOutOptions } from "../networks/option-types.js";

/** Options of transforms, defaults included. */
export interface TransformsOptions
  extends Omit<SharedInputOptions, "imageSize" | "contrast">,
    SharedHoldOutOptions,
    SharedCalibrationOptions {
  /**
   * Longer side, in pixels, that images are resized to; by default their own, up to as many pixels as 32 x 32
   * have. (whole number; ≥ 8, ≤ 256)
   */
  readonly imageSize?: number | undefined;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none. (default
   * "none")
   */
  readonly contrast: "gcn" | "none";
  /**
   * How improbable the network finds the transforms of an image (likelihood), how far its features are from
   * normal ones as a whole (features) and from the nearest one (neighbours), or all three (joined). (default
   * "joined")
   */
  readonly score: "joined" | "likelihood" | "features" | "neighbours";
  /**
   * Training in nominal minutes, of 60 x 80 GFLOP each: the same steps on every machine. Two quiet cores take
   * one to two minutes for one. (≥ 0, ≤ 10000; default 2)
   */
  readonly minutes: number;
  /**
   * Channels of the encoder's first layer; its three blocks have two, four and eight times as many. (whole
   * number; ≥ 1, ≤ 256; default 16)
   */
  readonly encoderWidth: number;
  /** Slope of LeakyReLU below zero. (≥ 0, < 1; default 0.1) */
  readonly slope: number;
  /**
   * What comes in where an image was moved away: black (zero), its own edge in a mirror (reflection), or the
   * former for grey images and the latter for colour (auto). (default "auto")
   */
  readonly padding: "auto" | "zero" | "reflection";
  /**
   * Whether half of the training images are seen in a mirror; auto is yes for colour, no for grey. (default
   * "auto")
   */
  readonly mirror: "auto" | "yes" | "no";
  /**
   * Images in a step, each in four rotations; at most as many as there are. (whole number; ≥ 1, ≤ 4096;
   * default 64)
   */
  readonly batchSize: number;
  /**
   * Learning rate of AdamW at its highest, after a twentieth of the steps; it falls to zero. (> 0, ≤ 1;
   * default 0.002)
   */
  readonly learningRate: number;
  /** Weight decay of AdamW. (≥ 0, ≤ 1; default 0.05) */
  readonly weightDecay: number;
  /**
   * Statistics of batch normalisation in the untrained control: of training images (measured), or mean 0 and
   * variance 1 (identity). (default "measured")
   */
  readonly untrainedStatistics: "measured" | "identity";
}

/** Options of transforms as they are given: all may be left out. */
export type TransformsInput = Given<TransformsOptions>;
