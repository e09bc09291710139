// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../fit/common-options.js";
import type {
  SharedAugmentOptions,
  SharedCalibrationOptions,
  SharedInputOptions,
} from "../fit/option-types.js";
import type { SharedHoldOutOptions, SharedReconstructionOptions } from "../networks/option-types.js";

/** Options of autoencoder, defaults included. */
export interface AutoencoderOptions
  extends SharedInputOptions,
    SharedAugmentOptions,
    SharedReconstructionOptions,
    SharedHoldOutOptions,
    SharedCalibrationOptions {
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
  /** Widths of the encoder's hidden layers; the decoder mirrors them. (each ≥ 1, ≤ 65536; default [64,32]) */
  readonly hiddenDims: readonly number[];
  /** Dimensions of the bottleneck. (whole number; ≥ 1, ≤ 4096; default 8) */
  readonly latentDim: number;
  /** After each hidden layer. (default "leaky-relu") */
  readonly activation: "leaky-relu" | "relu" | "elu" | "tanh" | "sigmoid" | "linear";
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.01) */
  readonly slope: number;
  /** Biases in the encoder; the decoder has them in any case. (default true) */
  readonly bias: boolean;
  /** Spread of the starting weights: He's for rectifiers, or PyTorch's default. (default "he") */
  readonly initialization: "he" | "pytorch";
  /** Networks in the ensemble, each from its own random start. (whole number; ≥ 1, ≤ 100; default 3) */
  readonly members: number;
  /** Adam with coupled weight decay as in PyTorch, AdamW, or SGD. (default "adam") */
  readonly optimizer: "adam" | "adamw" | "sgd";
  /** Momentum of SGD. (≥ 0, ≤ 1; default 0.9) */
  readonly momentum: number;
  /** Rows per optimiser step. (whole number; ≥ 1, ≤ 1000000; default 128) */
  readonly batchSize: number;
  /**
   * Epochs of training at most; by default as many as make up steps, at least one; 0 for none. (whole number;
   * ≥ 0, ≤ 100000)
   */
  readonly epochs?: number | undefined;
  /**
   * Optimiser steps of training at most, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default
   * 1000)
   */
  readonly steps: number;
  /** Learning rate. (> 0, ≤ 1; default 0.001) */
  readonly learningRate: number;
  /** Epochs from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly milestones: readonly number[];
  /** Weight decay. (≥ 0; default 0) */
  readonly weightDecay: number;
  /** Stop after this many epochs without improvement on held-out normals. (whole number; ≥ 1; default 20) */
  readonly patience: number;
}

/** Options of autoencoder as they are given: all may be left out. */
export type AutoencoderInput = Given<AutoencoderOptions>;
