import {
  add,
  div,
  gemm,
  maximum,
  mul,
  pad,
  relu,
  reshape,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { batchNormParameters, MOMENTUM, NORM_EPSILON, runningStatistics } from "../batch-norm.js";
import type { TrainingMode } from "../encoder.js";
import { fanInUniform, type ParameterSpec, type Parameters, parameter } from "../parameters.js";
import { asSteps, linear, parametersOf } from "./layers.js";

/** What windows are compared in, and what only training needs of it. */
export interface ContrastNetwork {
  /** Of the encoder, of what triplets are projected by, and of the head that tells the order. */
  readonly encoder: readonly ParameterSpec[];
  readonly projection: readonly ParameterSpec[];
  readonly head: readonly ParameterSpec[];
  /** Numbers that a window becomes. */
  readonly latentDim: number;
  /** From windows [rows, steps * channels] to [rows, latentDim]. */
  embed(x: Tensor, parameters: Parameters, training?: TrainingMode): Tensor;
  /** From embedded windows to what triplets are compared in, [rows, 4 * latentDim]. */
  project(embedded: Tensor, parameters: Parameters): Tensor;
  /** From pairs of embedded windows [pairs, 2 * latentDim] to a number that is high where the second comes before the first. */
  order(pairs: Tensor, parameters: Parameters): Tensor;
}

/** Numbers of an embedded window at least: directions in fewer say next to nothing. */
const LEAST_LATENT = 16;

interface Block {
  readonly name: string;
  readonly kernel: number;
  readonly from: number;
  readonly width: number;
}

/**
 * The network of PaAno (Park et al., ICLR 2026): four convolutions over time with batch normalisation and rectifiers, then the
 * mean over time. Here neither convolutions nor normalisation have an offset: a window of zeros becomes the zero vector
 * less the statistics of the batch, and nothing else is constant.
 * @param width channels of the first convolution; 128 as published
 */
export function contrastNetwork(
  [steps, channels]: readonly [number, number],
  width: number,
): ContrastNetwork {
  const latentDim = Math.max(LEAST_LATENT, width / 2);
  const chain = [
    { kernel: 7, width },
    { kernel: 5, width: 2 * width },
    { kernel: 3, width },
    { kernel: 3, width: latentDim },
  ];
  const blocks = chain.map((layer, k): Block => {
    return { ...layer, name: `contrast.${k}`, from: k === 0 ? channels : chain[k - 1]!.width };
  });
  const head = (name: string, from: number, to: number, bias: boolean) =>
    linear({ name: `contrast.${name}`, from, to, gain: 1, bias });
  const projection = [
    head("projection.0", latentDim, 4 * latentDim, false),
    head("projection.1", 4 * latentDim, 4 * latentDim, false),
  ] as const;
  const order = [
    head("order.0", 2 * latentDim, latentDim, true),
    head("order.1", latentDim, 1, true),
  ] as const;
  const twoLayers =
    ([first, second]: typeof projection) =>
    (x: Tensor, parameters: Parameters): Tensor =>
      second.apply(relu(first.apply(x, parameters)), parameters);
  return {
    encoder: blocks.flatMap(blockParameters),
    projection: parametersOf(projection),
    head: parametersOf(order),
    latentDim,
    embed(x, parameters, training) {
      const maps = blocks.reduce(
        (before, block) =>
          training === undefined
            ? evaluated(block, before, parameters)
            : trained(block, before, parameters, training),
        transpose(asSteps(x, steps, channels), [1, 0, 2]),
      );
      return mul(sum(maps, [0]), 1 / steps);
    },
    project: twoLayers(projection),
    order: twoLayers(order),
  };
}

function blockParameters({ name, kernel, from, width }: Block): ParameterSpec[] {
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [kernel * from, width],
    initialize: fanInUniform(kernel * from, Math.sqrt(6)),
  };
  return [...batchNormParameters(name, width), weight];
}

/**
 * What the filters find at each step of maps [steps, rows, channels]: [steps * rows, width]. Steps come first, so that what a tap of
 * the kernel looks at lies in one piece, and is multiplied where it lies.
 */
function responses({ kernel, from }: Block, maps: Tensor, weight: Tensor): Tensor {
  const [steps, rows] = maps.shape as [number, number | string, number];
  const reach = (kernel - 1) / 2;
  const around = pad(maps, 0, reach, reach);
  const positions = typeof rows === "number" ? rows * steps : "positions";
  const weights = split(weight, 0, new Array<number>(kernel).fill(from));
  return weights
    .map((tap, k) => {
      const parts = [k, steps, 2 * reach - k].filter((length) => length > 0);
      const seen = parts.length === 1 ? around : split(around, 0, parts)[k > 0 ? 1 : 0]!;
      return gemm(reshape(seen, [positions, from]), tap);
    })
    .reduce((total, term) => add(total, term));
}

/** Running statistics become part of the weights, so that normalisation costs nothing. */
function evaluated(block: Block, maps: Tensor, parameters: Parameters): Tensor {
  const { mean, factor } = runningStatistics(block.name, parameters);
  const weight = mul(parameter(parameters, `${block.name}.weight`), factor);
  return rectified(block, maps, sub(responses(block, maps, weight), mul(mean, factor)));
}

function trained(block: Block, maps: Tensor, parameters: Parameters, { record }: TrainingMode): Tensor {
  const { name, width } = block;
  const y = responses(block, maps, parameter(parameters, `${name}.weight`));
  const count = y.shape[0] as number;
  // As products, which are faster than sums over the longer axis.
  const ones = maps.graph.root.constant("float32", [1, count], new Float32Array(count).fill(1 / count));
  const average = (values: Tensor): Tensor => gemm(ones, values);
  const centre = average(y);
  // The difference of two large numbers may fall below zero.
  const variance = maximum(sub(average(square(y)), square(centre)), 0);
  const moved = (statistic: string, value: Tensor): void =>
    record(
      statistic,
      add(mul(parameter(parameters, statistic), 1 - MOMENTUM), mul(reshape(value, [width]), MOMENTUM)),
    );
  moved(`${name}.mean`, centre);
  moved(`${name}.variance`, mul(variance, count / (count - 1)));
  const factor = div(1, sqrt(add(variance, NORM_EPSILON)));
  return rectified(block, maps, sub(mul(y, factor), mul(centre, factor)));
}

const rectified = ({ width }: Block, maps: Tensor, y: Tensor): Tensor =>
  reshape(relu(y), [maps.shape[0]!, maps.shape[1]!, width]);
