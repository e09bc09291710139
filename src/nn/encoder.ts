import type { Tensor } from "../graph/index.js";
import type { ParameterSpec, Parameters } from "./parameters.js";

/**
 * What a network does differently in training: it normalises by the statistics of the current batch, and records its
 * new running statistics. Without it a network uses the statistics that are in its parameters.
 */
export interface TrainingMode {
  /** Weight of each row of the batch, float32 [rows]: 1 / (rows in it), and 0 for rows that only fill it up. */
  readonly weights: Tensor;
  /** The value that a parameter marked as a statistic has after this step. */
  record(statistic: string, value: Tensor): void;
}

/** A network as a pair: which parameters it has, and what it computes from them. */
export interface Network {
  readonly parameters: readonly ParameterSpec[];
  /** From rows to rows: [rows, inputs] to [rows, outputs], whatever shape the network gives them in between. */
  forward(x: Tensor, parameters: Parameters, training?: TrainingMode): Tensor;
}

/** A network that also shows its intermediate results. */
export interface EncoderNetwork extends Network {
  /**
   * The output of every block as [rows, width], the last of them the latent space. Maps are averaged over their
   * positions.
   */
  blocks(x: Tensor, parameters: Parameters, training?: TrainingMode): readonly Tensor[];
}

/** An encoder to [rows, latentDim] and the decoder that pretrains it by mapping back. */
export interface EncoderDesign {
  /**
   * What the numbers of a row mean: [features], [steps, channels], or [channels, height, width]. Rows themselves are
   * always flat, in this order.
   */
  readonly inputShape: readonly number[];
  readonly latentDim: number;
  readonly encoder: EncoderNetwork;
  readonly decoder: Network;
}

/** Numbers in a row of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
