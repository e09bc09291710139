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

/** How an encoder of images sees every crop of a larger image at once, as if each were an image of its own. */
export interface Sliding {
  /** Pixels from one crop to the next, along both sides. */
  readonly stride: number;
  /**
   * @param image [channels, height, width] of the larger images, no smaller than a crop
   * @returns crops down and across, and the encoder from images to their crops: rows are crops, image by image and row
   * by row
   */
  over(image: readonly number[]): {
    readonly positions: readonly [down: number, across: number];
    readonly encoder: EncoderNetwork;
  };
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
  /** The same encoder where it keeps the statistics of its normalisation in compactness training. */
  readonly frozen?: EncoderNetwork;
  readonly decoder: Network;
  /** Of encoders of images that do not look past the edges of what they are given. */
  readonly sliding?: Sliding;
}

/** Numbers in a row of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
