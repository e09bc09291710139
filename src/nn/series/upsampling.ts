import { concat, pad, split, type Tensor, windows } from "../../graph/index.js";
import { activate } from "../dense.js";
import type { Network } from "../encoder.js";
import {
  activated,
  asRows,
  asSteps,
  gainOf,
  type Layer,
  linear,
  parametersOf,
  type SeriesOptions,
} from "./layers.js";

/** One stage of a decoder: twice as many steps, then a convolution with this kernel. */
export interface UpsamplingStage {
  readonly kernel: number;
  readonly to: number;
}

export interface UpsamplingOptions {
  readonly steps: number;
  readonly channels: number;
  /** Width of the few steps that a linear layer makes of the latent space. */
  readonly width: number;
  readonly stages: readonly UpsamplingStage[];
  /** Of the convolution that makes the channels. */
  readonly kernel: number;
  readonly options: SeriesOptions;
}

/**
 * From the latent space to a window: a linear layer to a few steps, then every step twice and a convolution, stage by
 * stage, and a convolution to the channels. Where doubling overshoots, the first steps are cut off. The convolutions
 * have biases, and look as far back as ahead.
 */
export function upsamplingDecoder(design: UpsamplingOptions): Network {
  const { steps, channels, width, stages, kernel, options } = design;
  const seeds = Math.ceil(steps / 2 ** stages.length);
  const gain = gainOf(options.initialization, "rectifier");
  const seed = linear({
    name: "decoder.seed",
    from: options.latentDim,
    to: seeds * width,
    gain,
    bias: true,
  });
  const widths = [width, ...stages.map(({ to }) => to)];
  const convolutions = stages.map((stage, k): Layer => {
    const from = widths[k]! * stage.kernel;
    return linear({ name: `decoder.${k}`, from, to: stage.to, gain, bias: true });
  });
  const output = linear({
    name: "decoder.output",
    from: widths.at(-1)! * kernel,
    to: channels,
    gain: gainOf(options.initialization, "linear"),
    bias: true,
  });
  return {
    parameters: parametersOf([seed, ...convolutions, output]),
    forward: (latent, parameters) => {
      let x = asSteps(activated(seed.apply(latent, parameters), options), seeds, width);
      for (const [k, stage] of stages.entries()) {
        const length = Math.ceil(steps / 2 ** (stages.length - 1 - k));
        const wider = lastSteps(doubled(x), length);
        x = activated(convolutions[k]!.apply(aroundEachStep(wider, stage.kernel), parameters), options);
      }
      const decoded = output.apply(aroundEachStep(x, kernel), parameters);
      return activate(asRows(decoded), options.reconstruction, options.slope);
    },
  };
}

/** Every step twice. */
function doubled(x: Tensor): Tensor {
  const [, steps, width] = x.shape as [number, number, number];
  return asSteps(asRows(concat([x, x], 2)), 2 * steps, width);
}

/** The last `length` steps. */
export function lastSteps(x: Tensor, length: number): Tensor {
  const rest = (x.shape[1] as number) - length;
  return rest === 0 ? x : split(x, 1, [rest, length])[1]!;
}

/** The steps around each step, as many as there are, with zeros beyond both ends. The kernel is odd. */
export function aroundEachStep(x: Tensor, kernel: number): Tensor {
  const reach = (kernel - 1) / 2;
  return windows(pad(x, 1, reach, reach), kernel);
}
