import { z } from "zod";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { amplitudeOption, movementOption, singleStepsOption } from "../windows/options.js";

export type { ContrastInput, ContrastOptions } from "./option-types.js";

/** Every option of contrast. */
export const contrastOptions = z.strictObject({
  ...inputOptions,
  ...amplitudeOption,
  ...singleStepsOption,
  ...movementOption("windows"),
  filters: z
    .int()
    .min(4)
    .max(512)
    .multipleOf(2)
    .default(64)
    .describe(
      "Filters of the first convolution; the others have 2, 1 and 0.5 times as many (published: 128)",
    ),
  steps: searched(z.int().min(0).max(100_000).default(200).describe("Optimiser steps of training"), {
    kind: "number",
    low: 50,
    high: 800,
    log: true,
    integer: true,
    budget: true,
  }),
  orderSteps: z
    .int()
    .min(0)
    .default(20)
    .describe("First steps that learn also which of two windows comes before the other"),
  batchSize: z
    .int()
    .min(2)
    .max(4096)
    .default(256)
    .describe("Windows in a step, with one neighbour each (published: 512)"),
  shift: z.int().min(1).max(1000).default(2).describe("Steps that a neighbour lies before or after at most"),
  margin: searched(
    z
      .number()
      .positive()
      .max(2)
      .default(0.5)
      .describe("How much farther than its neighbour the farthest window of a batch should be"),
    { kind: "number", low: 0.1, high: 1.5 },
  ),
  learningRate: searched(
    z.number().positive().max(1).default(1e-4).describe("Learning rate at the start; it falls to a tenth"),
    { kind: "number", low: 1e-5, high: 1e-3, log: true },
  ),
  weightDecay: z.number().min(0).max(1).default(1e-4).describe("Weight decay of AdamW"),
  nearest: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe("Windows of the memory that the score is the mean distance to"),
  memoryShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.1)
    .describe("Share of the training windows that is remembered, at least 500 and at most 2000 of them"),
  maxWindows: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe("Training windows that the memory is chosen from; of more, so many are drawn at random"),
  ...calibrationOptions,
});
