import type { Dataset } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOf } from "../../features/index.js";
import type { Instead } from "../define.js";
import { PatchGaussian } from "../patch-gaussian/patch-gaussian.js";
import { type AutoOptions, changedOption, OWN_OPTIONS } from "./options.js";

/**
 * From this length of the longer side on, in pixels, images are taken for photographs in which something small may be
 * wrong. Sets of small images, such as digits or products, ask what an image as a whole is.
 */
const PART_SIDE = 128;

/**
 * The detector of maps for large images. A shorter `imageSize` says that the images are meant as a whole; of the other options
 * those that both detectors have are passed on. Folds have no maps.
 * @throws HypersphereError `invalid-option` for options that would have no effect
 */
export async function partsInstead(options: AutoOptions, data: Dataset): Promise<Instead | undefined> {
  const { seed, imageSize, calibration, calibrationFraction, calibrationBlock, percentile } = options;
  const side = await kindOf(data).typicalSide(data);
  if (side === undefined || Math.min(side, imageSize ?? side) < PART_SIDE || calibration === "cross") {
    return undefined;
  }
  refuseOwnOptions(options, side);
  const shared = { seed, imageSize, calibrationFraction, calibrationBlock, percentile };
  return {
    detector: new PatchGaussian(shared),
    reason: `Images of ${side} pixels along their longer side are taken for photographs of parts: auto fits patch-gaussian, which maps where they are abnormal. To judge them as a whole, name another detector, or a size below ${PART_SIDE} (option "imageSize").`,
  };
}

function refuseOwnOptions(options: AutoOptions, side: number): void {
  const given = changedOption(options, OWN_OPTIONS);
  if (given === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    `Option "${given}" would have no effect: for images of ${side} pixels along their longer side auto fits patch-gaussian.`,
    { hint: `Leave it out, or judge the images as a whole (option "imageSize" below ${PART_SIDE}).` },
  );
}
