import { z } from "zod";
import { CONTRASTS } from "../../features/input-schema.js";
import { inputOptions } from "../fit/common-options.js";
import { MAP_CALIBRATIONS } from "./map-calibration.js";

const tileOptions = {
  tile: z
    .int()
    .min(32)
    .max(4096)
    .optional()
    .describe(
      "See images at their own size, in tiles of this side in pixels: for large images with small defects (default: whole)",
    ),
  overlap: z
    .int()
    .min(0)
    .max(2048)
    .optional()
    .describe(
      "Pixels that neighbouring tiles share, at most half a tile (default: an eighth of it). A seam is impossible where they are at least as many as a pixel of the map depends on",
    ),
};

/** Images of parts keep their brightness, and are seen at a size at which defects are. */
export const mapInputOptions = {
  ...inputOptions,
  imageSize: z
    .int()
    .min(32)
    .max(8192)
    .optional()
    .describe(
      "Longer side, in pixels, that images are resized to; by default their own, without tiles up to as many pixels as 256 x 256 have",
    ),
  ...tileOptions,
  contrast: z
    .enum(CONTRASTS)
    .default("none")
    .describe("Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none"),
};

const calibratedMapOptions = {
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
};

export const mapOptions = {
  ...calibratedMapOptions,
  validationFraction: z
    .number()
    .gt(0)
    .lt(0.9)
    .default(0.15)
    .describe("Share of the training normals that the maps are calibrated on"),
};

/** Pixels that an image has at most by default. */
export const MAP_PIXELS = 256 ** 2;

/** Options of detectors of rows of every kind that can make maps of images. */
export const slidingMapOptions = {
  maps: z
    .boolean()
    .default(false)
    .describe(
      "Say where images are abnormal: the encoder learns from squares cut from them and slides over whole images; the score is then the highest value of the map",
    ),
  patchSize: z
    .int()
    .min(32)
    .max(256)
    .default(32)
    .describe("Side, in pixels, of the squares that the encoder sees (maps)"),
  ...tileOptions,
  ...calibratedMapOptions,
  contrast: inputOptions.contrast.describe(
    "Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none, which is the default for maps",
  ),
};
