// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of auto, defaults included. */
export interface AutoOptions {
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
  /** Neighbours that the local density is taken from. (whole number; ≥ 1, ≤ 1000; default 5) */
  readonly neighbours: number;
  /**
   * Training rows that neighbours are looked for in; more are sampled down to this many. (whole number; ≥
   * 100, ≤ 1000000; default 5000)
   */
  readonly maxReferences: number;
  /**
   * Training rows that the random encoders are fitted to; more are sampled down to this many. (whole number;
   * ≥ 100; default 50000)
   */
  readonly maxRows: number;
  /** Random encoders. (whole number; ≥ 1, ≤ 100; default 4) */
  readonly members: number;
  /** Units of each random encoder. (whole number; ≥ 1, ≤ 4096; default 256) */
  readonly width: number;
  /** Features that a unit of a random encoder looks at. (whole number; ≥ 1; default 2) */
  readonly inputsPerUnit: number;
  /**
   * How far each encoder moves the origin of its input space, along every feature with a random sign. (≥ 0;
   * default 0.5)
   */
  readonly originOffset: number;
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.3) */
  readonly slope: number;
  /** Shrinkage of the covariance that whitening uses. (> 0, ≤ 1; default 0.0001) */
  readonly shrinkage: number;
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

/** Options of auto as they are given: all may be left out. */
export interface AutoInput {
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
  /** Neighbours that the local density is taken from. (whole number; ≥ 1, ≤ 1000; default 5) */
  readonly neighbours?: number | undefined;
  /**
   * Training rows that neighbours are looked for in; more are sampled down to this many. (whole number; ≥
   * 100, ≤ 1000000; default 5000)
   */
  readonly maxReferences?: number | undefined;
  /**
   * Training rows that the random encoders are fitted to; more are sampled down to this many. (whole number;
   * ≥ 100; default 50000)
   */
  readonly maxRows?: number | undefined;
  /** Random encoders. (whole number; ≥ 1, ≤ 100; default 4) */
  readonly members?: number | undefined;
  /** Units of each random encoder. (whole number; ≥ 1, ≤ 4096; default 256) */
  readonly width?: number | undefined;
  /** Features that a unit of a random encoder looks at. (whole number; ≥ 1; default 2) */
  readonly inputsPerUnit?: number | undefined;
  /**
   * How far each encoder moves the origin of its input space, along every feature with a random sign. (≥ 0;
   * default 0.5)
   */
  readonly originOffset?: number | undefined;
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.3) */
  readonly slope?: number | undefined;
  /** Shrinkage of the covariance that whitening uses. (> 0, ≤ 1; default 0.0001) */
  readonly shrinkage?: number | undefined;
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
