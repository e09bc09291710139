import {
  add,
  elu,
  gemm,
  leakyRelu,
  relu,
  reshape,
  scopeOf,
  sigmoid,
  type Tensor,
  tanh,
  transpose,
} from "../graph/index.js";
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

/** Weights of a layer from which rows become columns where a model scores. */
const MANY_WEIGHTS = 2 ** 14;

/**
 * Applies the stack to `x` [rows, widths[0]]; weights are [in, out]. Returns the output of every layer.
 *
 * A graph that scores by many weights multiplies from the left, with rows as columns. ONNX Runtime reads the left matrix of
 * a product in place and copies the right one first: what it copies is then the one row that is asked for, not every weight.
 */
export function dense(stack: DenseStack, x: Tensor, parameters: Parameters): Tensor[] {
  const asColumns = scopeOf(x).isReproducible && mostWeights(stack) >= MANY_WEIGHTS;
  const turned = (matrix: Tensor): Tensor => (asColumns ? transpose(matrix, [1, 0]) : matrix);
  const last = stack.widths.length - 2;
  const outputs: Tensor[] = [];
  let values = turned(x);
  for (let k = 0; k <= last; k++) {
    const weight = turned(parameter(parameters, `${stack.name}.${k}.weight`));
    const product = asColumns ? gemm(weight, values) : gemm(values, weight);
    const activation = k === last ? stack.outputActivation : stack.activation;
    values = activate(stack.bias ? add(product, offset(k)) : product, activation, stack.slope);
    outputs.push(turned(values));
  }
  return outputs;

  function offset(k: number): Tensor {
    const bias = parameter(parameters, `${stack.name}.${k}.bias`);
    return asColumns ? reshape(bias, [stack.widths[k + 1]!, 1]) : bias;
  }
}

const mostWeights = ({ widths }: DenseStack): number =>
  Math.max(...widths.slice(1).map((width, k) => width * widths[k]!));
