import { add, elu, gemm, leakyRelu, relu, sigmoid, type Tensor, tanh } from "../graph/index.js";
import {
  fanInUniform,
  type Initialization,
  type ParameterSpec,
  type Parameters,
  parameter,
  sparseUniform,
} from "./parameters.js";

/** Names as PyTorch's. Only leaky-relu and relu may stand in a Deep SVDD encoder, see constant-paths.ts. */
export const ACTIVATIONS = ["leaky-relu", "relu", "elu", "tanh", "sigmoid", "linear"] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export function activate(x: Tensor, activation: Activation, slope: number): Tensor {
  switch (activation) {
    case "leaky-relu":
      return leakyRelu(x, slope);
    case "relu":
      return relu(x);
    case "elu":
      return elu(x);
    case "tanh":
      return tanh(x);
    case "sigmoid":
      return sigmoid(x);
    case "linear":
      return x;
  }
}

/** A stack of fully connected layers: widths from input to output. */
export interface DenseStack {
  /** Prefix of the parameters' names. */
  readonly name: string;
  /** Lengths of the input, of each hidden layer, and of the output. */
  readonly widths: readonly number[];
  readonly bias: boolean;
  /** After each hidden layer. */
  readonly activation: Activation;
  /** LeakyReLU's factor for negative values. */
  readonly slope: number;
  /** After the last layer. */
  readonly outputActivation: Activation;
  readonly initialization: Initialization;
  /** Inputs that a unit of the first layer starts from; 0 for all. */
  readonly inputsPerUnit: number;
}

export function denseParameters(stack: DenseStack): ParameterSpec[] {
  const { name, widths, bias, initialization, inputsPerUnit } = stack;
  return widths.slice(1).flatMap((width, k) => {
    const fanIn = widths[k]!;
    const last = k === widths.length - 2;
    const gain = initialization === "pytorch" ? 1 : Math.sqrt(last ? 3 : 6);
    const sparse = k === 0 && inputsPerUnit > 0 && inputsPerUnit < fanIn;
    const weight: ParameterSpec = {
      name: `${name}.${k}.weight`,
      shape: [fanIn, width],
      initialize: sparse ? sparseUniform(fanIn, width, inputsPerUnit, gain) : fanInUniform(fanIn, gain),
    };
    const offset: ParameterSpec = {
      name: `${name}.${k}.bias`,
      shape: [width],
      initialize: fanInUniform(fanIn),
    };
    return bias ? [weight, offset] : [weight];
  });
}

/** Applies the stack to `x` [rows, widths[0]]; weights are [in, out]. Returns the output of every layer. */
export function dense(stack: DenseStack, x: Tensor, parameters: Parameters): Tensor[] {
  const last = stack.widths.length - 2;
  const outputs: Tensor[] = [];
  for (let k = 0; k <= last; k++) {
    const product = gemm(outputs.at(-1) ?? x, parameter(parameters, `${stack.name}.${k}.weight`));
    const shifted = stack.bias ? add(product, parameter(parameters, `${stack.name}.${k}.bias`)) : product;
    outputs.push(activate(shifted, k === last ? stack.outputActivation : stack.activation, stack.slope));
  }
  return outputs;
}
