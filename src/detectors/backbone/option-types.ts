// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

/** Options that several detectors have, defaults included. */
export interface SharedBackboneVectorOptions {
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
}

/** Options that several detectors have, defaults included. */
export interface SharedBackboneOptions {
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
}
