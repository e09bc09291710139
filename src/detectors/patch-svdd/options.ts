import { z } from "zod";
import { INITIALIZATIONS } from "../../nn/parameters.js";
import { calibrationOptions } from "../fit/common-options.js";
import { mapInputOptions, mapOptions } from "../maps/options.js";
import { learningRate, positiveInteger, steps } from "../networks/options.js";
import { CENTRINGS } from "./patch-images.js";

export type { PatchSvddInput, PatchSvddOptions } from "./option-types.js";

/** Every option of PatchSVDD: types, ranges, defaults, flags of the command line and documentation. */
export const patchSvddOptions = z.strictObject({
  ...mapInputOptions,
  scales: z
    .enum(["both", "small", "large"])
    .default("both")
    .describe(
      "Patches that maps are made from: of 32 pixels (small), of 64 (large), or both; images below 128 pixels have small ones only",
    ),
  centring: z
    .enum(CENTRINGS)
    .default("colour")
    .describe("What is subtracted from images: the mean colour, or the mean training image, as published"),
  latentDim: positiveInteger.max(1024).default(64).describe("Dimensions of a patch's embedding"),
  initialization: z
    .enum(INITIALIZATIONS)
    .default("he")
    .describe(
      "Spread of the encoders' starting weights: He's for rectifiers, or PyTorch's default, as published",
    ),
  lambda: z
    .number()
    .min(0)
    .max(1e6)
    .default(1e-3)
    .describe("Weight of the distances between neighbouring patches beside the position task"),
  noise: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe("Standard deviation of the noise, per pixel and per channel, on patches of the position task"),
  learningRate: learningRate.default(1e-4).describe("Learning rate of Adam"),
  steps: steps.default(1200).describe("Optimiser steps"),
  batchSize: positiveInteger
    .max(4096)
    .default(8)
    .describe("Pairs of small patches per step, for each of the two losses"),
  largeBatchSize: positiveInteger
    .max(4096)
    .default(2)
    .describe("Pairs of large patches per step, for each of the two losses"),
  memory: z
    .enum(["global", "position"])
    .default("global")
    .describe("What an embedding is compared with: normal ones of anywhere, or of its own position"),
  memorySize: positiveInteger
    .max(100_000)
    .default(2000)
    .describe("Normal embeddings that are kept for each size of patches: a greedy coreset"),
  memoryPerPosition: positiveInteger
    .max(1000)
    .default(16)
    .describe("Normal embeddings that are kept for each position (memory position)"),
  whiten: z
    .boolean()
    .default(false)
    .describe("Compare embeddings after whitening, so that all of their directions weigh alike"),
  combine: z
    .enum(["product", "sum"])
    .default("product")
    .describe("How maps of both sizes become one: product as published, or sum of each over its mean"),
  ...mapOptions,
  ...calibrationOptions,
});
