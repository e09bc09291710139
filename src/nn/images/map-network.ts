import {
  add,
  conv,
  div,
  leakyRelu,
  maximum,
  maxPool,
  mean,
  mul,
  neg,
  reshape,
  sqrt,
  square,
  sub,
  type Tensor,
} from "../../graph/index.js";
import { batchNormParameters, MOMENTUM, NORM_EPSILON, runningStatistics } from "../batch-norm.js";
import type { TrainingMode } from "../encoder.js";
import { fanInUniform, type ParameterSpec, type Parameters, parameter } from "../parameters.js";
import { preciseConv } from "./precise-conv.js";

/** A fully convolutional network from an image to one number for every square of {@link MAP_STRIDE} pixels. */
export interface MapNetwork {
  readonly parameters: readonly ParameterSpec[];
  /**
   * @param x float32 [rows, channels, height, width], both lengths multiples of {@link MAP_STRIDE}
   * @returns float32 [rows, height / 4, width / 4]
   */
  forward(x: Tensor, parameters: Parameters, training?: TrainingMode): Tensor;
}

/** Pixels of the image from one number of the map to the next. */
export const MAP_STRIDE = 4;
/** Pixels of the image that a number of the map is computed from, along each axis. */
export const MAP_FIELD = 30;

const TAPS = 3;

/** One convolution without bias, batch normalisation without affine part, LeakyReLU; then perhaps maxima of squares of two by two. */
interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly pooled: boolean;
}

/**
 * Five convolutions of 3 x 3 with two poolings between them, and one of 1 x 1. Nothing in it has a bias: a network with
 * one could answer alike for every image. Windows of the poolings do not overlap, so that every number of the map stands
 * in the middle of its square.
 *
 * @param widths channels after the first convolution, after the next two, and after the last two
 */
export function mapNetwork(
  channels: number,
  [first, second, third]: readonly [number, number, number],
  slope: number,
): MapNetwork {
  const chain = [
    { outputs: first, pooled: true },
    { outputs: second, pooled: false },
    { outputs: second, pooled: true },
    { outputs: third, pooled: false },
    { outputs: third, pooled: false },
  ];
  const blocks: Block[] = chain.map(({ outputs, pooled }, k) => ({
    name: `map.${k}`,
    inputs: k === 0 ? channels : chain[k - 1]!.outputs,
    outputs,
    pooled,
  }));
  const head = "map.head.weight";
  return {
    parameters: [
      ...blocks.flatMap(blockParameters),
      { name: head, shape: [1, third, 1, 1], initialize: fanInUniform(third, Math.sqrt(3)) },
    ],
    forward(x, parameters, training) {
      const last = blocks.reduce(
        (maps, block) =>
          training === undefined
            ? evaluated(block, maps, parameters, slope)
            : trained(block, maps, parameters, training, slope),
        x,
      );
      const y = preciseConv(last, parameter(parameters, head));
      const [rows, , height, width] = y.shape;
      return reshape(y, [rows!, height!, width!]);
    },
  };
}

function blockParameters({ name, inputs, outputs }: Block): ParameterSpec[] {
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [outputs, inputs, TAPS, TAPS],
    initialize: fanInUniform(inputs * TAPS ** 2, Math.sqrt(6)),
  };
  return [...batchNormParameters(name, outputs), weight];
}

/** Running statistics become part of the weights, so that normalisation costs nothing. */
function evaluated(
  { name, outputs, pooled }: Block,
  x: Tensor,
  parameters: Parameters,
  slope: number,
): Tensor {
  const { mean: centre, factor } = runningStatistics(name, parameters);
  const weight = mul(parameter(parameters, `${name}.weight`), reshape(factor, [outputs, 1, 1, 1]));
  const y = add(preciseConv(x, weight, { pads: 1 }), reshape(neg(mul(centre, factor)), [1, outputs, 1, 1]));
  const active = leakyRelu(y, slope);
  return pooled ? maxPool(active, 2) : active;
}

/** Pooling comes before normalising and activating, which do not change which of four numbers is the largest. */
function trained(
  { name, outputs, pooled }: Block,
  x: Tensor,
  parameters: Parameters,
  { record }: TrainingMode,
  slope: number,
): Tensor {
  const y = conv(x, parameter(parameters, `${name}.weight`), { pads: 1 });
  const [rows, , height, width] = y.shape as [number, number, number, number];
  // In two steps: ONNX Runtime is several times faster over axes that lie next to each other.
  const average = (values: Tensor): Tensor => mean(mean(values, [2, 3]), [0]);
  const centre = average(y);
  // The difference of two large numbers may fall below zero.
  const variance = maximum(sub(average(square(y)), square(centre)), 0);
  const count = rows * height * width;
  const moved = (statistic: string, value: Tensor): void =>
    record(statistic, add(mul(parameter(parameters, statistic), 1 - MOMENTUM), mul(value, MOMENTUM)));
  moved(`${name}.mean`, centre);
  moved(`${name}.variance`, mul(variance, count / (count - 1)));
  const perChannel = (each: Tensor): Tensor => reshape(each, [1, outputs, 1, 1]);
  const factor = div(1, sqrt(add(variance, NORM_EPSILON)));
  const kept = pooled ? maxPool(y, 2) : y;
  return leakyRelu(mul(sub(kept, perChannel(centre)), perChannel(factor)), slope);
}
