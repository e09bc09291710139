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

/** Nominal minutes of pretraining by transforms, unless an option says otherwise. */
export const MINUTES = 1;

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
    .default(MINUTES)
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
      budget: true,
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

/** The published rate of compactness training, and as many steps as go with it. */
const USUAL = { steps: 300, learningRate: 1e-4 };

/** Where a search looks for them. */
export const SEARCH = {
  steps: { kind: "number", low: 30, high: 2000, log: true, integer: true, budget: true },
  learningRate: { kind: "number", low: 1e-5, high: 1e-2, log: true },
} as const;

/** Options of the training stage. */
export const stageOptions = {
  epochs: epochs
    .optional()
    .describe(
      "Epochs of compactness training at most; by default as many as make up steps, at least one; 0 for none",
    ),
  steps: searched(
    steps.default(USUAL.steps).describe("Optimiser steps of compactness training, rounded to whole epochs"),
    SEARCH.steps,
  ),
  learningRate: searched(
    learningRate.default(USUAL.learningRate).describe("Learning rate of compactness training"),
    SEARCH.learningRate,
  ),
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

/** What the training of an encoder reads of its detector's options, once all of them are set. */
export type SettledOptions = Unchanging<z.infer<typeof all>>;

/** The same where a detector leaves the length and the rate of the training stage open. */
export type DeepOptions = Omit<SettledOptions, keyof typeof USUAL> & {
  readonly [Key in keyof typeof USUAL]?: number | undefined;
};

export function settledStage({
  steps: count = USUAL.steps,
  learningRate: rate = USUAL.learningRate,
  ...options
}: DeepOptions): SettledOptions {
  return { ...options, steps: count, learningRate: rate };
}
