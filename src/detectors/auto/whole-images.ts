import type { Dataset } from "../../data/index.js";
import { kindOf } from "../../features/index.js";
import type { Instead } from "../define.js";
import { Transforms } from "../transforms/transforms.js";
import { partsInstead } from "./inspection.js";
import { type AutoOptions, changedOption, OWN_OPTIONS, refuseMinutes } from "./options.js";

/**
 * From so many images on a network is trained. A covariance of the 128 channels of its last maps needs twice as many rows,
 * which is what is left of these after a fifth is held out for the threshold and a tenth of the others to stop in time.
 */
const FEWEST_IMAGES = 360;
/** Below this length of the longer side, in pixels, a translation by a fifth is hardly one, and three halvings leave no map. */
const LEAST_SIDE = 16;

/** What `auto` fits to images: see `partsInstead` and `wholeInstead`. */
export async function imagesInstead(options: AutoOptions, data: Dataset): Promise<Instead | undefined> {
  const parts = await partsInstead(options, data);
  const whole = parts === undefined ? await wholeInstead(options, data) : undefined;
  if (whole === undefined) refuseMinutes(options);
  return parts ?? whole;
}

/**
 * The network that tells how images were turned and moved, for small images that are many. Folds would train one each, and
 * options of auto's own ask for its views of rows: then it is those. The other options are passed on.
 */
async function wholeInstead(options: AutoOptions, data: Dataset): Promise<Instead | undefined> {
  const { seed, imageSize, calibration, ...shared } = options;
  const side = await kindOf(data).typicalSide(data);
  if (side === undefined || Math.min(side, imageSize ?? side) < LEAST_SIDE) return undefined;
  if (data.rowCount < FEWEST_IMAGES || calibration === "cross") return undefined;
  if (changedOption(options, OWN_OPTIONS) !== undefined) return undefined;
  const { minutes, calibrationFraction, calibrationBlock, percentile } = shared;
  const detector = new Transforms({
    ...{ seed, imageSize, calibrationFraction, calibrationBlock, percentile },
    ...(minutes !== undefined && { minutes }),
  });
  return {
    detector,
    reason: `To ${data.rowCount} images of ${side} pixels along their longer side auto fits transforms: a network that learns how images were turned and moved, trained for ${detector.options.minutes} nominal minutes, a few real ones (option "minutes"). Where neither means anything, name another detector, such as knn.`,
  };
}
