import { z } from "zod";
import { backboneVectorOptions } from "../../backbone/options.js";
import { augmentOptions } from "../../fit/augmentation.js";
import { calibrationOptions, inputOptions } from "../../fit/common-options.js";
import { holdOutOptions, networkOptions } from "../../networks/options.js";
import { synthesisOptions } from "../../networks/synthesis-options.js";
import { batchOptions, pretrainingOptions, sphereOptions, stageOptions } from "../options.js";

export type { DeepSadInput, DeepSadOptions } from "./option-types.js";

export const NORMALIZERS = ["joint", "separate"] as const;

/** Every option of Deep SAD. What means the same as in Deep SVDD is the same option. */
export const deepSadOptions = z.strictObject({
  ...inputOptions,
  ...augmentOptions,
  ...backboneVectorOptions,
  ...networkOptions,
  ...pretrainingOptions,
  ...sphereOptions,
  eta: z
    .number()
    .positive()
    .max(1e6)
    .default(1)
    .describe(
      "Weight of labelled rows, each against an unlabelled one (joint) or all against all (separate)",
    ),
  normalizer: z
    .enum(NORMALIZERS)
    .default("joint")
    .describe(
      "One mean over all rows as in the paper, or one over normals plus eta times one over anomalies",
    ),
  push: z
    .enum(["inverse", "hinge"])
    .default("inverse")
    .describe("What drives labelled anomalies away: 1 / (d^2 + epsilon), or max(0, margin - d)^2"),
  epsilon: z
    .number()
    .min(1e-6)
    .max(1)
    .default(1e-3)
    .describe(
      "Keeps the drive finite at the centre; below 1e-3 gradients get large enough to upset training",
    ),
  margin: z
    .number()
    .positive()
    .default(3)
    .describe("Distance beyond which labelled anomalies are left alone (hinge)"),
  relativeDistances: z
    .boolean()
    .default(true)
    .describe("Measure d^2 in units of its mean over training rows at the start; the paper does not"),
  ...synthesisOptions,
  ...batchOptions,
  ...stageOptions,
  steps: stageOptions.steps
    .unwrap()
    .default(1000)
    .describe("Optimiser steps of training, rounded to whole epochs"),
  learningRate: stageOptions.learningRate.unwrap().default(3e-4).describe("Learning rate of training"),
  ...holdOutOptions,
  ...calibrationOptions,
});
