import {
  add,
  div,
  gemm,
  maximum,
  mul,
  normalizeBatch,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../graph/index.js";
import type { TrainingMode } from "./encoder.js";
import { type ParameterSpec, type Parameters, parameter } from "./parameters.js";

/**
 * Batch normalisation without an affine part (Ioffe and Szegedy 2015): channels get mean zero and variance one. As in
 * PyTorch, a batch is normalised by its biased variance, and running statistics keep the unbiased one. A learned offset
 * would be a bias, through which Deep SVDD collapses. A subtracted mean is not a bias, since it vanishes with the
 * values that it is the mean of.
 */
export const NORM_EPSILON = 1e-4;
/** How far one batch moves the running statistics towards its own. */
export const MOMENTUM = 0.1;

const meanName = (name: string): string => `${name}.mean`;
const varianceName = (name: string): string => `${name}.variance`;

/** The running statistics of a layer, both [channels]. */
export function batchNormParameters(name: string, channels: number): ParameterSpec[] {
  const statistic = (own: string, value: number): ParameterSpec => ({
    name: own,
    shape: [channels],
    initialize: (target) => target.fill(value),
    statistic: true,
  });
  return [statistic(meanName(name), 0), statistic(varianceName(name), 1)];
}

/** What normalises each channel: (x - mean) * factor, both [channels, 1]. */
export interface Normalizer {
  readonly mean: Tensor;
  readonly factor: Tensor;
}

/** By the statistics of the batch, which move the running ones. @param x [positions, channels, rows] */
export function batchStatistics(
  name: string,
  x: Tensor,
  parameters: Parameters,
  { weights, record }: TrainingMode,
): Normalizer {
  const [positions, channels, rows] = x.shape as [number, number, number];
  const share = mul(reshape(weights, [rows, 1]), 1 / positions);
  const average = (values: Tensor): Tensor => gemm(sum(values, [0]), share);
  const mean = average(x);
  // The difference of two large numbers may fall below zero.
  const variance = maximum(sub(average(square(x)), square(mean)), 0);

  // n / (n - 1) for n values per channel: the weights of a batch are 1 / rows, so that the sum of their squares is too.
  const oneIn = mul(sum(square(weights)), 1 / positions);
  const unbiased = div(variance, maximum(sub(1, oneIn), NORM_EPSILON));
  recordMoved(name, { mean, variance: unbiased }, parameters, record, channels);
  return { mean, factor: inverse(variance) };
}

function recordMoved(
  name: string,
  { mean, variance }: { readonly mean: Tensor; readonly variance: Tensor },
  parameters: Parameters,
  record: TrainingMode["record"],
  channels: number,
): void {
  const moved = (statistic: string, value: Tensor): void =>
    record(
      statistic,
      add(mul(parameter(parameters, statistic), 1 - MOMENTUM), mul(reshape(value, [channels]), MOMENTUM)),
    );
  moved(meanName(name), mean);
  moved(varianceName(name), variance);
}

/**
 * Normalised by the statistics of the batch, which move the running ones; for batches whose rows all count alike. Its
 * derivative is written down in one piece: half of the passes over the data.
 * @param x [positions, channels, rows]
 */
export function batchNormalized(
  name: string,
  x: Tensor,
  parameters: Parameters,
  { record }: Pick<TrainingMode, "record">,
): Tensor {
  const [positions, channels, rows] = x.shape as [number, number, number];
  const count = positions * rows;
  const average = (values: Tensor): Tensor => mul(sum(sum(values, [0]), [1]), 1 / count);
  const mean = average(x);
  // The difference of two large numbers may fall below zero.
  const variance = maximum(sub(average(square(x)), square(mean)), 0);
  const unbiased = mul(variance, count / Math.max(1, count - 1));
  recordMoved(name, { mean, variance: unbiased }, parameters, record, channels);
  return normalizeBatch(x, mean, variance, NORM_EPSILON);
}

/** By the running statistics, both [channels]. */
export function runningStatistics(name: string, parameters: Parameters): Normalizer {
  return {
    mean: parameter(parameters, meanName(name)),
    factor: inverse(parameter(parameters, varianceName(name))),
  };
}

const inverse = (variance: Tensor): Tensor => div(1, sqrt(add(variance, NORM_EPSILON)));
