import { z } from "zod";
import { CONTRASTS } from "../../features/input-schema.js";
import { inputOptions } from "../fit/common-options.js";
import { MAP_CALIBRATIONS } from "./map-calibration.js";

/** Images of parts keep their brightness, and are seen at a size at which defects are. */
export const mapInputOptions = {
  ...inputOptions,
  imageSize: z
    .int()
    .min(32)
    .max(8192)
    .optional()
    .describe(
      "Longer side, in pixels, that images are resized to; by default their own, up to as many pixels as 256 x 256 have",
    ),
  contrast: z
    .enum(CONTRASTS)
    .default("none")
    .describe("Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none"),
};

export const mapOptions = {
  mapCalibration: z
    .enum(MAP_CALIBRATIONS)
    .default("pixel")
    .describe(
      "What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them (image)",
    ),
  mapSmoothing: z
    .number()
    .min(0)
    .max(64)
    .default(2)
    .describe("Standard deviation, in pixels, of the Gaussian that smooths calibrated maps"),
  validationFraction: z
    .number()
    .gt(0)
    .lt(0.9)
    .default(0.15)
    .describe("Share of the training normals that the maps are calibrated on"),
};

/** Pixels that an image has at most by default. */
export const MAP_PIXELS = 256 ** 2;
