import { z } from "zod";
import { backboneVectorOptions } from "../../backbone/options.js";
import { augmentOptions } from "../../fit/augmentation.js";
import { calibrationOptions, inputOptions } from "../../fit/common-options.js";
import { searched } from "../../fit/searched.js";
import { slidingMapOptions } from "../../maps/options.js";
import { epochs, holdOutOptions, learningRate, networkOptions, steps } from "../../networks/options.js";
import { pretrainingOptions, SEARCH, sphereOptions, stageOptions } from "../options.js";

export type { DeepSvddInput, DeepSvddOptions } from "./option-types.js";

/** The one-class objective or the soft boundary, and what the latter needs. */
export const objectiveOptions = {
  objective: z
    .enum(["one-class", "soft-boundary"])
    .default("one-class")
    .describe("Mean squared distance to the centre, or a radius with slack for a share nu of the rows"),
  nu: z
    .number()
    .gt(0)
    .max(1)
    .default(0.1)
    .describe("Share of training rows that may lie outside (soft-boundary)"),
  warmupEpochs: epochs
    .default(10)
    .describe("Epochs before the radius is set for the first time (soft-boundary)"),
};

/** How long compactness training takes and at which rate, which depends on the kind of rows: see `shortOnTables`. */
const lengthOptions = {
  steps: searched(
    steps
      .optional()
      .describe(
        "Optimiser steps of compactness training, rounded to whole epochs; by default 300, and 100 for tables unless epochs, learningRate or the soft boundary is asked for",
      ),
    SEARCH.steps,
  ),
  learningRate: searched(
    learningRate
      .optional()
      .describe(
        "Learning rate of compactness training; by default 1e-4, and 3e-4 with the 100 steps for tables",
      ),
    SEARCH.learningRate,
  ),
};

/** Every option of Deep SVDD: types, ranges, defaults, flags of the command line and documentation come from here. */
export const deepSvddOptions = z.strictObject({
  ...inputOptions,
  ...slidingMapOptions,
  ...augmentOptions,
  ...backboneVectorOptions,
  ...networkOptions,
  ...pretrainingOptions,
  ...sphereOptions,
  ...objectiveOptions,
  ...stageOptions,
  ...lengthOptions,
  ...holdOutOptions,
  ...calibrationOptions,
});
