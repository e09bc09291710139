// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type { SharedCalibrationOptions, SharedInputOptions } from "../fit/option-types.js";
import type { SharedHoldOutOptions } from "../networks/option-types.js";

/** Options of drocc, defaults included. */
export interface DroccOptions extends SharedInputOptions, SharedHoldOutOptions, SharedCalibrationOptions {
  /** The network; auto chooses one for the kind of rows. (default "auto") */
  readonly encoder:
    | "auto"
    | "mlp"
    | "conv1d"
    | "tcn"
    | "lstm"
    | "transformer"
    | "cnn"
    | "guide-cnn"
    | "mnist-lenet"
    | "fashion-mnist-lenet"
    | "cifar10-lenet"
    | "resnet-small";
  /** Widths of an MLP's hidden layers before the last one. (each ≥ 1, ≤ 65536; default [128]) */
  readonly hiddenDims: readonly number[];
  /**
   * Width of the last hidden layer, from which the logit is computed. (whole number; ≥ 1, ≤ 4096; default
   * 128)
   */
  readonly latentDim: number;
  /** After each hidden layer. (default "leaky-relu") */
  readonly activation: "leaky-relu" | "relu" | "elu" | "tanh" | "sigmoid" | "linear";
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.1) */
  readonly slope: number;
  /** Biases in an MLP; negatives keep the network from answering a constant. (default true) */
  readonly bias: boolean;
  /** Spread of the starting weights: He's for rectifiers, or PyTorch's default. (default "he") */
  readonly initialization: "he" | "pytorch";
  /** Networks in the ensemble, each from its own random start. (whole number; ≥ 1, ≤ 100; default 1) */
  readonly members: number;
  /**
   * Distance, in units of the scaled features, from which on everything counts as abnormal; by default from
   * training rows. (> 0)
   */
  readonly radius?: number | undefined;
  /**
   * Neighbour whose median distance among training rows the default radius follows; by default the root of
   * their number. (whole number; ≥ 1)
   */
  readonly radiusNeighbours?: number | undefined;
  /** The default radius is that distance times this. (> 0; default 1.5) */
  readonly radiusFactor: number;
  /** Negatives lie between the radius and outerRatio times the radius. (≥ 1; default 2) */
  readonly outerRatio: number;
  /**
   * How distances from a row are measured: all features alike, or each weighed by how much the network heeds
   * it there (DROCC-LF). (default "euclidean")
   */
  readonly norm: "euclidean" | "gradient";
  /** Weight of the negatives against the normal rows. (≥ 0; default 1) */
  readonly mu: number;
  /**
   * Steps by which a negative moves to where the network finds it most normal. (whole number; ≥ 0, ≤ 10000;
   * default 10)
   */
  readonly ascentSteps: number;
  /** Length of such a step, as a share of the radius. (> 0; default 0.1) */
  readonly ascentStep: number;
  /**
   * Further negatives, one per row and beyond the shell: cubed normal noise times this, in units of the
   * scaled features; 0 for none. (≥ 0; default 3)
   */
  readonly far: number;
  /** Adam with coupled weight decay as in PyTorch, AdamW, or SGD. (default "adam") */
  readonly optimizer: "adam" | "adamw" | "sgd";
  /** Momentum of SGD. (≥ 0, ≤ 1; default 0.9) */
  readonly momentum: number;
  /** Rows per optimiser step. (whole number; ≥ 1, ≤ 1000000; default 128) */
  readonly batchSize: number;
  /** Epochs without negatives, before the others. (whole number; ≥ 0, ≤ 100000; default 0) */
  readonly plainEpochs: number;
  /**
   * Epochs of training at most; by default as many as make up steps, at least one; 0 for none. (whole number;
   * ≥ 0, ≤ 100000)
   */
  readonly epochs?: number | undefined;
  /**
   * Optimiser steps of training at most, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default
   * 2000)
   */
  readonly steps: number;
  /** Learning rate. (> 0, ≤ 1; default 0.003) */
  readonly learningRate: number;
  /** Shares of the epochs after which the rate is a tenth. (each ≥ 0, ≤ 1; default [0.3,0.6,0.9]) */
  readonly milestones: readonly number[];
  /** Weight decay. (≥ 0; default 0) */
  readonly weightDecay: number;
}

/** Options of drocc as they are given: all may be left out. */
export type DroccInput = Given<DroccOptions>;
