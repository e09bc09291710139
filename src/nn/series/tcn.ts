import { add, pad, reshape, split, staticDim, type Tensor, windows } from "../../graph/index.js";
import type { EncoderDesign } from "../encoder.js";
import type { Parameters } from "../parameters.js";
import {
  activated,
  asSteps,
  gainOf,
  type Layer,
  latentLayer,
  linear,
  meanOverSteps,
  parametersOf,
  type SeriesOptions,
  withBlocks,
} from "./layers.js";
import { lastSteps, upsamplingDecoder } from "./upsampling.js";

const WIDTH = 64;
const KERNEL = 3;

/** Blocks of two convolutions until the last step sees the whole window: 1 + 2 (k - 1) (2^blocks - 1) steps. */
function blocksFor(steps: number): number {
  let blocks = 1;
  while (1 + 2 * (KERNEL - 1) * (2 ** blocks - 1) < steps) blocks++;
  return blocks;
}

/**
 * A temporal convolutional network (Bai, Kolter and Koltun 2018) without biases: residual blocks of two causal
 * convolutions each, block i with a dilation of 2^i, as many as let the last step see the whole window; a linear layer
 * takes that step to the latent space.
 *
 * Only the last step is read, and it depends on ever fewer steps of the blocks below: on every second one of the first
 * block, on every fourth one of the second. No others are computed. On the steps that remain the dilated convolutions
 * are plain ones, and their numbers are those of the whole network, for a third of the work.
 */
export function tcn([steps, channels]: readonly [number, number], options: SeriesOptions): EncoderDesign {
  const count = blocksFor(steps);
  const blocks = Array.from({ length: count }, (_, k) =>
    residualBlock(`encoder.${k}`, k === 0 ? channels : WIDTH, count, options),
  );
  const latent = latentLayer(WIDTH, options);
  const encoder = withBlocks([...blocks, latent], (x, parameters) => {
    const outputs: Tensor[] = [];
    let current = asSteps(x, steps, channels);
    for (const [k, block] of blocks.entries()) {
      current = block.run(current, parameters, k === count - 1);
      outputs.push(meanOverSteps(current));
    }
    return [...outputs, latent.apply(reshape(current, [x.shape[0]!, WIDTH]), parameters)];
  });
  const decoder = upsamplingDecoder({
    steps,
    channels,
    width: WIDTH,
    stages: blocks.map(() => ({ kernel: KERNEL, to: WIDTH })),
    kernel: KERNEL,
    options,
  });
  return { inputShape: [steps, channels], latentDim: options.latentDim, encoder, decoder };
}

interface ResidualBlock extends Layer {
  /** From steps at some distance to those at twice that distance, or to the last one alone. */
  run(x: Tensor, parameters: Parameters, last: boolean): Tensor;
}

/** Two convolutions over the steps before, with an activation each, beside a projection where widths differ. */
function residualBlock(name: string, from: number, blocks: number, options: SeriesOptions): ResidualBlock {
  const { initialization, bias } = options;
  const gain = gainOf(initialization, "rectifier");
  const first = linear({ name: `${name}.0`, from: KERNEL * from, to: WIDTH, gain, bias });
  // Sums over residual blocks would grow with their number otherwise.
  const shared = initialization === "pytorch" ? gain : gain / Math.sqrt(blocks);
  const second = linear({ name: `${name}.1`, from: KERNEL * WIDTH, to: WIDTH, gain: shared, bias });
  const projected = from !== WIDTH;
  const projection = linear({
    name: `${name}.projection`,
    from,
    to: WIDTH,
    gain: gainOf(initialization, "linear"),
    bias: false,
  });
  const run = (x: Tensor, parameters: Parameters, last: boolean): Tensor => {
    const causal = windows(pad(x, 1, KERNEL - 1, 0), KERNEL);
    const inner = activated(first.apply(causal, parameters), options);
    const read = last ? lastWindow(inner) : everySecondWindow(inner);
    const outer = activated(second.apply(read, parameters), options);
    const kept = last ? lastSteps(x, 1) : everySecondStep(x);
    return activated(add(outer, projected ? projection.apply(kept, parameters) : kept), options);
  };
  return {
    parameters: parametersOf(projected ? [first, second, projection] : [first, second]),
    apply: (x, parameters) => run(x, parameters, false),
    run,
  };
}

/** Windows that end at the last step, the third but last and so on. */
function everySecondWindow(x: Tensor): Tensor {
  const steps = staticDim(x, 1);
  return windows(pad(x, 1, KERNEL - 2 + (steps % 2), 0), KERNEL, 2);
}

/** The window that ends at the last step. */
function lastWindow(x: Tensor): Tensor {
  const missing = Math.max(0, KERNEL - staticDim(x, 1));
  return windows(lastSteps(pad(x, 1, missing, 0), KERNEL), KERNEL);
}

function everySecondStep(x: Tensor): Tensor {
  const [rows, steps, width] = x.shape as [number, number, number];
  const pairs = (steps + (steps % 2)) / 2;
  const paired = reshape(pad(x, 1, steps % 2, 0), [rows, pairs, 2 * width]);
  return split(paired, 2, [width, width])[1]!;
}
