import { z } from "zod";
import { ACTIVATIONS } from "../../nn/dense.js";
import { ENCODERS } from "../../nn/encoders.js";
import { INITIALIZATIONS } from "../../nn/parameters.js";
import { OPTIMIZERS } from "../../train/optimizers.js";
import { searched } from "../fit/searched.js";

export const positiveInteger = z.int().min(1);
export const epochs = z.int().min(0).max(100_000);
export const steps = z.int().min(1).max(1e9);
export const learningRate = z.number().positive().max(1);

/** Options of the network, its ensemble and its optimiser. What means the same in two families is the same option. */
export const networkOptions = {
  encoder: z
    .enum(["auto", ...ENCODERS])
    .default("auto")
    .describe("The network; auto chooses one for the kind of rows"),
  hiddenDims: searched(
    z.array(positiveInteger.max(65_536)).max(16).default([256]).describe("Widths of an MLP's hidden layers"),
    { kind: "choice", values: [[64], [128], [256], [512], [256, 128]] },
    ["table"],
  ),
  latentDim: searched(positiveInteger.max(4096).default(256).describe("Dimensions of the latent space"), {
    kind: "number",
    low: 8,
    high: 512,
    log: true,
    integer: true,
  }),
  activation: z
    .enum(ACTIVATIONS)
    .default("leaky-relu")
    .describe("After each hidden layer; bounded ones are refused, since they let the network collapse"),
  slope: z.number().min(0).max(1).default(0.3).describe("LeakyReLU's factor for negative values"),
  bias: z
    .boolean()
    .default(false)
    .describe("Biases in the encoder; refused, since they let the network collapse"),
  initialization: z
    .enum(INITIALIZATIONS)
    .default("he")
    .describe("Spread of the starting weights: He's for rectifiers, or PyTorch's default"),
  inputsPerUnit: searched(
    z
      .int()
      .min(0)
      .default(2)
      .describe("Features that a unit of the first layer starts from, drawn at random; 0 for all of them"),
    { kind: "choice", values: [0, 1, 2, 3, 4] },
    ["table"],
  ),
  originOffset: z
    .number()
    .min(0)
    .default(0.5)
    .describe(
      "How far each member moves the origin of its input space, along every column with a random sign; not for images",
    ),
  members: positiveInteger
    .max(100)
    .optional()
    .describe(
      "Networks in the ensemble, each from its own random start; by default 4 for tables, 1 for series and images",
    ),

  optimizer: z
    .enum(OPTIMIZERS)
    .default("adam")
    .describe("Adam with coupled weight decay as in PyTorch, AdamW, or SGD"),
  momentum: z.number().min(0).max(1).default(0.9).describe("Momentum of SGD"),
  batchSize: positiveInteger.max(1_000_000).default(128).describe("Rows per optimiser step"),
};

/** Options of networks that reconstruct their input. */
export const reconstructionOptions = {
  reconstruction: z
    .enum(["auto", "linear", "sigmoid"])
    .default("auto")
    .describe("The decoder's output; auto is sigmoid for min-max scaling, else linear"),
};

export const holdOutOptions = {
  validationFraction: z
    .number()
    .gt(0)
    .lt(0.5)
    .default(0.1)
    .describe("Share of the normals held out to stop in time"),
};
