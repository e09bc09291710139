import { z } from "zod";
import { calibrationOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { mapInputOptions, mapOptions } from "../maps/options.js";
import { LOSSES } from "./objective.js";

export type { FcddInput, FcddOptions } from "./option-types.js";

export const DRAWN_DEFECTS = ["mix", "confetti", "synthetic"] as const;

/** Every option of FCDD. */
export const fcddOptions = z.strictObject({
  ...mapInputOptions,
  loss: searched(
    z
      .enum(LOSSES)
      .default("pixel")
      .describe(
        "What is learned: which pixels are of a defect (pixel), or which images have one, as published (image)",
      ),
    { kind: "choice", values: LOSSES },
  ),
  drawnDefects: z
    .enum(DRAWN_DEFECTS)
    .default("mix")
    .describe(
      "Defects drawn into normal images: confetti as published, synthetic ones, or half of each (mix)",
    ),
  mapWidths: z
    .array(z.int().min(1).max(512))
    .length(3)
    .default([16, 32, 64])
    .describe("Channels at full, half and quarter resolution"),
  slope: z.number().min(0).lt(1).default(0.1).describe("Slope of LeakyReLU below zero"),
  cropSize: z
    .int()
    .min(32)
    .max(1024)
    .multipleOf(4)
    .default(128)
    .describe(
      "Side, in pixels, of the squares cut from images to learn from; smaller images are taken whole",
    ),
  batchSize: z.int().min(2).max(256).default(32).describe("Crops in a step, half of them with a defect"),
  defectShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      "Share of the crops with a defect that are of labelled defects or outliers, where there are any",
    ),
  steps: searched(z.int().min(0).max(100_000).default(300).describe("Optimiser steps of training"), {
    kind: "number",
    low: 50,
    high: 600,
    log: true,
    integer: true,
    budget: true,
  }),
  warmUp: z
    .int()
    .min(0)
    .default(20)
    .describe("Steps over which the learning rate rises; it then falls to zero"),
  learningRate: searched(
    z.number().positive().max(1).default(1e-3).describe("Learning rate at its highest"),
    { kind: "number", low: 1e-4, high: 1e-2, log: true },
  ),
  weightDecay: z.number().min(0).max(1).default(1e-5).describe("Weight decay of Adam"),
  clip: z.number().positive().default(1).describe("Longer gradients are shortened to this length"),
  ...mapOptions,
  ...calibrationOptions,
});
