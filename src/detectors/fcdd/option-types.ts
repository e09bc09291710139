// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of fcdd, defaults included. */
export interface FcddOptions {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed: number;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling: "standard" | "robust" | "min-max" | "quantile";
  /**
   * Longer side, in pixels, that images are resized to; by default their own, without tiles up to as many
   * pixels as 256 x 256 have. (whole number; ≥ 32, ≤ 8192)
   */
  readonly imageSize?: number | undefined;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none. (default
   * "none")
   */
  readonly contrast: "gcn" | "none";
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns: "watch" | "ignore";
  /**
   * See images at their own size, in tiles of this side in pixels: for large images with small defects
   * (default: whole). (whole number; ≥ 32, ≤ 4096)
   */
  readonly tile?: number | undefined;
  /**
   * Pixels that neighbouring tiles share, at most half a tile (default: an eighth of it). A seam is
   * impossible where they are at least as many as a pixel of the map depends on. (whole number; ≥ 0, ≤ 2048)
   */
  readonly overlap?: number | undefined;
  /**
   * What is learned: which pixels are of a defect (pixel), or which images have one, as published (image).
   * (default "pixel")
   */
  readonly loss: "pixel" | "image";
  /**
   * Defects drawn into normal images: confetti as published, synthetic ones, or half of each (mix). (default
   * "mix")
   */
  readonly drawnDefects: "mix" | "confetti" | "synthetic";
  /** Channels at full, half and quarter resolution. (each ≥ 1, ≤ 512; default [16,32,64]) */
  readonly mapWidths: readonly number[];
  /** Slope of LeakyReLU below zero. (≥ 0, < 1; default 0.1) */
  readonly slope: number;
  /**
   * Side, in pixels, of the squares cut from images to learn from; smaller images are taken whole. (whole
   * number; ≥ 32, ≤ 1024; default 128)
   */
  readonly cropSize: number;
  /** Crops in a step, half of them with a defect. (whole number; ≥ 2, ≤ 256; default 32) */
  readonly batchSize: number;
  /**
   * Share of the crops with a defect that are of labelled defects or outliers, where there are any. (≥ 0, ≤
   * 1; default 0.5)
   */
  readonly defectShare: number;
  /** Optimiser steps of training. (whole number; ≥ 0, ≤ 100000; default 300) */
  readonly steps: number;
  /** Steps over which the learning rate rises; it then falls to zero. (whole number; ≥ 0; default 20) */
  readonly warmUp: number;
  /** Learning rate at its highest. (> 0, ≤ 1; default 0.001) */
  readonly learningRate: number;
  /** Weight decay of Adam. (≥ 0, ≤ 1; default 0.00001) */
  readonly weightDecay: number;
  /** Longer gradients are shortened to this length. (> 0; default 1) */
  readonly clip: number;
  /**
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration: "pixel" | "image";
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing: number;
  /** Share of the training normals that the maps are calibrated on. (> 0, < 0.9; default 0.15) */
  readonly validationFraction: number;
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

/** Options of fcdd as they are given: all may be left out. */
export interface FcddInput {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed?: number | undefined;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling?: "standard" | "robust" | "min-max" | "quantile" | undefined;
  /**
   * Longer side, in pixels, that images are resized to; by default their own, without tiles up to as many
   * pixels as 256 x 256 have. (whole number; ≥ 32, ≤ 8192)
   */
  readonly imageSize?: number | undefined;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none. (default
   * "none")
   */
  readonly contrast?: "gcn" | "none" | undefined;
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns?: "watch" | "ignore" | undefined;
  /**
   * See images at their own size, in tiles of this side in pixels: for large images with small defects
   * (default: whole). (whole number; ≥ 32, ≤ 4096)
   */
  readonly tile?: number | undefined;
  /**
   * Pixels that neighbouring tiles share, at most half a tile (default: an eighth of it). A seam is
   * impossible where they are at least as many as a pixel of the map depends on. (whole number; ≥ 0, ≤ 2048)
   */
  readonly overlap?: number | undefined;
  /**
   * What is learned: which pixels are of a defect (pixel), or which images have one, as published (image).
   * (default "pixel")
   */
  readonly loss?: "pixel" | "image" | undefined;
  /**
   * Defects drawn into normal images: confetti as published, synthetic ones, or half of each (mix). (default
   * "mix")
   */
  readonly drawnDefects?: "mix" | "confetti" | "synthetic" | undefined;
  /** Channels at full, half and quarter resolution. (each ≥ 1, ≤ 512; default [16,32,64]) */
  readonly mapWidths?: readonly number[] | undefined;
  /** Slope of LeakyReLU below zero. (≥ 0, < 1; default 0.1) */
  readonly slope?: number | undefined;
  /**
   * Side, in pixels, of the squares cut from images to learn from; smaller images are taken whole. (whole
   * number; ≥ 32, ≤ 1024; default 128)
   */
  readonly cropSize?: number | undefined;
  /** Crops in a step, half of them with a defect. (whole number; ≥ 2, ≤ 256; default 32) */
  readonly batchSize?: number | undefined;
  /**
   * Share of the crops with a defect that are of labelled defects or outliers, where there are any. (≥ 0, ≤
   * 1; default 0.5)
   */
  readonly defectShare?: number | undefined;
  /** Optimiser steps of training. (whole number; ≥ 0, ≤ 100000; default 300) */
  readonly steps?: number | undefined;
  /** Steps over which the learning rate rises; it then falls to zero. (whole number; ≥ 0; default 20) */
  readonly warmUp?: number | undefined;
  /** Learning rate at its highest. (> 0, ≤ 1; default 0.001) */
  readonly learningRate?: number | undefined;
  /** Weight decay of Adam. (≥ 0, ≤ 1; default 0.00001) */
  readonly weightDecay?: number | undefined;
  /** Longer gradients are shortened to this length. (> 0; default 1) */
  readonly clip?: number | undefined;
  /**
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration?: "pixel" | "image" | undefined;
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing?: number | undefined;
  /** Share of the training normals that the maps are calibrated on. (> 0, < 0.9; default 0.15) */
  readonly validationFraction?: number | undefined;
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
