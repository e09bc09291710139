import { z } from "zod";
import { backboneVectorOptions } from "../../backbone/options.js";
import { augmentOptions } from "../../fit/augmentation.js";
import { calibrationOptions, inputOptions } from "../../fit/common-options.js";
import { holdOutOptions, networkOptions } from "../../networks/options.js";
import { synthesisOptions } from "../../networks/synthesis-options.js";
import { batchOptions, pretrainingOptions, sphereOptions, stageOptions } from "../options.js";

export type { HscInput, HscOptions } from "./option-types.js";

export const HSC_LOSSES = ["hsc", "bce", "focal"] as const;
export const RADIUS_FUNCTIONS = ["pseudo-huber", "l1", "l2", "l2-squared"] as const;

const { centerFloor: _, ...startOptions } = sphereOptions;

/** Every option of HSC. What means the same as in Deep SVDD is the same option, some with defaults of the paper's. */
export const hscOptions = z.strictObject({
  ...inputOptions,
  ...augmentOptions,
  ...backboneVectorOptions,
  ...networkOptions,
  bias: z.boolean().default(false).describe("Biases in the encoder; the paper has none"),
  activation: networkOptions.activation.unwrap().default("leaky-relu").describe("After each hidden layer"),
  originOffset: networkOptions.originOffset
    .unwrap()
    .default(0)
    .describe(
      "How far each member moves the origin of its input space; at 0 an encoder without biases calls the mean row normal",
    ),
  batchSize: networkOptions.batchSize.unwrap().default(256).describe("Rows per optimiser step"),
  ...pretrainingOptions,
  pretrain: pretrainingOptions.pretrain.unwrap().default(false).describe("Autoencoder pretraining"),
  ...startOptions,
  whiten: startOptions.whiten
    .unwrap()
    .default(false)
    .describe("Start training from a latent space with equal spread in all directions"),
  loss: z
    .enum(HSC_LOSSES)
    .default("hsc")
    .describe("Hypersphere classification, or a plain classifier: cross entropy or focal loss on one logit"),
  radius: z
    .enum(RADIUS_FUNCTIONS)
    .default("pseudo-huber")
    .describe("How far out a latent vector z is (hsc): sqrt(|z|^2 + 1) - 1, |z|_1, |z|, or |z|^2"),
  focalGamma: z
    .number()
    .min(0)
    .max(10)
    .default(2)
    .describe("Focusing parameter of the focal loss: how little easy rows count; 0 is cross entropy (focal)"),
  ...synthesisOptions,
  batches: batchOptions.batches
    .unwrap()
    .default("balanced")
    .describe(
      "balanced: batches of half normals, half negatives, which come again as often as that takes; shuffled: every row once an epoch; auto: balanced where outliers are given",
    ),
  ...stageOptions,
  steps: stageOptions.steps
    .unwrap()
    .default(1000)
    .describe("Optimiser steps of training, rounded to whole epochs"),
  learningRate: stageOptions.learningRate.unwrap().default(1e-3).describe("Learning rate of training"),
  weightDecay: stageOptions.weightDecay.unwrap().default(1e-6).describe("Weight decay of training"),
  ...holdOutOptions,
  ...calibrationOptions,
});
