import { z } from "zod";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { epochs, holdOutOptions, networkOptions, positiveInteger } from "../networks/options.js";
import { NORMS } from "./projection.js";

export type { DroccInput, DroccOptions } from "./option-types.js";

/** Every option of DROCC: types, ranges, defaults, flags of the command line and documentation. */
export const droccOptions = z.strictObject({
  ...inputOptions,
  encoder: networkOptions.encoder,
  hiddenDims: z
    .array(positiveInteger.max(65_536))
    .max(16)
    .default([128])
    .describe("Widths of an MLP's hidden layers before the last one"),
  latentDim: positiveInteger
    .max(4096)
    .default(128)
    .describe("Width of the last hidden layer, from which the logit is computed"),
  activation: networkOptions.activation.unwrap().default("leaky-relu").describe("After each hidden layer"),
  slope: z.number().min(0).max(1).default(0.1).describe("LeakyReLU's factor for negative values"),
  bias: z
    .boolean()
    .default(true)
    .describe("Biases in an MLP; negatives keep the network from answering a constant"),
  initialization: networkOptions.initialization,
  members: positiveInteger
    .max(100)
    .default(1)
    .describe("Networks in the ensemble, each from its own random start"),

  radius: z
    .number()
    .positive()
    .optional()
    .describe(
      "Distance, in units of the scaled features, from which on everything counts as abnormal; by default from training rows",
    ),
  radiusNeighbours: positiveInteger
    .optional()
    .describe(
      "Neighbour whose median distance among training rows the default radius follows; by default the root of their number",
    ),
  radiusFactor: searched(
    z.number().positive().default(1.5).describe("The default radius is that distance times this"),
    { kind: "number", low: 0.5, high: 4, log: true },
  ),
  outerRatio: z
    .number()
    .min(1)
    .default(2)
    .describe("Negatives lie between the radius and outerRatio times the radius"),
  norm: z
    .enum(NORMS)
    .default("euclidean")
    .describe(
      "How distances from a row are measured: all features alike, or each weighed by how much the network heeds it there (DROCC-LF)",
    ),
  mu: searched(z.number().min(0).default(1).describe("Weight of the negatives against the normal rows"), {
    kind: "number",
    low: 0.1,
    high: 10,
    log: true,
  }),
  ascentSteps: z
    .int()
    .min(0)
    .max(10_000)
    .default(10)
    .describe("Steps by which a negative moves to where the network finds it most normal"),
  ascentStep: z.number().positive().default(0.1).describe("Length of such a step, as a share of the radius"),
  far: z
    .number()
    .min(0)
    .default(3)
    .describe(
      "Further negatives, one per row and beyond the shell: cubed normal noise times this, in units of the scaled features; 0 for none",
    ),

  optimizer: networkOptions.optimizer,
  momentum: networkOptions.momentum,
  batchSize: networkOptions.batchSize,
  plainEpochs: epochs.default(0).describe("Epochs without negatives, before the others"),
  epochs: epochs
    .optional()
    .describe("Epochs of training at most; by default as many as make up steps, at least one; 0 for none"),
  steps: searched(
    z
      .int()
      .min(1)
      .max(1e9)
      .default(2000)
      .describe("Optimiser steps of training at most, rounded to whole epochs"),
    { kind: "number", low: 300, high: 4000, log: true, integer: true, budget: true },
  ),
  learningRate: searched(z.number().positive().max(1).default(3e-3).describe("Learning rate"), {
    kind: "number",
    low: 3e-4,
    high: 3e-2,
    log: true,
  }),
  milestones: z
    .array(z.number().min(0).max(1))
    .default([0.3, 0.6, 0.9])
    .describe("Shares of the epochs after which the rate is a tenth"),
  weightDecay: z.number().min(0).default(0).describe("Weight decay"),

  ...holdOutOptions,
  ...calibrationOptions,
});
