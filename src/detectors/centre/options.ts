import { z } from "zod";
import { calibrationOptions, inputOptions, type Unchanging } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import {
  epochs,
  holdOutOptions,
  learningRate,
  networkOptions,
  positiveInteger,
  reconstructionOptions,
  steps,
} from "../networks/options.js";

export const PRETRAININGS = ["autoencoder", "transforms", "none"] as const;
export type Pretraining = (typeof PRETRAININGS)[number];

/** Options of the stage before the objective's. */
export const pretrainingOptions = {
  pretrain: searched(z.boolean().default(true).describe("Autoencoder pretraining"), {
    kind: "choice",
    values: [true, false],
  }),
  pretraining: z
    .enum(PRETRAININGS)
    .optional()
    .describe(
      "What the encoder learns first: to reconstruct rows (autoencoder), to tell how images were turned and moved (transforms), or nothing (none); by default what pretrain says",
    ),
  minutes: z
    .number()
    .min(0)
    .max(10_000)
    .default(1)
    .describe("Pretraining by transforms, in nominal minutes of 60 x 80 GFLOP each"),
  pretrainEpochs: epochs
    .optional()
    .describe("Epochs of pretraining at most; by default as many as make up pretrainSteps, at least one"),
  pretrainSteps: searched(
    steps.default(200).describe("Optimiser steps of pretraining, rounded to whole epochs"),
    {
      kind: "number",
      low: 50,
      high: 1000,
      log: true,
      integer: true,
      when: { option: "pretrain", is: [true] },
    },
  ),
  pretrainLearningRate: learningRate.default(1e-3).describe("Learning rate of pretraining"),
  pretrainMilestones: z
    .array(epochs)
    .default([])
    .describe("Epochs of pretraining from which the rate is a tenth"),
  pretrainWeightDecay: z.number().min(0).default(0).describe("Weight decay of pretraining"),
  ...reconstructionOptions,
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
  steps: searched(
    steps.default(300).describe("Optimiser steps of compactness training, rounded to whole epochs"),
    { kind: "number", low: 30, high: 2000, log: true, integer: true },
  ),
  learningRate: searched(learningRate.default(1e-4).describe("Learning rate of compactness training"), {
    kind: "number",
    low: 1e-5,
    high: 1e-2,
    log: true,
  }),
  milestones: z
    .array(epochs)
    .default([])
    .describe("Epochs of compactness training from which the rate is a tenth"),
  weightDecay: searched(z.number().min(0).default(0).describe("Weight decay of compactness training"), {
    kind: "choice",
    values: [0, 1e-6, 1e-4],
  }),
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
export type DeepOptions = Unchanging<z.infer<typeof all>>;
