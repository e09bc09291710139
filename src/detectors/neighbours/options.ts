import { z } from "zod";
import { backboneVectorOptions } from "../backbone/options.js";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";

export type { KnnInput, KnnOptions } from "./option-types.js";

export const METHODS = ["largest", "mean", "median", "root-mean-square"] as const;

/** Every option of the nearest neighbours: types, ranges, defaults, flags of the command line and documentation. */
export const knnOptions = z.strictObject({
  ...inputOptions,
  ...backboneVectorOptions,
  k: searched(z.int().min(1).max(10_000).default(5).describe("Neighbours that are looked at"), {
    kind: "number",
    low: 1,
    high: 50,
    log: true,
    integer: true,
  }),
  method: searched(
    z
      .enum(METHODS)
      .default("largest")
      .describe(
        "The score: distance to the farthest of the neighbours, or the mean, median or root mean square of the distances",
      ),
    { kind: "choice", values: METHODS },
  ),
  maxRows: z
    .int()
    .min(2)
    .max(10_000_000)
    .default(20_000)
    .describe("Training rows that are searched at most; of more, so many are drawn at random"),

  ...calibrationOptions,
});
