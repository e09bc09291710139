import { z } from "zod";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { KERNELS } from "./kernel.js";

/** Options that one-class SVM and kernel SVDD share; names and meanings are scikit-learn's where it has them. */
export const kernelOptions = {
  ...inputOptions,
  kernel: searched(z.enum(KERNELS).default("rbf").describe("Similarity of two rows"), {
    kind: "choice",
    values: ["rbf", "polynomial", "linear"],
  }),
  gamma: searched(
    z
      .union([z.enum(["scale", "auto"]), z.number().positive()])
      .default("scale")
      .describe(
        "Factor inside the rbf, polynomial and sigmoid kernels; scale is 1 / (features x variance of all entries), auto is 1 / features",
      ),
    { kind: "number", low: 1e-3, high: 10, log: true, when: { option: "kernel", is: ["rbf", "polynomial"] } },
  ),
  degree: searched(z.int().min(1).max(20).default(3).describe("Power of the polynomial kernel"), {
    kind: "number",
    low: 2,
    high: 5,
    integer: true,
    when: { option: "kernel", is: ["polynomial"] },
  }),
  coef0: z.number().default(0).describe("Addend inside the polynomial and sigmoid kernels"),
  nu: searched(
    z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe(
        "At most this share of the training rows lies outside, and at least this share are support vectors",
      ),
    { kind: "number", low: 0.01, high: 0.9, log: true },
  ),
  tolerance: z
    .number()
    .positive()
    .default(1e-3)
    .describe("How far from optimal the solution may be, in the units of the decision"),
  shrinking: z
    .boolean()
    .default(true)
    .describe("Leave rows that look settled out of the solver's loops until the end"),
  cacheMegabytes: z
    .number()
    .positive()
    .max(65_536)
    .default(200)
    .describe("Memory for rows of the kernel matrix"),
  maxIterations: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe("The solver stops here, with a warning, where it has not converged before"),
  exactRows: z
    .int()
    .min(1)
    .default(20_000)
    .describe("With more training rows, Nystroem's approximation takes the place of the exact solution"),
  landmarks: z
    .int()
    .min(1)
    .max(2000)
    .default(500)
    .describe("Training rows that stand for all of them in Nystroem's approximation"),
  ...calibrationOptions,
};

const schema = z.strictObject(kernelOptions);
export type KernelOptions = z.infer<typeof schema>;
