import { z } from "zod";
import { HypersphereError } from "../../errors.js";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { movementOption } from "../windows/options.js";
import type { AutoOptions } from "./option-types.js";

export type { AutoInput, AutoOptions } from "./option-types.js";

export const autoOptions = z.strictObject({
  ...inputOptions,
  minutes: z
    .number()
    .min(0)
    .max(10_000)
    .optional()
    .describe("Of small images, to which transforms is fitted: training in nominal minutes; by default 2"),
  neighbours: searched(
    z.int().min(1).max(1000).default(5).describe("Neighbours that the local density is taken from"),
    { kind: "number", low: 1, high: 50, log: true, integer: true },
  ),
  maxReferences: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(5000)
    .describe("Training rows that neighbours are looked for in; more are sampled down to this many"),
  maxRows: z
    .int()
    .min(100)
    .default(50_000)
    .describe("Training rows that the random encoders are fitted to; more are sampled down to this many"),
  members: z.int().min(1).max(100).default(4).describe("Random encoders"),
  width: searched(z.int().min(1).max(4096).default(256).describe("Units of each random encoder"), {
    kind: "number",
    low: 32,
    high: 1024,
    log: true,
    integer: true,
  }),
  inputsPerUnit: searched(
    z.int().min(1).default(2).describe("Features that a unit of a random encoder looks at"),
    { kind: "choice", values: [1, 2, 3, 4] },
  ),
  originOffset: z
    .number()
    .min(0)
    .default(0.5)
    .describe(
      "How far each encoder moves the origin of its input space, along every feature with a random sign",
    ),
  slope: z.number().min(0).max(1).default(0.3).describe("LeakyReLU's factor for negative values"),
  shrinkage: z
    .number()
    .gt(0)
    .max(1)
    .default(1e-4)
    .describe("Shrinkage of the covariance that whitening uses"),
  ...movementOption("windows of series"),
  ...calibrationOptions,
});

/** Those of the density ratio and the random encoders: on series, who sets one asks for these views. */
export const OF_FURTHER_VIEWS = [
  "neighbours",
  "maxRows",
  "members",
  "width",
  "inputsPerUnit",
  "originOffset",
  "slope",
  "shrinkage",
] as const;
/** Those that detectors fitted in its place do not have. */
export const OWN_OPTIONS = ["maxReferences", ...OF_FURTHER_VIEWS] as const;

/** The first of some options that is not as it is by default. */
export function changedOption<Name extends keyof AutoOptions>(
  options: AutoOptions,
  names: readonly Name[],
): Name | undefined {
  const defaults = autoOptions.parse({});
  return names.find((name) => options[name] !== defaults[name]);
}

/** Where nothing is fitted that takes time by choice. @throws HypersphereError `invalid-option` where a time was given */
export function refuseMinutes({ minutes }: AutoOptions): void {
  if (minutes === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    `auto: minutes is ${minutes}, the time to train transforms for, which auto does not fit to these data.`,
    { hint: "Leave it out, or name the detector that is to be trained." },
  );
}

/** Of data that are no windows of series. @throws HypersphereError `invalid-option` where movement was asked for */
export function refuseMovement({ movement }: AutoOptions): void {
  if (!movement) return;
  throw new HypersphereError(
    "invalid-option",
    "auto: movement is true, but the data are no windows of several steps of a series.",
    { hint: "Leave it out, or read the data as a series: with a window, or --series." },
  );
}
