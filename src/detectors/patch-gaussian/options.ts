import { z } from "zod";
import { backboneOptions } from "../backbone/options.js";
import { augmentOptions } from "../fit/augmentation.js";
import { calibrationOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { mapInputOptions, mapOptions } from "../maps/options.js";
import { WHITENING } from "../maps/whitened-patches.js";

export type { PatchGaussianInput, PatchGaussianOptions } from "./option-types.js";

export const PATCH_DENSITIES = ["auto", "global", "local"] as const;

export const patchGaussianOptions = z.strictObject({
  ...mapInputOptions,
  ...augmentOptions,
  ...backboneOptions,
  patchSizes: z
    .array(z.int().min(2).max(24))
    .min(1)
    .max(4)
    .default([8])
    .describe("Sides of the patches, in pixels; the maps of several sizes are averaged"),
  patchStride: z.int().min(1).max(16).default(4).describe("Pixels from one patch to the next"),
  patchDensity: searched(
    z
      .enum(PATCH_DENSITIES)
      .default("auto")
      .describe(
        "One Gaussian for all patches (global), one for each part of the image, as for parts that are always at the same place (local), or what gives held-out images the higher likelihood (auto; with tiles it is global)",
      ),
    { kind: "choice", values: PATCH_DENSITIES },
  ),
  maxPatches: z
    .int()
    .min(1000)
    .default(60_000)
    .describe("Patches, drawn from all training images, that the covariance is taken from"),
  components: searched(
    z
      .int()
      .min(1)
      .max(1024)
      .default(WHITENING.components)
      .describe("Principal components of a patch that are kept; what the others hold is mostly noise"),
    { kind: "number", low: 8, high: 128, log: true, integer: true },
  ),
  floor: z
    .number()
    .gt(0)
    .max(1)
    .default(WHITENING.floor)
    .describe("Variances below this share of the largest are raised to it"),
  ...mapOptions,
  ...calibrationOptions,
});
