// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of knn, defaults included. */
export interface KnnOptions {
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
   * Names of the backbone's inner tensors whose means over the image, or vectors, are its features; none: the
   * last feature map. (default [])
   */
  readonly backboneTensors: readonly string[];
  /**
   * Mean of red, green and blue that is subtracted for the backbone, of pixels from 0 to 1. (each ≥ -1000, ≤
   * 1000; default [0.485,0.456,0.406])
   */
  readonly backboneMean: readonly number[];
  /**
   * Deviation of red, green and blue that divides for the backbone, of pixels from 0 to 1. (each > 0, ≤ 1000;
   * default [0.229,0.224,0.225])
   */
  readonly backboneDeviation: readonly number[];
  /** Order of the channels that the backbone was trained with. (default "rgb") */
  readonly backboneChannels: "rgb" | "bgr";
  /** Licence of the backbone, as a note in the model's card. */
  readonly backboneLicense?: string | undefined;
  /** Neighbours that are looked at. (whole number; ≥ 1, ≤ 10000; default 5) */
  readonly k: number;
  /**
   * The score: distance to the farthest of the neighbours, or the mean, median or root mean square of the
   * distances. (default "largest")
   */
  readonly method: "largest" | "mean" | "median" | "root-mean-square";
  /**
   * Training rows that are searched at most; of more, so many are drawn at random. (whole number; ≥ 2, ≤
   * 10000000; default 20000)
   */
  readonly maxRows: number;
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

/** Options of knn as they are given: all may be left out. */
export interface KnnInput {
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
   * Names of the backbone's inner tensors whose means over the image, or vectors, are its features; none: the
   * last feature map. (default [])
   */
  readonly backboneTensors?: readonly string[] | undefined;
  /**
   * Mean of red, green and blue that is subtracted for the backbone, of pixels from 0 to 1. (each ≥ -1000, ≤
   * 1000; default [0.485,0.456,0.406])
   */
  readonly backboneMean?: readonly number[] | undefined;
  /**
   * Deviation of red, green and blue that divides for the backbone, of pixels from 0 to 1. (each > 0, ≤ 1000;
   * default [0.229,0.224,0.225])
   */
  readonly backboneDeviation?: readonly number[] | undefined;
  /** Order of the channels that the backbone was trained with. (default "rgb") */
  readonly backboneChannels?: "rgb" | "bgr" | undefined;
  /** Licence of the backbone, as a note in the model's card. */
  readonly backboneLicense?: string | undefined;
  /** Neighbours that are looked at. (whole number; ≥ 1, ≤ 10000; default 5) */
  readonly k?: number | undefined;
  /**
   * The score: distance to the farthest of the neighbours, or the mean, median or root mean square of the
   * distances. (default "largest")
   */
  readonly method?: "largest" | "mean" | "median" | "root-mean-square" | undefined;
  /**
   * Training rows that are searched at most; of more, so many are drawn at random. (whole number; ≥ 2, ≤
   * 10000000; default 20000)
   */
  readonly maxRows?: number | undefined;
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
