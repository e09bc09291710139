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
import type {
  SharedBatchOptions,
  SharedPretrainingOptions,
  SharedSphereOptions,
  SharedStageOptions,
} from "../option-types.js";

/** Options of deep-sad, defaults included. */
export interface DeepSadOptions
  extends SharedInputOptions,
    SharedAugmentOptions,
    SharedBackboneVectorOptions,
    SharedNetworkOptions,
    SharedPretrainingOptions,
    SharedSphereOptions,
    SharedSynthesisOptions,
    SharedBatchOptions,
    Omit<SharedStageOptions, "steps" | "learningRate">,
    SharedHoldOutOptions,
    SharedCalibrationOptions {
  /**
   * Weight of labelled rows, each against an unlabelled one (joint) or all against all (separate). (> 0, ≤
   * 1000000; default 1)
   */
  readonly eta: number;
  /**
   * One mean over all rows as in the paper, or one over normals plus eta times one over anomalies. (default
   * "joint")
   */
  readonly normalizer: "joint" | "separate";
  /**
   * What drives labelled anomalies away: 1 / (d^2 + epsilon), or max(0, margin - d)^2. (default "inverse")
   */
  readonly push: "inverse" | "hinge";
  /**
   * Keeps the drive finite at the centre; below 1e-3 gradients get large enough to upset training. (≥
   * 0.000001, ≤ 1; default 0.001)
   */
  readonly epsilon: number;
  /** Distance beyond which labelled anomalies are left alone (hinge). (> 0; default 3) */
  readonly margin: number;
  /** Measure d^2 in units of its mean over training rows at the start; the paper does not. (default true) */
  readonly relativeDistances: boolean;
  /** Optimiser steps of training, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default 1000) */
  readonly steps: number;
  /** Learning rate of training. (> 0, ≤ 1; default 0.0003) */
  readonly learningRate: number;
}

/** Options of deep-sad as they are given: all may be left out. */
export type DeepSadInput = Given<DeepSadOptions>;
