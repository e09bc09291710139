import { z } from "zod";
import { ACTIVATIONS } from "../../nn/dense.js";
import { ENCODERS } from "../../nn/encoders.js";
import { INITIALIZATIONS } from "../../nn/parameters.js";
import { OPTIMIZERS } from "../../train/optimizers.js";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";

export const positiveInteger = z.int().min(1);
export const epochs = z.int().min(0).max(100_000);
const steps = z.int().min(1).max(1e9);
const learningRate = z.number().positive().max(1);

/** Options of the network, its ensemble and its optimiser. */
export const networkOptions = {
  encoder: z
    .enum(["auto", ...ENCODERS])
    .default("auto")
    .describe("The network; auto chooses one for the kind of rows"),
  hiddenDims: z
    .array(positiveInteger.max(65_536))
    .max(16)
    .default([256])
    .describe("Widths of an MLP's hidden layers"),
  latentDim: positiveInteger.max(4096).default(256).describe("Dimensions of the latent space"),
  activation: z
    .enum(ACTIVATIONS)
    .default("leaky-relu")
    .describe("After each hidden layer; bounded ones are refused, since they let the network collapse"),
  slope: z.number().min(0).max(1).default(0.3).describe("LeakyReLU's factor for negative values"),
  bias: z
    .boolean()
    .default(false)
    .describe("Biases in the encoder; refused, since they let the network collapse"),
  initialization: z
    .enum(INITIALIZATIONS)
    .default("he")
    .describe("Spread of the starting weights: He's for rectifiers, or PyTorch's default"),
  inputsPerUnit: z
    .int()
    .min(0)
    .default(2)
    .describe("Features that a unit of the first layer starts from, drawn at random; 0 for all of them"),
  originOffset: z
    .number()
    .min(0)
    .default(0.5)
    .describe(
      "How far each member moves the origin of its input space, along every column with a random sign; not for images",
    ),
  members: positiveInteger
    .max(100)
    .optional()
    .describe(
      "Networks in the ensemble, each from its own random start; by default 4 for tables, 1 for series and images",
    ),

  optimizer: z
    .enum(OPTIMIZERS)
    .default("adam")
    .describe("Adam with coupled weight decay as in PyTorch, AdamW, or SGD"),
  momentum: z.number().min(0).max(1).default(0.9).describe("Momentum of SGD"),
  batchSize: positiveInteger.max(1_000_000).default(128).describe("Rows per optimiser step"),
};

/** Options of the autoencoder stage. */
export const pretrainingOptions = {
  pretrain: z.boolean().default(true).describe("Autoencoder pretraining"),
  pretrainEpochs: epochs
    .optional()
    .describe("Epochs of pretraining at most; by default as many as make up pretrainSteps, at least one"),
  pretrainSteps: steps.default(200).describe("Optimiser steps of pretraining, rounded to whole epochs"),
  pretrainLearningRate: learningRate.default(1e-3).describe("Learning rate of pretraining"),
  pretrainMilestones: z
    .array(epochs)
    .default([])
    .describe("Epochs of pretraining from which the rate is a tenth"),
  pretrainWeightDecay: z.number().min(0).default(0).describe("Weight decay of pretraining"),
  reconstruction: z
    .enum(["auto", "linear", "sigmoid"])
    .default("auto")
    .describe("The decoder's output; auto is sigmoid for min-max scaling, else linear"),
};

/** Options of the latent space that the training stage starts from. */
export const sphereOptions = {
  whiten: z
    .boolean()
    .default(true)
    .describe("Start compactness training from a latent space with equal spread in all directions"),
  shrinkage: z
    .number()
    .min(0)
    .max(1)
    .default(1e-4)
    .describe("Shrinkage of the covariance that whitening uses"),
  centerFloor: z
    .number()
    .min(0)
    .default(0.1)
    .describe("Components of the centre nearer to zero than this are moved to it, keeping their sign"),
};

/** Options of the training stage. */
export const stageOptions = {
  epochs: epochs
    .optional()
    .describe(
      "Epochs of compactness training at most; by default as many as make up steps, at least one; 0 for none",
    ),
  steps: steps.default(300).describe("Optimiser steps of compactness training, rounded to whole epochs"),
  learningRate: learningRate.default(1e-4).describe("Learning rate of compactness training"),
  milestones: z
    .array(epochs)
    .default([])
    .describe("Epochs of compactness training from which the rate is a tenth"),
  weightDecay: z.number().min(0).default(0).describe("Weight decay of compactness training"),
  stopAt: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe(
      "Stop when rows are at this share of their starting distance to the centre, or have come nearer than held-out ones by a fifth; 0 for neither; by default 0.25 for tables, 0 for series and images",
    ),
  patience: positiveInteger
    .default(20)
    .describe("Stop a stage after this many epochs without improvement on held-out normals"),
};

export const BATCHES = ["auto", "shuffled", "balanced"] as const;

/** Options of objectives that learn from negatives as well. */
export const batchOptions = {
  batches: z
    .enum(BATCHES)
    .default("auto")
    .describe(
      "shuffled: every row once an epoch; balanced: batches of half normals, half negatives; auto: balanced where outliers are given",
    ),
};

export const holdOutOptions = {
  validationFraction: z
    .number()
    .gt(0)
    .lt(0.5)
    .default(0.1)
    .describe("Share of the normals held out to stop in time"),
};

const { centerFloor: _, ...startOptions } = sphereOptions;
const all = z.strictObject({
  ...inputOptions,
  ...networkOptions,
  ...pretrainingOptions,
  ...startOptions,
  ...stageOptions,
  ...holdOutOptions,
  ...calibrationOptions,
});

/** What the training of an encoder reads of its detector's options. */
export type DeepOptions = z.infer<typeof all>;
