import { z } from "zod";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";

export type { IsolationForestInput, IsolationForestOptions } from "./option-types.js";

/** Every option of the Isolation Forest: types, ranges, defaults, flags of the command line and documentation. */
export const isolationForestOptions = z.strictObject({
  ...inputOptions,
  scaling: inputOptions.scaling.describe(
    "How numeric columns are scaled; of consequence only with an extensionLevel above 0",
  ),
  trees: searched(z.int().min(1).max(100_000).default(100).describe("Trees in the forest"), {
    kind: "number",
    low: 50,
    high: 400,
    log: true,
    integer: true,
    budget: true,
  }),
  maxSamples: searched(
    z
      .union([
        z.enum(["auto"]),
        z
          .number()
          .positive()
          .refine(
            (rows) => rows <= 1 || Number.isInteger(rows),
            "expected a whole number of rows, or a share",
          ),
      ])
      .default("auto")
      .describe("Rows that each tree sees: a number from 2, a share of at most 1, or auto, which is 256"),
    { kind: "number", low: 32, high: 2048, log: true, integer: true },
  ),
  maxFeatures: searched(
    z
      .number()
      .positive()
      .refine((count) => count <= 1 || Number.isInteger(count), "expected a whole number, or a share")
      .default(1)
      .describe("Features that each tree may look at: a number from 2, or a share of at most 1"),
    { kind: "number", low: 0.3, high: 1 },
  ),
  bootstrap: z
    .boolean()
    .default(false)
    .describe("Draw the rows of a tree with replacement; a row that comes again counts once"),
  extensionLevel: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "0 splits along single features; from 1 on by hyperplanes that are slanted along one feature more than this",
    ),

  ...calibrationOptions,
});
