import { z } from "zod";
import { augmentOptions } from "../fit/augmentation.js";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import {
  epochs,
  holdOutOptions,
  networkOptions,
  positiveInteger,
  reconstructionOptions,
} from "../networks/options.js";

export type { AutoencoderInput, AutoencoderOptions } from "./option-types.js";

/** Every option of the autoencoder: types, ranges, defaults, flags of the command line and documentation. */
export const autoencoderOptions = z.strictObject({
  ...inputOptions,
  ...augmentOptions,
  encoder: networkOptions.encoder,
  hiddenDims: searched(
    z
      .array(positiveInteger.max(65_536))
      .max(16)
      .default([64, 32])
      .describe("Widths of the encoder's hidden layers; the decoder mirrors them"),
    { kind: "choice", values: [[32], [64], [64, 32], [128, 64], [256]] },
  ),
  latentDim: searched(positiveInteger.max(4096).default(8).describe("Dimensions of the bottleneck"), {
    kind: "number",
    low: 1,
    high: 64,
    log: true,
    integer: true,
  }),
  activation: networkOptions.activation.unwrap().default("leaky-relu").describe("After each hidden layer"),
  slope: z.number().min(0).max(1).default(0.01).describe("LeakyReLU's factor for negative values"),
  bias: z.boolean().default(true).describe("Biases in the encoder; the decoder has them in any case"),
  initialization: networkOptions.initialization,
  ...reconstructionOptions,
  members: positiveInteger
    .max(100)
    .default(3)
    .describe("Networks in the ensemble, each from its own random start"),

  optimizer: networkOptions.optimizer,
  momentum: networkOptions.momentum,
  batchSize: networkOptions.batchSize,
  epochs: epochs
    .optional()
    .describe("Epochs of training at most; by default as many as make up steps, at least one; 0 for none"),
  steps: searched(
    z
      .int()
      .min(1)
      .max(1e9)
      .default(1000)
      .describe("Optimiser steps of training at most, rounded to whole epochs"),
    { kind: "number", low: 200, high: 4000, log: true, integer: true, budget: true },
  ),
  learningRate: searched(z.number().positive().max(1).default(1e-3).describe("Learning rate"), {
    kind: "number",
    low: 1e-4,
    high: 1e-2,
    log: true,
  }),
  milestones: z.array(epochs).default([]).describe("Epochs from which the rate is a tenth"),
  weightDecay: z.number().min(0).default(0).describe("Weight decay"),
  patience: positiveInteger
    .default(20)
    .describe("Stop after this many epochs without improvement on held-out normals"),

  ...holdOutOptions,
  ...calibrationOptions,
});
