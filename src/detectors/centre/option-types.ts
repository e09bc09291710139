// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

/** Options that several detectors have, defaults included. */
export interface SharedPretrainingOptions {
  /** Autoencoder pretraining. (default true) */
  readonly pretrain: boolean;
  /**
   * What the encoder learns first: to reconstruct rows (autoencoder), to tell how images were turned and
   * moved (transforms), or nothing (none); by default what pretrain says.
   */
  readonly pretraining?: "autoencoder" | "transforms" | "none" | undefined;
  /** Pretraining by transforms, in nominal minutes of 60 x 80 GFLOP each. (≥ 0, ≤ 10000; default 1) */
  readonly minutes: number;
  /**
   * Epochs of pretraining at most; by default as many as make up pretrainSteps, at least one. (whole number;
   * ≥ 0, ≤ 100000)
   */
  readonly pretrainEpochs?: number | undefined;
  /**
   * Optimiser steps of pretraining, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default 200)
   */
  readonly pretrainSteps: number;
  /** Learning rate of pretraining. (> 0, ≤ 1; default 0.001) */
  readonly pretrainLearningRate: number;
  /** Epochs of pretraining from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly pretrainMilestones: readonly number[];
  /** Weight decay of pretraining. (≥ 0; default 0) */
  readonly pretrainWeightDecay: number;
  /** The decoder's output; auto is sigmoid for min-max scaling, else linear. (default "auto") */
  readonly reconstruction: "auto" | "linear" | "sigmoid";
}

/** Options that several detectors have, defaults included. */
export interface SharedSphereOptions {
  /** Start compactness training from a latent space with equal spread in all directions. (default true) */
  readonly whiten: boolean;
  /** Shrinkage of the covariance that whitening uses. (≥ 0, ≤ 1; default 0.0001) */
  readonly shrinkage: number;
  /**
   * Components of the centre nearer to zero than this are moved to it, keeping their sign. (≥ 0; default 0.1)
   */
  readonly centerFloor: number;
}

/** Options that several detectors have, defaults included. */
export interface SharedBatchOptions {
  /**
   * shuffled: every row once an epoch; balanced: batches of half normals, half negatives; auto: balanced
   * where outliers are given. (default "auto")
   */
  readonly batches: "auto" | "shuffled" | "balanced";
}

/** Options that several detectors have, defaults included. */
export interface SharedStageOptions {
  /**
   * Epochs of compactness training at most; by default as many as make up steps, at least one; 0 for none.
   * (whole number; ≥ 0, ≤ 100000)
   */
  readonly epochs?: number | undefined;
  /**
   * Optimiser steps of compactness training, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000;
   * default 300)
   */
  readonly steps: number;
  /** Learning rate of compactness training. (> 0, ≤ 1; default 0.0001) */
  readonly learningRate: number;
  /** Epochs of compactness training from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly milestones: readonly number[];
  /** Weight decay of compactness training. (≥ 0; default 0) */
  readonly weightDecay: number;
  /**
   * Stop when rows are at this share of their starting distance to the centre, or have come nearer than
   * held-out ones by a fifth; 0 for neither; by default 0.25 for tables, 0 for series and images. (≥ 0, < 1)
   */
  readonly stopAt?: number | undefined;
  /**
   * Stop a stage after this many epochs without improvement on held-out normals. (whole number; ≥ 1; default
   * 20)
   */
  readonly patience: number;
}
