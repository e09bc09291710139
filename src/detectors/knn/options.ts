import { z } from "zod";
import { SCALINGS } from "../../features/schema.js";

export const METHODS = ["largest", "mean", "median"] as const;

/** Every option of the nearest neighbours: types, ranges, defaults, flags of the command line and documentation. */
export const knnOptions = z.strictObject({
  seed: z.int().min(0).default(0).describe("Seed of everything random; same seed, same model, byte for byte"),

  scaling: z.enum(SCALINGS).default("standard").describe("How numeric columns are scaled"),
  k: z.int().min(1).max(10_000).default(5).describe("Neighbours that are looked at"),
  method: z
    .enum(METHODS)
    .default("largest")
    .describe(
      "The score: distance to the farthest of the neighbours, or the mean or median of the distances",
    ),
  maxRows: z
    .int()
    .min(2)
    .max(10_000_000)
    .default(20_000)
    .describe("Training rows that are searched at most; of more, so many are drawn at random"),

  calibrationFraction: z
    .number()
    .gt(0)
    .lt(0.9)
    .default(0.2)
    .describe("Share of the normals held out for p-values and thresholds"),
  percentile: z
    .number()
    .gt(0)
    .lt(100)
    .default(95)
    .describe("The threshold is this percentile of the calibration scores"),
});

export type KnnOptions = z.infer<typeof knnOptions>;
export type KnnInput = z.input<typeof knnOptions>;
