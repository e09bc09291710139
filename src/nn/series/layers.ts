import { add, gemm, mul, reshape, staticDim, sum, type Tensor } from "../../graph/index.js";
import { type Activation, activate } from "../dense.js";
import type { EncoderNetwork } from "../encoder.js";
import {
  fanInUniform,
  type Initialization,
  type ParameterSpec,
  type Parameters,
  parameter,
} from "../parameters.js";

/** The options of encoders of windows. */
export interface SeriesOptions {
  readonly latentDim: number;
  readonly activation: Activation;
  /** LeakyReLU's factor for negative values. */
  readonly slope: number;
  /** Biases in the encoder. Deep SVDD refuses them; other detectors may want them. */
  readonly bias: boolean;
  readonly initialization: Initialization;
  /** The decoder's last activation: linear for standardised channels, sigmoid for channels in [0, 1]. */
  readonly reconstruction: "linear" | "sigmoid";
}

/** One step of a network, with the parameters that it alone has. */
export interface Layer {
  readonly parameters: readonly ParameterSpec[];
  apply(x: Tensor, parameters: Parameters): Tensor;
}

/** Steps of a window as [rows, steps, width], from flat rows. */
export const asSteps = (x: Tensor, steps: number, width: number): Tensor =>
  reshape(x, [x.shape[0]!, steps, width]);

/** Flat rows again. */
export const asRows = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, staticDim(x, 1) * staticDim(x, 2)]);

/** The mean over steps of [rows, steps, width]. */
export const meanOverSteps = (x: Tensor): Tensor => mul(sum(x, [1]), 1 / staticDim(x, 1));

/** The same matrix for the last axis of every position, in a single product. */
export function atEveryPosition(x: Tensor, weight: Tensor): Tensor {
  if (x.shape.length === 2) return gemm(x, weight);
  const lead = x.shape.slice(0, -1);
  const positions = lead.every((dim) => typeof dim === "number")
    ? (lead as number[]).reduce((product, length) => product * length, 1)
    : "positions";
  const product = gemm(reshape(x, [positions, x.shape.at(-1)!]), weight);
  return reshape(product, [...lead, weight.shape[1]!]);
}

/** sqrt 6 keeps the variance through a rectifier, sqrt 3 through a linear layer; 1 is PyTorch's default. */
export const gainOf = (initialization: Initialization, before: "rectifier" | "linear"): number =>
  initialization === "pytorch" ? 1 : Math.sqrt(before === "rectifier" ? 6 : 3);

export interface LinearOptions {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly gain: number;
  readonly bias: boolean;
}

/** A linear layer for the last axis, and where asked for a bias. The weight is [from, to]. */
export function linear({ name, from, to, gain, bias }: LinearOptions): Layer {
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [from, to],
    initialize: fanInUniform(from, gain),
  };
  const offset: ParameterSpec = { name: `${name}.bias`, shape: [to], initialize: fanInUniform(from) };
  return {
    parameters: bias ? [weight, offset] : [weight],
    apply: (x, parameters) => {
      const product = atEveryPosition(x, parameter(parameters, weight.name));
      return bias ? add(product, parameter(parameters, offset.name)) : product;
    },
  };
}

/** The activation that the options ask for. */
export const activated = (x: Tensor, { activation, slope }: SeriesOptions): Tensor =>
  activate(x, activation, slope);

/** What several layers have, in their order. */
export function parametersOf(layers: readonly Pick<Layer, "parameters">[]): ParameterSpec[] {
  return layers.flatMap(({ parameters }) => parameters);
}

/** The head of every encoder: a linear layer to the latent space, last among the parameters and without a bias. */
export const latentLayer = (from: number, { latentDim, initialization }: SeriesOptions): Layer =>
  linear({
    name: "encoder.latent",
    from,
    to: latentDim,
    gain: gainOf(initialization, "linear"),
    bias: false,
  });

/** A network whose output is the last of its blocks. */
export function withBlocks(
  layers: readonly Pick<Layer, "parameters">[],
  blocks: (x: Tensor, parameters: Parameters) => readonly Tensor[],
): EncoderNetwork {
  return {
    parameters: parametersOf(layers),
    forward: (x, parameters) => blocks(x, parameters).at(-1)!,
    blocks,
  };
}
