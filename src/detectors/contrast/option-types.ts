// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of contrast, defaults included. */
export interface ContrastOptions {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed: number;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling: "standard" | "robust" | "min-max" | "quantile";
  /**
   * Longer side, in pixels, that images are resized to; by default their own up to 64. (whole number; ≥ 4, ≤
   * 4096)
   */
  readonly imageSize?: number | undefined;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none. (default "gcn")
   */
  readonly contrast: "gcn" | "none";
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns: "watch" | "ignore";
  /**
   * Of windows that are normalised: score also what that hides, how far single steps and levels are from the
   * usual. (default true)
   */
  readonly amplitude: boolean;
  /**
   * Of windows that are normalised: score also how much single steps stand out from usual frequencies
   * (spectral residual). (default false)
   */
  readonly singleSteps: boolean;
  /**
   * Filters of the first convolution; the others have 2, 1 and 0.5 times as many (published: 128). (whole
   * number; ≥ 4, ≤ 512; default 64)
   */
  readonly filters: number;
  /** Optimiser steps of training. (whole number; ≥ 0, ≤ 100000; default 200) */
  readonly steps: number;
  /**
   * First steps that learn also which of two windows comes before the other. (whole number; ≥ 0; default 20)
   */
  readonly orderSteps: number;
  /** Windows in a step, with one neighbour each (published: 512). (whole number; ≥ 2, ≤ 4096; default 256) */
  readonly batchSize: number;
  /** Steps that a neighbour lies before or after at most. (whole number; ≥ 1, ≤ 1000; default 2) */
  readonly shift: number;
  /** How much farther than its neighbour the farthest window of a batch should be. (> 0, ≤ 2; default 0.5) */
  readonly margin: number;
  /** Learning rate at the start; it falls to a tenth. (> 0, ≤ 1; default 0.0001) */
  readonly learningRate: number;
  /** Weight decay of AdamW. (≥ 0, ≤ 1; default 0.0001) */
  readonly weightDecay: number;
  /** Windows of the memory that the score is the mean distance to. (whole number; ≥ 1, ≤ 100; default 3) */
  readonly nearest: number;
  /**
   * Share of the training windows that is remembered, at least 500 and at most 2000 of them. (> 0, ≤ 1;
   * default 0.1)
   */
  readonly memoryShare: number;
  /**
   * Training windows that the memory is chosen from; of more, so many are drawn at random. (whole number; ≥
   * 100, ≤ 1000000; default 10000)
   */
  readonly maxWindows: number;
  /**
   * Calibrate on rows held out once, or on all rows in folds, each judged by a detector trained without its
   * fold. (default "split")
   */
  readonly calibration: "split" | "cross";
  /** Share of the normals held out for p-values and thresholds. (> 0, < 0.9; default 0.2) */
  readonly calibrationFraction: number;
  /** Folds, and detectors in the model (cross calibration). (whole number; ≥ 2, ≤ 100; default 5) */
  readonly calibrationFolds: number;
  /**
   * Consecutive rows that are held out together; above 1 for series, whose rows resemble neighbours. (whole
   * number; ≥ 1; default 1)
   */
  readonly calibrationBlock: number;
  /** The threshold is this percentile of the calibration scores, such as 99. (> 1, < 100; default 95) */
  readonly percentile: number;
}

/** Options of contrast as they are given: all may be left out. */
export interface ContrastInput {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed?: number | undefined;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling?: "standard" | "robust" | "min-max" | "quantile" | undefined;
  /**
   * Longer side, in pixels, that images are resized to; by default their own up to 64. (whole number; ≥ 4, ≤
   * 4096)
   */
  readonly imageSize?: number | undefined;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none. (default "gcn")
   */
  readonly contrast?: "gcn" | "none" | undefined;
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns?: "watch" | "ignore" | undefined;
  /**
   * Of windows that are normalised: score also what that hides, how far single steps and levels are from the
   * usual. (default true)
   */
  readonly amplitude?: boolean | undefined;
  /**
   * Of windows that are normalised: score also how much single steps stand out from usual frequencies
   * (spectral residual). (default false)
   */
  readonly singleSteps?: boolean | undefined;
  /**
   * Filters of the first convolution; the others have 2, 1 and 0.5 times as many (published: 128). (whole
   * number; ≥ 4, ≤ 512; default 64)
   */
  readonly filters?: number | undefined;
  /** Optimiser steps of training. (whole number; ≥ 0, ≤ 100000; default 200) */
  readonly steps?: number | undefined;
  /**
   * First steps that learn also which of two windows comes before the other. (whole number; ≥ 0; default 20)
   */
  readonly orderSteps?: number | undefined;
  /** Windows in a step, with one neighbour each (published: 512). (whole number; ≥ 2, ≤ 4096; default 256) */
  readonly batchSize?: number | undefined;
  /** Steps that a neighbour lies before or after at most. (whole number; ≥ 1, ≤ 1000; default 2) */
  readonly shift?: number | undefined;
  /** How much farther than its neighbour the farthest window of a batch should be. (> 0, ≤ 2; default 0.5) */
  readonly margin?: number | undefined;
  /** Learning rate at the start; it falls to a tenth. (> 0, ≤ 1; default 0.0001) */
  readonly learningRate?: number | undefined;
  /** Weight decay of AdamW. (≥ 0, ≤ 1; default 0.0001) */
  readonly weightDecay?: number | undefined;
  /** Windows of the memory that the score is the mean distance to. (whole number; ≥ 1, ≤ 100; default 3) */
  readonly nearest?: number | undefined;
  /**
   * Share of the training windows that is remembered, at least 500 and at most 2000 of them. (> 0, ≤ 1;
   * default 0.1)
   */
  readonly memoryShare?: number | undefined;
  /**
   * Training windows that the memory is chosen from; of more, so many are drawn at random. (whole number; ≥
   * 100, ≤ 1000000; default 10000)
   */
  readonly maxWindows?: number | undefined;
  /**
   * Calibrate on rows held out once, or on all rows in folds, each judged by a detector trained without its
   * fold. (default "split")
   */
  readonly calibration?: "split" | "cross" | undefined;
  /** Share of the normals held out for p-values and thresholds. (> 0, < 0.9; default 0.2) */
  readonly calibrationFraction?: number | undefined;
  /** Folds, and detectors in the model (cross calibration). (whole number; ≥ 2, ≤ 100; default 5) */
  readonly calibrationFolds?: number | undefined;
  /**
   * Consecutive rows that are held out together; above 1 for series, whose rows resemble neighbours. (whole
   * number; ≥ 1; default 1)
   */
  readonly calibrationBlock?: number | undefined;
  /** The threshold is this percentile of the calibration scores, such as 99. (> 1, < 100; default 95) */
  readonly percentile?: number | undefined;
}
