import { z } from "zod";
import { CONTRASTS } from "../../features/input-schema.js";
import { CONSTANT_COLUMNS, SCALINGS } from "../../features/schema.js";
import { percentileExpected } from "../../scoring/index.js";
import type { AugmentOptions } from "./augmentation.js";
import { searched } from "./searched.js";

/** Options that every detector has: the first two open its list of options, the others close it. */
export const inputOptions = {
  seed: z.int().min(0).default(0).describe("Seed of everything random; same seed, same model, byte for byte"),
  scaling: searched(
    z.enum(SCALINGS).default("standard").describe("How numeric columns are scaled"),
    { kind: "choice", values: SCALINGS },
    ["table", "series"],
  ),
  imageSize: z
    .int()
    .min(4)
    .max(4096)
    .optional()
    .describe("Longer side, in pixels, that images are resized to; by default their own up to 64"),
  contrast: z
    .enum(CONTRASTS)
    .default("gcn")
    .describe("Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none"),
  constantColumns: z
    .enum(CONSTANT_COLUMNS)
    .default("watch")
    .describe(
      "What another value does in a column that did not vary in training: watch (it raises the row's score above the threshold), or ignore",
    ),
};

export const CALIBRATIONS = ["split", "cross"] as const;

export const calibrationOptions = {
  calibration: z
    .enum(CALIBRATIONS)
    .default("split")
    .describe(
      "Calibrate on rows held out once, or on all rows in folds, each judged by a detector trained without its fold",
    ),
  calibrationFraction: z
    .number()
    .gt(0)
    .lt(0.9)
    .default(0.2)
    .describe("Share of the normals held out for p-values and thresholds"),
  calibrationFolds: z
    .int()
    .min(2)
    .max(100)
    .default(5)
    .describe("Folds, and detectors in the model (cross calibration)"),
  calibrationBlock: z
    .int()
    .min(1)
    .default(1)
    .describe(
      "Consecutive rows that are held out together; above 1 for series, whose rows resemble neighbours",
    ),
  percentile: z
    .number()
    .gt(1, { error: ({ input }) => percentileExpected(input) })
    .lt(100)
    .default(95)
    .describe("The threshold is this percentile of the calibration scores, such as 99"),
};

const common = z.object({ ...inputOptions, ...calibrationOptions });

/** Options that every detector has, as far as the common part of a fit needs them. */
export interface CommonOptions extends z.infer<typeof common>, AugmentOptions {
  /** Share of the training normals that training does not see but is judged by; absent for detectors that need none. */
  readonly validationFraction?: number;
}

/** Options as they are given: all may be left out. */
export type Given<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** Options once they are set: what a schema answers, read-only. */
export type Unchanging<T> = { readonly [Key in keyof T]: ReadonlyList<T[Key]> };
type ReadonlyList<T> = T extends (infer Item)[] ? readonly Item[] : T;
