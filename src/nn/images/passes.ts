import {
  add,
  conv,
  gemm,
  maxPool,
  mean,
  mul,
  neg,
  patches,
  reshape,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { batchStatistics, type Normalizer, runningStatistics } from "../batch-norm.js";
import { convolve, convolvePooled, enlarged } from "../convolution.js";
import { type Activation, activate } from "../dense.js";
import { sizeOf, type TrainingMode } from "../encoder.js";
import { type Parameters, parameter } from "../parameters.js";
import {
  type ConvolutionLayer,
  type DenseLayer,
  type FoldLayer,
  type ImageLayer,
  type MapShape,
  padsOf,
} from "./layers.js";

/** One way through a network's layers. Maps have a layout of their own, in which they stay from layer to layer. */
export interface Pass {
  /** From rows [rows, numbers]. */
  enter(x: Tensor, shape: MapShape): Tensor;
  layer(name: string, layer: ImageLayer, x: Tensor, shape: MapShape): Tensor;
  /** To rows [rows, numbers]. */
  leave(x: Tensor, shape: MapShape): Tensor;
  /** Averages over positions, [rows, channels]. @param shape of a row's map */
  average(x: Tensor, shape: MapShape): Tensor;
}

export interface Rectifier {
  readonly activation: Activation;
  readonly slope: number;
}

/** With running statistics, which become part of the weights. Maps are [rows, channels, height, width]. */
export function evaluationPass(parameters: Parameters, { activation, slope }: Rectifier): Pass {
  const activated = (layer: ImageLayer, x: Tensor): Tensor =>
    layer.activated ? activate(x, activation, slope) : x;
  /**
   * Weights times the factor, and what is left to add. An addition behind a Conv with known weights becomes part of it,
   * so that normalisation costs nothing in scoring; a subtraction costs a fifth of the whole.
   */
  const folded = (name: string, layer: ImageLayer, shape: readonly number[]) => {
    const weight = parameter(parameters, `${name}.weight`);
    if (!layer.normalized) return { weight, offset: undefined };
    const { mean, factor } = runningStatistics(name, parameters);
    return { weight: mul(weight, reshape(factor, shape)), offset: neg(mul(mean, factor)) };
  };
  const convolution = (name: string, layer: ConvolutionLayer, x: Tensor): Tensor => {
    const { weight, offset } = folded(name, layer, [layer.outputs, 1, 1, 1]);
    const y = conv(enlarged(x, layer.upsample ?? 1), weight, { pads: padsOf(layer) });
    const shifted = offset === undefined ? y : add(y, reshape(offset, [1, layer.outputs, 1, 1]));
    const after = activated(layer, shifted);
    return layer.pooled ? maxPool(after, 2) : after;
  };
  const dense = (name: string, layer: DenseLayer, x: Tensor, shape: MapShape): Tensor => {
    const { weight, offset } = folded(name, layer, [1, layer.outputs]);
    const product = gemm(reshape(x, [x.shape[0]!, sizeOf(shape)]), weight);
    const shifted = offset === undefined ? product : add(product, offset);
    const biased = layer.bias ? add(shifted, parameter(parameters, `${name}.bias`)) : shifted;
    return reshape(activated(layer, biased), [x.shape[0]!, layer.outputs, 1, 1]);
  };
  const fold = (name: string, layer: FoldLayer, x: Tensor): Tensor => {
    const map = reshape(x, [x.shape[0]!, ...layer.shape]);
    if (!layer.normalized) return activated(layer, map);
    const { mean, factor } = runningStatistics(name, parameters);
    const perChannel = (each: Tensor): Tensor => reshape(each, [1, layer.shape[0], 1, 1]);
    return activated(layer, mul(sub(map, perChannel(mean)), perChannel(factor)));
  };
  return {
    enter: (x, shape) => reshape(x, [x.shape[0]!, ...shape]),
    layer(name, layer, x, shape) {
      switch (layer.kind) {
        case "convolution":
          return convolution(name, layer, x);
        case "dense":
          return dense(name, layer, x, shape);
        case "fold":
          return fold(name, layer, x);
      }
    },
    leave: (x, shape) => reshape(x, [x.shape[0]!, sizeOf(shape)]),
    average: (x) => mean(x, [2, 3]),
  };
}

/**
 * With the statistics of the batch, and derivatives in mind. Maps are [height, width, channels, rows], see
 * convolution.ts. Pooling comes before normalising and activating: neither changes which of four numbers is the
 * largest, and they have a quarter to do.
 */
export function trainingPass(
  parameters: Parameters,
  { activation, slope }: Rectifier,
  training: TrainingMode,
): Pass {
  const finished = (layer: ImageLayer, x: Tensor, normalizer: Normalizer | undefined): Tensor => {
    const normalized = normalizer === undefined ? x : mul(sub(x, normalizer.mean), normalizer.factor);
    return layer.activated ? activate(normalized, activation, slope) : normalized;
  };
  const statistics = (name: string, layer: ImageLayer, all: Tensor): Normalizer | undefined =>
    layer.normalized ? batchStatistics(name, all, parameters, training) : undefined;
  const positions = (x: Tensor): Tensor => {
    const [height, width, channels, rows] = x.shape as [number, number, number, number];
    return reshape(x, [height * width, channels, rows]);
  };
  const convolution = (name: string, layer: ConvolutionLayer, x: Tensor): Tensor => {
    const weight = parameter(parameters, `${name}.weight`);
    const { taps, upsample = 1 } = layer;
    const geometry = { taps, pads: padsOf(layer), upsample };
    if (layer.pooled) {
      const { all, maxima } = convolvePooled(x, weight, geometry);
      return finished(layer, maxima, statistics(name, layer, all));
    }
    const y = convolve(x, weight, geometry);
    return finished(layer, y, statistics(name, layer, positions(y)));
  };
  const dense = (name: string, layer: DenseLayer, x: Tensor, shape: MapShape): Tensor => {
    const [channels, height, width] = shape;
    const weight = parameter(parameters, `${name}.weight`);
    // Inputs in the order in which this layout has them.
    const sorted = transpose(reshape(weight, [channels, height * width, layer.outputs]), [1, 0, 2]);
    const rows = x.shape[3]!;
    const product = gemm(reshape(sorted, [sizeOf(shape), layer.outputs]), reshape(x, [sizeOf(shape), rows]), {
      transA: true,
    });
    const biased = layer.bias
      ? add(product, reshape(parameter(parameters, `${name}.bias`), [layer.outputs, 1]))
      : product;
    const y = reshape(biased, [1, 1, layer.outputs, rows]);
    return finished(layer, y, statistics(name, layer, positions(y)));
  };
  const fold = (name: string, layer: FoldLayer, x: Tensor): Tensor => {
    const [channels, height, width] = layer.shape;
    const rows = x.shape[3]!;
    const map = transpose(reshape(x, [channels, height, width, rows]), [1, 2, 0, 3]);
    return finished(layer, map, statistics(name, layer, positions(map)));
  };
  return {
    // As a matrix, and then row by row: ONNX Runtime takes several times as long to turn five axes at once.
    enter(x, [channels, height, width]) {
      const area = height * width;
      const order = Array.from(
        { length: area * channels },
        (_, k) => (k % channels) * area + Math.floor(k / channels),
      );
      const sorted = channels === 1 ? transpose(x, [1, 0]) : patches(transpose(x, [1, 0]), [order]);
      return reshape(sorted, [height, width, channels, x.shape[0]!]);
    },
    layer(name, layer, x, shape) {
      switch (layer.kind) {
        case "convolution":
          return convolution(name, layer, x);
        case "dense":
          return dense(name, layer, x, shape);
        case "fold":
          return fold(name, layer, x);
      }
    },
    leave: (x, shape) => reshape(transpose(x, [3, 2, 0, 1]), [x.shape[3]!, sizeOf(shape)]),
    average: (x) => transpose(mean(x, [0, 1]), [1, 0]),
  };
}
