// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { SharedBackboneVectorOptions } from "../../backbone/option-types.js";
import type { Given } from "../../fit/common-options.js";
import type {
  SharedAugmentOptions,
  SharedCalibrationOptions,
  SharedInputOptions,
} from "../../fit/option-types.js";
import type {
  SharedHoldOutOptions,
  SharedNetworkOptions,
  SharedSynthesisOptions,
} from "../../networks/option-types.js";
import type { SharedPretrainingOptions, SharedStageOptions } from "../option-types.js";

/** Options of hsc, defaults included. */
export interface HscOptions
  extends SharedInputOptions,
    SharedAugmentOptions,
    SharedBackboneVectorOptions,
    Omit<SharedNetworkOptions, "activation" | "bias" | "originOffset" | "batchSize">,
    Omit<SharedPretrainingOptions, "pretrain">,
    SharedSynthesisOptions,
    Omit<SharedStageOptions, "steps" | "learningRate" | "weightDecay">,
    SharedHoldOutOptions,
    SharedCalibrationOptions {
  /** After each hidden layer. (default "leaky-relu") */
  readonly activation: "leaky-relu" | "relu" | "elu" | "tanh" | "sigmoid" | "linear";
  /** Biases in the encoder; the paper has none. (default false) */
  readonly bias: boolean;
  /**
   * How far each member moves the origin of its input space; at 0 an encoder without biases calls the mean
   * row normal. (≥ 0; default 0)
   */
  readonly originOffset: number;
  /** Rows per optimiser step. (whole number; ≥ 1, ≤ 1000000; default 256) */
  readonly batchSize: number;
  /** Autoencoder pretraining. (default false) */
  readonly pretrain: boolean;
  /** Start training from a latent space with equal spread in all directions. (default false) */
  readonly whiten: boolean;
  /** Shrinkage of the covariance that whitening uses. (≥ 0, ≤ 1; default 0.0001) */
  readonly shrinkage: number;
  /**
   * Hypersphere classification, or a plain classifier: cross entropy or focal loss on one logit. (default
   * "hsc")
   */
  readonly loss: "hsc" | "bce" | "focal";
  /**
   * How far out a latent vector z is (hsc): sqrt(|z|^2 + 1) - 1, |z|_1, |z|, or |z|^2. (default
   * "pseudo-huber")
   */
  readonly radius: "pseudo-huber" | "l1" | "l2" | "l2-squared";
  /**
   * Focusing parameter of the focal loss: how little easy rows count; 0 is cross entropy (focal). (≥ 0, ≤ 10;
   * default 2)
   */
  readonly focalGamma: number;
  /**
   * balanced: batches of half normals, half negatives, which come again as often as that takes; shuffled:
   * every row once an epoch; auto: balanced where outliers are given. (default "balanced")
   */
  readonly batches: "auto" | "shuffled" | "balanced";
  /** Optimiser steps of training, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default 1000) */
  readonly steps: number;
  /** Learning rate of training. (> 0, ≤ 1; default 0.001) */
  readonly learningRate: number;
  /** Weight decay of training. (≥ 0; default 0.000001) */
  readonly weightDecay: number;
}

/** Options of hsc as they are given: all may be left out. */
export type HscInput = Given<HscOptions>;
