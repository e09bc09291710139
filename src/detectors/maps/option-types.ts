// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

/** Options that several detectors have, defaults included. */
export interface SharedSlidingMapOptions {
  /**
   * Say where images are abnormal: the encoder learns from squares cut from them and slides over whole
   * images; the score is then the highest value of the map. (default false)
   */
  readonly maps: boolean;
  /** Side, in pixels, of the squares that the encoder sees (maps). (whole number; ≥ 32, ≤ 256; default 32) */
  readonly patchSize: number;
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
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration: "pixel" | "image";
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing: number;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none, which is the
   * default for maps. (default "gcn")
   */
  readonly contrast: "gcn" | "none";
}

/** Options that several detectors have, defaults included. */
export interface SharedMapInputOptions {
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
}

/** Options that several detectors have, defaults included. */
export interface SharedMapOptions {
  /**
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration: "pixel" | "image";
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing: number;
  /** Share of the training normals that the maps are calibrated on. (> 0, < 0.9; default 0.15) */
  readonly validationFraction: number;
}
