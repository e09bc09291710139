import { add, maximum, pad, staticDim, type Tensor, windows } from "../../graph/index.js";
import type { EncoderDesign } from "../encoder.js";
import { fanInUniform, type ParameterSpec, parameter } from "../parameters.js";
import {
  activated,
  asSteps,
  atEveryPosition,
  gainOf,
  type Layer,
  latentLayer,
  meanOverSteps,
  type SeriesOptions,
  withBlocks,
} from "./layers.js";
import { upsamplingDecoder } from "./upsampling.js";

/** The guide's layers: 32, 64 and 128 filters of 7, 5 and 3 steps, the first two followed by a maximum of pairs. */
const LAYERS = [
  { kernel: 7, width: 32, pooled: true },
  { kernel: 5, width: 64, pooled: true },
  { kernel: 3, width: 128, pooled: false },
] as const;

/** Steps that the layers need without padding: ((1 + 2) 2 + 4) 2 + 6. */
const UNPADDED_STEPS = 26;

/** Steps that the decoder begins with, at most. */
const SEED_STEPS = 8;

/**
 * The guide's convolutional encoder for windows of any length: three convolutions over time, the mean over what is
 * left of time, and a linear layer. Windows shorter than 26 steps are padded with zeros, which leave no constant.
 */
export function conv1d([steps, channels]: readonly [number, number], options: SeriesOptions): EncoderDesign {
  const layers = LAYERS.map((layer, k) => {
    const from = k === 0 ? channels : LAYERS[k - 1]!.width;
    return convolution({ ...layer, name: `encoder.${k}`, from, padded: steps < UNPADDED_STEPS }, options);
  });
  const latent = latentLayer(LAYERS.at(-1)!.width, options);
  const encoder = withBlocks([...layers, latent], (x, parameters) => {
    const outputs: Tensor[] = [];
    let current = asSteps(x, steps, channels);
    for (const layer of layers) {
      current = layer.apply(current, parameters);
      outputs.push(meanOverSteps(current));
    }
    return [...outputs, latent.apply(outputs.at(-1)!, parameters)];
  });
  // Averaging over time has no inverse: the decoder starts from a few steps and doubles them as often as it takes.
  const doublings = Math.max(2, Math.ceil(Math.log2(steps / SEED_STEPS)));
  const [first, second, third] = LAYERS;
  const decoder = upsamplingDecoder({
    steps,
    channels,
    width: third.width,
    stages: [
      ...Array.from({ length: doublings - 2 }, () => ({ kernel: third.kernel, to: third.width })),
      { kernel: third.kernel, to: second.width },
      { kernel: second.kernel, to: first.width },
    ],
    kernel: first.kernel,
    options,
  });
  return { inputShape: [steps, channels], latentDim: options.latentDim, encoder, decoder };
}

interface ConvolutionOptions {
  readonly name: string;
  readonly kernel: number;
  readonly from: number;
  readonly width: number;
  readonly pooled: boolean;
  readonly padded: boolean;
}

/**
 * A convolution over time, the maximum of each pair of steps, and an activation. The weight is [kernel * from, width].
 *
 * Both steps of a pair are read from one window that is longer by a step: half the windows to lay out. And the
 * activation comes after the maximum, where half as many numbers are left; it increases, so that the order does not
 * matter.
 */
function convolution(layer: ConvolutionOptions, options: SeriesOptions): Layer {
  const { name, kernel, from, width, pooled, padded } = layer;
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [kernel * from, width],
    initialize: fanInUniform(kernel * from, gainOf(options.initialization, "rectifier")),
  };
  const bias: ParameterSpec = {
    name: `${name}.bias`,
    shape: [width],
    initialize: fanInUniform(kernel * from),
  };
  return {
    parameters: options.bias ? [weight, bias] : [weight],
    apply: (input, parameters) => {
      const reach = padded ? (kernel - 1) / 2 : 0;
      const x = pad(input, 1, reach, reach);
      const filters = parameter(parameters, weight.name);
      const response =
        pooled && staticDim(x, 1) > kernel
          ? largestOfPairs(windows(x, kernel + 1, 2), filters, from)
          : atEveryPosition(windows(x, kernel), filters);
      const shifted = options.bias ? add(response, parameter(parameters, bias.name)) : response;
      return activated(shifted, options);
    },
  };
}

/** From windows that hold two positions of the filters, [rows, pairs, (kernel + 1) * from], the larger response. */
function largestOfPairs(x: Tensor, filters: Tensor, from: number): Tensor {
  const early = atEveryPosition(x, pad(filters, 0, 0, from));
  const late = atEveryPosition(x, pad(filters, 0, from, 0));
  return maximum(early, late);
}
