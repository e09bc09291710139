// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

/** Options that several detectors have, defaults included. */
export interface SharedKernelOptions {
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
  /** Similarity of two rows. (default "rbf") */
  readonly kernel: "rbf" | "polynomial" | "sigmoid" | "linear";
  /**
   * Factor inside the rbf, polynomial and sigmoid kernels; scale is 1 / (features x variance of all entries),
   * auto is 1 / features. (default "scale")
   */
  readonly gamma: "scale" | "auto" | number;
  /** Power of the polynomial kernel. (whole number; ≥ 1, ≤ 20; default 3) */
  readonly degree: number;
  /** Addend inside the polynomial and sigmoid kernels. (default 0) */
  readonly coef0: number;
  /**
   * At most this share of the training rows lies outside, and at least this share are support vectors. (> 0,
   * ≤ 1; default 0.5)
   */
  readonly nu: number;
  /** How far from optimal the solution may be, in the units of the decision. (> 0; default 0.001) */
  readonly tolerance: number;
  /** Leave rows that look settled out of the solver's loops until the end. (default true) */
  readonly shrinking: boolean;
  /** Memory for rows of the kernel matrix. (> 0, ≤ 65536; default 200) */
  readonly cacheMegabytes: number;
  /**
   * The solver stops here, with a warning, where it has not converged before. (whole number; ≥ 1; default
   * 1000000)
   */
  readonly maxIterations: number;
  /**
   * With more training rows, Nystroem's approximation takes the place of the exact solution. (whole number; ≥
   * 1; default 20000)
   */
  readonly exactRows: number;
  /**
   * Training rows that stand for all of them in Nystroem's approximation. (whole number; ≥ 1, ≤ 2000; default
   * 500)
   */
  readonly landmarks: number;
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
