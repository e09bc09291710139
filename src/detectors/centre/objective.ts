import type { FeatureMatrix } from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import type { RandomStream } from "../../math/random.js";
import type { Json } from "../../model/contract.js";
import type { Network, TrainingMode } from "../../nn/encoder.js";
import type { ParameterSpec, Parameters } from "../../nn/parameters.js";
import type { Values } from "../../runtime/index.js";
import type { LatentSnapshot } from "../../train/health.js";
import type { StepContext } from "../../train/program.js";

/** What is known of a member beside its parameters, by name: a centre. Part of training programs and of model files. */
export type Vectors = Readonly<Record<string, Float32Array>>;
/** The same inside a graph. */
export type VectorTensors = ReadonlyMap<string, Tensor>;

/** Numbers that change between epochs, by name: a radius. Scalars in training programs. */
export type Moving = Readonly<Record<string, number>>;

/** Covariance [dim, dim] of rows [rows, dim] about their mean, see `covarianceOf`. */
export type Covariance = (rows: Float32Array, dim: number) => Promise<Float64Array>;

/** A space in which training watches for collapse. */
export interface View {
  /** What signs of collapse are prefixed with; empty where there is one space only. */
  readonly name: string;
  readonly network: Network;
  /** From where distances are measured in it. */
  center(vectors: Vectors): Float32Array;
  /** Signs that something is wrong with the space; defaults to those of a sphere that has collapsed. */
  readonly signs?: (now: LatentSnapshot, start: LatentSnapshot) => readonly string[];
}

/** What the training stage trains from, where that is not just the training rows. */
export interface Examples {
  readonly matrix: FeatureMatrix;
  /** What the loss knows of each row, by name: tensors whose first axis is the matrix's rows. */
  readonly data: Values;
  /** Labelled anomalies and outliers among them, shown to `assess`; without rows where there are none. */
  readonly negatives: FeatureMatrix;
  /** Rows that an epoch visits. */
  readonly visits: number;
  /** Row numbers in the order in which an epoch visits them, [visits]; rows may come more than once. */
  order(stream: RandomStream): Uint32Array<ArrayBuffer>;
}

/** Held-out normals, and how they and the training rows stand after some epochs. */
export interface Standing {
  /** Of held-out normals, [rows, width]. */
  readonly embedding: Float32Array;
  /** Their distances, as the objective measures them. */
  readonly held: Float64Array;
  /** Of the examples' negatives. */
  readonly negatives: Float64Array;
  readonly vectors: Vectors;
  readonly moving: Moving;
  /** Mean distance of training rows, relative to that at the start; the mean over views. */
  readonly seenRatio: number;
  /** Mean distance of held-out normals, relative to that at the start. */
  readonly heldRatio: number;
}

/**
 * What a network is trained towards after pretraining, and what its score is made of. The rest (pretraining,
 * whitening, checkpoints, the watch over collapse, the untrained control, the ensemble) is the same for all and lives
 * in this folder. An objective keeps no state of its own: one serves all members.
 */
export interface Objective {
  /** Everything that the stage trains. The encoder's parameters come first: pretraining leaves a prefix. */
  readonly parameters: readonly ParameterSpec[];
  /** Where rows are judged: [rows, features] to [rows, width], such as the latent space or all taps side by side. */
  embed(x: Tensor, parameters: Parameters, training?: TrainingMode): Tensor;
  readonly views: readonly View[];
  /**
   * Whitens what the embedding holds beside the latent space, by parameters of its own that the stage leaves alone.
   * Called before the anchor where rows are whitened, after the latent space has been.
   * @param parameters all of them, not changed; returned with the new values
   * @param embedding of training rows, with these parameters
   */
  whiten?(parameters: Float32Array, embedding: Float32Array, covariance: Covariance): Promise<Float32Array>;
  /**
   * Fixed before the stage, given the embedding of training rows [rows, width]: the centre.
   * @param center the one of the model that training goes on from, which is kept
   */
  anchor(embedding: Float32Array, center?: Float32Array): Vectors;
  /** How far out each row is, [rows]: the score before its unit. Higher is more abnormal. */
  distances(embedding: Float32Array, vectors: Vectors): Float64Array;
  /** The same in a graph, [rows, width] to [rows]. */
  score(embedding: Tensor, vectors: VectorTensors): Tensor;
  /** The unit of the scores, given the embedding of held-out normals, and vectors that take their final values. */
  finish(embedding: Float32Array, vectors: Vectors): { readonly unit: number; readonly vectors: Vectors };
  /** The scalar to be made small in a step. Its data hold "features", the vectors, the moving values and the examples'. */
  loss(context: StepContext): Tensor;
  /** Defaults to the training rows, each once an epoch in random order. */
  readonly examples?: Examples;
  /** Numbers that change between epochs, such as a radius; there is an assessment after every epoch then. */
  readonly moving?: {
    readonly initial: Moving;
    /** @param embedding of training rows, computed when asked for. @returns undefined to leave things as they are */
    at(epoch: number, vectors: Vectors, embedding: () => Promise<Float32Array>): Promise<Moving | undefined>;
  };
  /** What should become small on rows held out, and whether the stage has gone too far. */
  assess(standing: Standing): { readonly validation: number; readonly overfitting: boolean };
  /** More for the member's report, given the embedding of training rows. */
  report?(embedding: Float32Array, vectors: Vectors): Readonly<Record<string, Json>>;
}
