// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of transforms, defaults included. */
export interface TransformsOptions {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed: number;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling: "standard" | "robust" | "min-max" | "quantile";
  /**
   * Longer side, in pixels, that images are resized to; by default their own, up to as many pixels as 32 x 32
   * have. (whole number; ≥ 8, ≤ 256)
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
   * How improbable the network finds the transforms of an image (likelihood), how far its features are from
   * normal ones (features), or both (joined). (default "joined")
   */
  readonly score: "joined" | "likelihood" | "features";
  /**
   * Training in nominal minutes, of 60 x 80 GFLOP each: the same steps on every machine. Two quiet cores take
   * one to two minutes for one. (≥ 0, ≤ 10000; default 2)
   */
  readonly minutes: number;
  /**
   * Channels of the encoder's first layer; its three blocks have two, four and eight times as many. (whole
   * number; ≥ 1, ≤ 256; default 16)
   */
  readonly encoderWidth: number;
  /** Slope of LeakyReLU below zero. (≥ 0, < 1; default 0.1) */
  readonly slope: number;
  /**
   * What comes in where an image was moved away: black (zero), its own edge in a mirror (reflection), or the
   * former for grey images and the latter for colour (auto). (default "auto")
   */
  readonly padding: "auto" | "zero" | "reflection";
  /**
   * Whether half of the training images are seen in a mirror; auto is yes for colour, no for grey. (default
   * "auto")
   */
  readonly mirror: "auto" | "yes" | "no";
  /**
   * Images in a step, each in four rotations; at most as many as there are. (whole number; ≥ 1, ≤ 4096;
   * default 64)
   */
  readonly batchSize: number;
  /**
   * Learning rate of AdamW at its highest, after a twentieth of the steps; it falls to zero. (> 0, ≤ 1;
   * default 0.002)
   */
  readonly learningRate: number;
  /** Weight decay of AdamW. (≥ 0, ≤ 1; default 0.05) */
  readonly weightDecay: number;
  /**
   * Statistics of batch normalisation in the untrained control: of training images (measured), or mean 0 and
   * variance 1 (identity). (default "measured")
   */
  readonly untrainedStatistics: "measured" | "identity";
  /** Share of the normals held out to stop in time. (> 0, < 0.5; default 0.1) */
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

/** Options of transforms as they are given: all may be left out. */
export interface TransformsInput {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed?: number | undefined;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling?: "standard" | "robust" | "min-max" | "quantile" | undefined;
  /**
   * Longer side, in pixels, that images are resized to; by default their own, up to as many pixels as 32 x 32
   * have. (whole number; ≥ 8, ≤ 256)
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
   * How improbable the network finds the transforms of an image (likelihood), how far its features are from
   * normal ones (features), or both (joined). (default "joined")
   */
  readonly score?: "joined" | "likelihood" | "features" | undefined;
  /**
   * Training in nominal minutes, of 60 x 80 GFLOP each: the same steps on every machine. Two quiet cores take
   * one to two minutes for one. (≥ 0, ≤ 10000; default 2)
   */
  readonly minutes?: number | undefined;
  /**
   * Channels of the encoder's first layer; its three blocks have two, four and eight times as many. (whole
   * number; ≥ 1, ≤ 256; default 16)
   */
  readonly encoderWidth?: number | undefined;
  /** Slope of LeakyReLU below zero. (≥ 0, < 1; default 0.1) */
  readonly slope?: number | undefined;
  /**
   * What comes in where an image was moved away: black (zero), its own edge in a mirror (reflection), or the
   * former for grey images and the latter for colour (auto). (default "auto")
   */
  readonly padding?: "auto" | "zero" | "reflection" | undefined;
  /**
   * Whether half of the training images are seen in a mirror; auto is yes for colour, no for grey. (default
   * "auto")
   */
  readonly mirror?: "auto" | "yes" | "no" | undefined;
  /**
   * Images in a step, each in four rotations; at most as many as there are. (whole number; ≥ 1, ≤ 4096;
   * default 64)
   */
  readonly batchSize?: number | undefined;
  /**
   * Learning rate of AdamW at its highest, after a twentieth of the steps; it falls to zero. (> 0, ≤ 1;
   * default 0.002)
   */
  readonly learningRate?: number | undefined;
  /** Weight decay of AdamW. (≥ 0, ≤ 1; default 0.05) */
  readonly weightDecay?: number | undefined;
  /**
   * Statistics of batch normalisation in the untrained control: of training images (measured), or mean 0 and
   * variance 1 (identity). (default "measured")
   */
  readonly untrainedStatistics?: "measured" | "identity" | undefined;
  /** Share of the normals held out to stop in time. (> 0, < 0.5; default 0.1) */
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
