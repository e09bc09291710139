import { z } from "zod";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { windowOptions } from "../windows/options.js";

export type { PcaInput, PcaOptions } from "./option-types.js";

export const PCA_SCORES = ["reconstruction", "mahalanobis"] as const;

/** Every option of PCA: types, ranges, defaults, flags of the command line and documentation come from here. */
export const pcaOptions = z.strictObject({
  ...inputOptions,
  ...windowOptions("none"),
  score: searched(
    z
      .enum(PCA_SCORES)
      .default("reconstruction")
      .describe(
        "Mean squared distance to the principal subspace, or squared Mahalanobis distance to the mean in all directions",
      ),
    { kind: "choice", values: PCA_SCORES },
  ),
  components: searched(
    z
      .number()
      .gt(0)
      .max(65_536)
      .default(0.95)
      .refine((value) => value < 1 || Number.isInteger(value), "expected a share below 1 or a whole number")
      .describe(
        "Dimensions of the principal subspace: below 1 as many as explain this share of the variance, else their number (reconstruction)",
      ),
    { kind: "number", low: 0.5, high: 0.999, when: { option: "score", is: ["reconstruction"] } },
  ),
  shrinkage: z
    .union([z.enum(["auto"]), z.number().min(0).max(1)])
    .default("auto")
    .describe(
      "How far the covariance is moved towards a multiple of the identity; auto is Ledoit and Wolf's (mahalanobis)",
    ),
  ...calibrationOptions,
});
