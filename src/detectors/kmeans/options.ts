import { z } from "zod";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { windowOptions } from "../windows/options.js";

export type { KmeansInput, KmeansOptions } from "./option-types.js";

/** Every option of k-means. */
export const kmeansOptions = z.strictObject({
  ...inputOptions,
  ...windowOptions("window"),
  clusters: searched(z.int().min(1).max(10_000).default(20).describe("Centres"), {
    kind: "number",
    low: 2,
    high: 200,
    log: true,
    integer: true,
  }),
  maxRows: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(20_000)
    .describe("Training rows that centres are made of at most; of more, so many are drawn at random"),
  ...calibrationOptions,
});
