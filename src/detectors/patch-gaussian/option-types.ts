// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of patch-gaussian, defaults included. */
export interface PatchGaussianOptions {
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
  /**
   * Names of the backbone's inner tensors that are its features; none: the last feature maps at an eighth and
   * a sixteenth of the image's size, or the last of all. (default [])
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
  /**
   * Sides of the patches, in pixels; the maps of several sizes are averaged. (each ≥ 2, ≤ 24; default [8])
   */
  readonly patchSizes: readonly number[];
  /** Pixels from one patch to the next. (whole number; ≥ 1, ≤ 16; default 4) */
  readonly patchStride: number;
  /**
   * One Gaussian for all patches (global), one for each part of the image, as for parts that are always at
   * the same place (local), or what gives held-out images the higher likelihood (auto; with tiles it is
   * global). (default "auto")
   */
  readonly patchDensity: "auto" | "global" | "local";
  /**
   * Patches, drawn from all training images, that the covariance is taken from. (whole number; ≥ 1000;
   * default 60000)
   */
  readonly maxPatches: number;
  /**
   * Principal components of a patch that are kept; what the others hold is mostly noise. (whole number; ≥ 1,
   * ≤ 1024; default 64)
   */
  readonly components: number;
  /** Variances below this share of the largest are raised to it. (> 0, ≤ 1; default 0.000001) */
  readonly floor: number;
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

/** Options of patch-gaussian as they are given: all may be left out. */
export interface PatchGaussianInput {
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
   * Train on changed copies of the images too: moved (shift), under another exposure (brightness), mirrored
   * (flip, flip-vertical); leave out whatever would make a good part of a bad one. (default [])
   */
  readonly augment?: readonly ("shift" | "brightness" | "flip" | "flip-vertical")[] | undefined;
  /**
   * How far copies differ: at 1, by shifts of up to 5 % of each side and by up to 10 % of the brightness. (>
   * 0, ≤ 5; default 1)
   */
  readonly augmentStrength?: number | undefined;
  /** Changed copies of each image. (whole number; ≥ 1, ≤ 50; default 4) */
  readonly augmentCopies?: number | undefined;
  /**
   * Names of the backbone's inner tensors that are its features; none: the last feature maps at an eighth and
   * a sixteenth of the image's size, or the last of all. (default [])
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
  /**
   * Sides of the patches, in pixels; the maps of several sizes are averaged. (each ≥ 2, ≤ 24; default [8])
   */
  readonly patchSizes?: readonly number[] | undefined;
  /** Pixels from one patch to the next. (whole number; ≥ 1, ≤ 16; default 4) */
  readonly patchStride?: number | undefined;
  /**
   * One Gaussian for all patches (global), one for each part of the image, as for parts that are always at
   * the same place (local), or what gives held-out images the higher likelihood (auto; with tiles it is
   * global). (default "auto")
   */
  readonly patchDensity?: "auto" | "global" | "local" | undefined;
  /**
   * Patches, drawn from all training images, that the covariance is taken from. (whole number; ≥ 1000;
   * default 60000)
   */
  readonly maxPatches?: number | undefined;
  /**
   * Principal components of a patch that are kept; what the others hold is mostly noise. (whole number; ≥ 1,
   * ≤ 1024; default 64)
   */
  readonly components?: number | undefined;
  /** Variances below this share of the largest are raised to it. (> 0, ≤ 1; default 0.000001) */
  readonly floor?: number | undefined;
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
