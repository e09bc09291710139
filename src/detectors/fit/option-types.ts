// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

/** Options that several detectors have, defaults included. */
export interface SharedInputOptions {
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
}

/** Options that several detectors have, defaults included. */
export interface SharedCalibrationOptions {
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

/** Options that several detectors have, defaults included. */
export interface SharedAugmentOptions {
  /**
   * Train on changed copies of the images too: moved (shift), under another exposure (brightness), mirrored
   * (flip, flip-vertical); leave out whatever would make a good part of a bad one. (default [])
   */
  readonly augment: readonly ("shift" | "brightness" | "flip" | "flip-vertical")[];
  /**
   * How far copies differ: at 1, by shifts of up to 5 % of each side and by up to 10 % of the brightness. (>
   * 0, ≤ 5; default 1)
   */
  readonly augmentStrength: number;
  /** Changed copies of each image. (whole number; ≥ 1, ≤ 50; default 4) */
  readonly augmentCopies: number;
}
