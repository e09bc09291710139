import { add, lstm as recurrence, reshape, type Tensor, transpose } from "../../graph/index.js";
import { activate } from "../dense.js";
import type { EncoderDesign, Network } from "../encoder.js";
import { fanInUniform, type ParameterSpec, parameter } from "../parameters.js";
import {
  asRows,
  asSteps,
  atEveryPosition,
  gainOf,
  latentLayer,
  linear,
  parametersOf,
  type SeriesOptions,
  withBlocks,
} from "./layers.js";

const WIDTH = 64;

/** PyTorch's start, for the weights of inputs and states alike. */
const startOfGates = fanInUniform(WIDTH);

/** Weights are [inputs, 4 width], for the gates i, f, o and the candidate g. */
const gateWeight = (name: string, inputs: number): ParameterSpec => ({
  name,
  shape: [inputs, 4 * WIDTH],
  initialize: startOfGates,
});
const gateBias = (name: string): ParameterSpec => ({ name, shape: [4 * WIDTH], initialize: startOfGates });

/**
 * A long short-term memory without biases; its hidden state after the last step goes to the latent space. Gates then
 * start at a half, and a window of zeros leaves the state at zero. The inputs of all steps go through one product, and
 * only the recurrence is left to the steps.
 */
export function lstm([steps, channels]: readonly [number, number], options: SeriesOptions): EncoderDesign {
  const inputs = gateWeight("encoder.inputs", channels);
  const states = gateWeight("encoder.states", WIDTH);
  const bias = gateBias("encoder.bias");
  const own = { parameters: options.bias ? [inputs, states, bias] : [inputs, states] };
  const latent = latentLayer(WIDTH, options);
  const encoder = withBlocks([own, latent], (x, parameters) => {
    const byStep = transpose(asSteps(x, steps, channels), [1, 0, 2]);
    const product = atEveryPosition(byStep, parameter(parameters, inputs.name));
    const gates = options.bias ? add(product, parameter(parameters, bias.name)) : product;
    const { last } = recurrence(gates, parameter(parameters, states.name));
    return [last, latent.apply(last, parameters)];
  });
  const decoder = repeatVectorDecoder(steps, channels, options);
  return { inputShape: [steps, channels], latentDim: options.latentDim, encoder, decoder };
}

/** An LSTM that is shown the latent vector at every step; a linear layer makes the channels of its states. */
function repeatVectorDecoder(steps: number, channels: number, options: SeriesOptions): Network {
  const inputs = gateWeight("decoder.inputs", options.latentDim);
  const states = gateWeight("decoder.states", WIDTH);
  const bias = gateBias("decoder.bias");
  const output = linear({
    name: "decoder.output",
    from: WIDTH,
    to: channels,
    gain: gainOf(options.initialization, "linear"),
    bias: true,
  });
  return {
    parameters: parametersOf([{ parameters: [inputs, states, bias] }, output]),
    forward: (latent, parameters) => {
      const gates = add(
        atEveryPosition(latent, parameter(parameters, inputs.name)),
        parameter(parameters, bias.name),
      );
      const { all } = recurrence(atEveryStep(gates, steps), parameter(parameters, states.name));
      const decoded = asRows(transpose(output.apply(all, parameters), [1, 0, 2]));
      return activate(decoded, options.reconstruction, options.slope);
    },
  };
}

/** [rows, width] as [steps, rows, width]: the sum with a zero for every step. */
function atEveryStep(x: Tensor, steps: number): Tensor {
  const [rows, width] = x.shape as [number, number];
  const zeros = x.graph.root.constant("float32", [steps, 1, 1], new Float32Array(steps));
  return add(reshape(x, [1, rows, width]), zeros);
}
