import { z } from "zod";
import { CONTRASTS } from "../../features/input-schema.js";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { holdOutOptions, learningRate, positiveInteger } from "../networks/options.js";
import { RECIPE } from "../turned/square-images.js";

export type { TransformsInput, TransformsOptions } from "./option-types.js";

/** What a score can be made of. */
export const PARTS = ["likelihood", "features", "neighbours"] as const;
export type PartName = (typeof PARTS)[number];
export const SCORES = ["joined", ...PARTS] as const;
export const PADDINGS = ["auto", "zero", "reflection"] as const;
export const CONTROLS = ["measured", "identity"] as const;

/** Every option of transforms. */
export const transformsOptions = z.strictObject({
  ...inputOptions,
  imageSize: z
    .int()
    .min(8)
    .max(256)
    .optional()
    .describe(
      "Longer side, in pixels, that images are resized to; by default their own, up to as many pixels as 32 x 32 have",
    ),
  contrast: z
    .enum(CONTRASTS)
    .default("none")
    .describe("Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none"),
  score: searched(
    z
      .enum(SCORES)
      .default("joined")
      .describe(
        "How improbable the network finds the transforms of an image (likelihood), how far its features are from normal ones as a whole (features) and from the nearest one (neighbours), or all three (joined)",
      ),
    { kind: "choice", values: SCORES },
  ),
  minutes: z
    .number()
    .min(0)
    .max(10_000)
    .default(2)
    .describe(
      "Training in nominal minutes, of 60 x 80 GFLOP each: the same steps on every machine. Two quiet cores take one to two minutes for one",
    ),
  encoderWidth: positiveInteger
    .max(256)
    .default(RECIPE.encoderWidth)
    .describe(
      "Channels of the encoder's first layer; its three blocks have two, four and eight times as many",
    ),
  slope: z.number().min(0).lt(1).default(RECIPE.slope).describe("Slope of LeakyReLU below zero"),
  padding: z
    .enum(PADDINGS)
    .default("auto")
    .describe(
      "What comes in where an image was moved away: black (zero), its own edge in a mirror (reflection), or the former for grey images and the latter for colour (auto)",
    ),
  mirror: z
    .enum(["auto", "yes", "no"])
    .default("auto")
    .describe(
      "Whether half of the training images are seen in a mirror; auto is yes for colour, no for grey",
    ),
  batchSize: positiveInteger
    .max(4096)
    .default(RECIPE.batchSize)
    .describe("Images in a step, each in four rotations; at most as many as there are"),
  learningRate: learningRate
    .default(RECIPE.learningRate)
    .describe("Learning rate of AdamW at its highest, after a twentieth of the steps; it falls to zero"),
  weightDecay: searched(
    z.number().min(0).max(1).default(RECIPE.weightDecay).describe("Weight decay of AdamW"),
    {
      kind: "number",
      low: 1e-3,
      high: 0.2,
      log: true,
    },
  ),
  untrainedStatistics: z
    .enum(CONTROLS)
    .default("measured")
    .describe(
      "Statistics of batch normalisation in the untrained control: of training images (measured), or mean 0 and variance 1 (identity)",
    ),
  ...holdOutOptions,
  ...calibrationOptions,
});
