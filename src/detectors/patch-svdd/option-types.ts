// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of patch-svdd, defaults included. */
export interface PatchSvddOptions {
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
   * Patches that maps are made from: of 32 pixels (small), of 64 (large), or both; images below 128 pixels
   * have small ones only. (default "small")
   */
  readonly scales: "both" | "small" | "large";
  /**
   * What is subtracted from images: the mean colour, or the mean training image, as published. (default
   * "colour")
   */
  readonly centring: "colour" | "image";
  /**
   * Channels of the encoder's first layer, of which its widest have four times as many; 32 as published.
   * (whole number; ≥ 1, ≤ 256; default 16)
   */
  readonly encoderWidth: number;
  /** Dimensions of a patch's embedding. (whole number; ≥ 1, ≤ 1024; default 64) */
  readonly latentDim: number;
  /**
   * The encoders' starting weights: scaled and shifted until all channels have mean 0 and deviation 1 over
   * training images (standardised), as He et al. propose (he), or PyTorch's default, as published (pytorch).
   * (default "standardised")
   */
  readonly initialization: "standardised" | "he" | "pytorch";
  /**
   * Weight of the distances between neighbouring patches beside the position task. (≥ 0, ≤ 1000000; default
   * 0.001)
   */
  readonly lambda: number;
  /**
   * Standard deviation of the noise, per pixel and per channel, on the patches of pairs. (≥ 0, ≤ 1; default
   * 0.02)
   */
  readonly noise: number;
  /** Learning rate of Adam. (> 0, ≤ 1; default 0.0001) */
  readonly learningRate: number;
  /** Optimiser steps. (whole number; ≥ 1, ≤ 1000000000; default 400) */
  readonly steps: number;
  /**
   * Crops of training images per step: encoders see all patches of a crop, in two views. (whole number; ≥ 1,
   * ≤ 256; default 2)
   */
  readonly cropsPerStep: number;
  /**
   * Pairs of patches of each size per crop, for each of the two losses. (whole number; ≥ 1, ≤ 4096; default
   * 128)
   */
  readonly pairsPerCrop: number;
  /**
   * What a patch is compared with: normal patches from anywhere (global), from its own place (position), or
   * those that held-out normal patches are nearer to (auto; in tiles global). (default "auto")
   */
  readonly memory: "auto" | "global" | "position";
  /**
   * Normal patches that are remembered at most, of each size; by default 2000, or 8 of each position. (whole
   * number; ≥ 1, ≤ 100000)
   */
  readonly memorySize?: number | undefined;
  /** Compare embeddings after whitening, so that all of their directions weigh alike. (default true) */
  readonly whiten: boolean;
  /**
   * How maps of both sizes become one: product as published, or sum of each over its mean. (default
   * "product")
   */
  readonly combine: "product" | "sum";
  /**
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration: "pixel" | "image";
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing: number;
  /** Share of the training normals that the maps are calibrated on. (> 0, < 0.9; default 0.3) */
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

/** Options of patch-svdd as they are given: all may be left out. */
export interface PatchSvddInput {
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
   * Patches that maps are made from: of 32 pixels (small), of 64 (large), or both; images below 128 pixels
   * have small ones only. (default "small")
   */
  readonly scales?: "both" | "small" | "large" | undefined;
  /**
   * What is subtracted from images: the mean colour, or the mean training image, as published. (default
   * "colour")
   */
  readonly centring?: "colour" | "image" | undefined;
  /**
   * Channels of the encoder's first layer, of which its widest have four times as many; 32 as published.
   * (whole number; ≥ 1, ≤ 256; default 16)
   */
  readonly encoderWidth?: number | undefined;
  /** Dimensions of a patch's embedding. (whole number; ≥ 1, ≤ 1024; default 64) */
  readonly latentDim?: number | undefined;
  /**
   * The encoders' starting weights: scaled and shifted until all channels have mean 0 and deviation 1 over
   * training images (standardised), as He et al. propose (he), or PyTorch's default, as published (pytorch).
   * (default "standardised")
   */
  readonly initialization?: "standardised" | "he" | "pytorch" | undefined;
  /**
   * Weight of the distances between neighbouring patches beside the position task. (≥ 0, ≤ 1000000; default
   * 0.001)
   */
  readonly lambda?: number | undefined;
  /**
   * Standard deviation of the noise, per pixel and per channel, on the patches of pairs. (≥ 0, ≤ 1; default
   * 0.02)
   */
  readonly noise?: number | undefined;
  /** Learning rate of Adam. (> 0, ≤ 1; default 0.0001) */
  readonly learningRate?: number | undefined;
  /** Optimiser steps. (whole number; ≥ 1, ≤ 1000000000; default 400) */
  readonly steps?: number | undefined;
  /**
   * Crops of training images per step: encoders see all patches of a crop, in two views. (whole number; ≥ 1,
   * ≤ 256; default 2)
   */
  readonly cropsPerStep?: number | undefined;
  /**
   * Pairs of patches of each size per crop, for each of the two losses. (whole number; ≥ 1, ≤ 4096; default
   * 128)
   */
  readonly pairsPerCrop?: number | undefined;
  /**
   * What a patch is compared with: normal patches from anywhere (global), from its own place (position), or
   * those that held-out normal patches are nearer to (auto; in tiles global). (default "auto")
   */
  readonly memory?: "auto" | "global" | "position" | undefined;
  /**
   * Normal patches that are remembered at most, of each size; by default 2000, or 8 of each position. (whole
   * number; ≥ 1, ≤ 100000)
   */
  readonly memorySize?: number | undefined;
  /** Compare embeddings after whitening, so that all of their directions weigh alike. (default true) */
  readonly whiten?: boolean | undefined;
  /**
   * How maps of both sizes become one: product as published, or sum of each over its mean. (default
   * "product")
   */
  readonly combine?: "product" | "sum" | undefined;
  /**
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration?: "pixel" | "image" | undefined;
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing?: number | undefined;
  /** Share of the training normals that the maps are calibrated on. (> 0, < 0.9; default 0.3) */
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
