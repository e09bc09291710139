import { type Activation, type DenseStack, dense, denseParameters } from "./dense.js";
import type { EncoderDesign, EncoderNetwork } from "./encoder.js";
import type { Initialization } from "./parameters.js";

export interface MlpOptions {
  /** Features of a row after preprocessing. */
  inputDim: number;
  /** Widths of the encoder's hidden layers; the decoder mirrors them. */
  hiddenDims: readonly number[];
  latentDim: number;
  activation: Activation;
  /** LeakyReLU's factor for negative values. */
  slope: number;
  /** Biases in the encoder. Deep SVDD refuses them; other detectors may want them. */
  bias: boolean;
  /** The decoder's last activation: linear for standardised features, sigmoid for features in [0, 1]. */
  reconstruction: "linear" | "sigmoid";
  initialization: Initialization;
  /** Features that a unit of the encoder's first layer starts from; 0 for all. */
  inputsPerUnit: number;
}

/** A fully connected encoder for tables and its mirror image. The decoder has biases. */
export function mlp(options: MlpOptions): EncoderDesign {
  const { inputDim, hiddenDims, latentDim, activation, slope, initialization } = options;
  return {
    inputShape: [inputDim],
    latentDim,
    encoder: network({
      name: "encoder",
      widths: [inputDim, ...hiddenDims, latentDim],
      bias: options.bias,
      activation,
      slope,
      outputActivation: "linear",
      initialization,
      inputsPerUnit: options.inputsPerUnit,
    }),
    decoder: network({
      name: "decoder",
      widths: [latentDim, ...hiddenDims.toReversed(), inputDim],
      bias: true,
      activation,
      slope,
      outputActivation: options.reconstruction,
      initialization,
      inputsPerUnit: 0,
    }),
  };
}

function network(stack: DenseStack): EncoderNetwork {
  return {
    parameters: denseParameters(stack),
    forward: (x, parameters) => dense(stack, x, parameters).at(-1)!,
    blocks: (x, parameters) => dense(stack, x, parameters),
  };
}
