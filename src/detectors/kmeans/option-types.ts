// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of kmeans, defaults included. */
export interface KmeansOptions {
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
   * Of windows of series: channels by the mean and deviation of their own window (window), or as they are
   * scaled (none). (default "window")
   */
  readonly normalise: "window" | "none";
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
  /** Centres. (whole number; ≥ 1, ≤ 10000; default 20) */
  readonly clusters: number;
  /**
   * Training rows that centres are made of at most; of more, so many are drawn at random. (whole number; ≥
   * 100, ≤ 10000000; default 20000)
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

/** Options of kmeans as they are given: all may be left out. */
export interface KmeansInput {
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
   * Of windows of series: channels by the mean and deviation of their own window (window), or as they are
   * scaled (none). (default "window")
   */
  readonly normalise?: "window" | "none" | undefined;
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
  /** Centres. (whole number; ≥ 1, ≤ 10000; default 20) */
  readonly clusters?: number | undefined;
  /**
   * Training rows that centres are made of at most; of more, so many are drawn at random. (whole number; ≥
   * 100, ≤ 10000000; default 20000)
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
