import { z } from "zod";
import { INITIALIZATIONS } from "../../nn/parameters.js";
import { calibrationOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { mapInputOptions, mapOptions } from "../maps/options.js";
import { learningRate, positiveInteger, steps } from "../networks/options.js";
import { CENTRINGS } from "./patch-images.js";

export type { PatchSvddInput, PatchSvddOptions } from "./option-types.js";

export const PATCH_STARTS = ["standardised", ...INITIALIZATIONS] as const;

/** Every option of PatchSVDD: types, ranges, defaults, flags of the command line and documentation. */
export const patchSvddOptions = z.strictObject({
  ...mapInputOptions,
  scales: z
    .enum(["both", "small", "large"])
    .default("small")
    .describe(
      "Patches that maps are made from: of 32 pixels (small), of 64 (large), or both; images below 128 pixels have small ones only",
    ),
  centring: z
    .enum(CENTRINGS)
    .default("colour")
    .describe("What is subtracted from images: the mean colour, or the mean training image, as published"),
  encoderWidth: positiveInteger
    .max(256)
    .default(16)
    .describe(
      "Channels of the encoder's first layer, of which its widest have four times as many; 32 as published",
    ),
  latentDim: positiveInteger.max(1024).default(64).describe("Dimensions of a patch's embedding"),
  initialization: z
    .enum(PATCH_STARTS)
    .default("standardised")
    .describe(
      "The encoders' starting weights: scaled and shifted until all channels have mean 0 and deviation 1 over training images (standardised), as He et al. propose (he), or PyTorch's default, as published (pytorch)",
    ),
  lambda: searched(
    z
      .number()
      .min(0)
      .max(1e6)
      .default(1e-3)
      .describe("Weight of the distances between neighbouring patches beside the position task"),
    { kind: "number", low: 1e-5, high: 1e-1, log: true },
  ),
  noise: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe("Standard deviation of the noise, per pixel and per channel, on the patches of pairs"),
  learningRate: searched(learningRate.default(1e-4).describe("Learning rate of Adam"), {
    kind: "number",
    low: 1e-5,
    high: 1e-3,
    log: true,
  }),
  steps: steps.default(400).describe("Optimiser steps"),
  cropsPerStep: positiveInteger
    .max(256)
    .default(2)
    .describe("Crops of training images per step: encoders see all patches of a crop, in two views"),
  pairsPerCrop: positiveInteger
    .max(4096)
    .default(128)
    .describe("Pairs of patches of each size per crop, for each of the two losses"),
  keep: z
    .enum(["better", "trained"])
    .default("better")
    .describe(
      "Which encoders the model scores with: the trained ones, or those before training where they find defects that are drawn into held-out images better (better); or always the trained ones (trained)",
    ),
  memory: z
    .enum(["auto", "global", "position"])
    .default("auto")
    .describe(
      "What a patch is compared with: normal patches from anywhere (global), from its own place (position), or those that held-out normal patches are nearer to (auto; in tiles global)",
    ),
  memorySize: positiveInteger
    .max(100_000)
    .optional()
    .describe(
      "Normal patches that are remembered at most, of each size; by default 2000, or 8 of each position",
    ),
  whiten: z
    .boolean()
    .default(true)
    .describe("Compare embeddings after whitening, so that all of their directions weigh alike"),
  combine: z
    .enum(["product", "sum"])
    .default("product")
    .describe("How maps of both sizes become one: product as published, or sum of each over its mean"),
  ...mapOptions,
  // A memory of a few patches for each place needs fewer images than steady moments of distances do.
  validationFraction: mapOptions.validationFraction
    .unwrap()
    .default(0.3)
    .describe("Share of the training normals that the maps are calibrated on"),
  ...calibrationOptions,
});
