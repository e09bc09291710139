import { z } from "zod";
import { augmentOptions } from "../../fit/augmentation.js";
import { calibrationOptions, inputOptions } from "../../fit/common-options.js";
import { slidingMapOptions } from "../../maps/options.js";
import { holdOutOptions, networkOptions } from "../../networks/options.js";
import { objectiveOptions } from "../deep-svdd/options.js";
import { pretrainingOptions, sphereOptions, stageOptions } from "../options.js";
import { WIDEST_WHITENED } from "./taps.js";

export type { MultiScaleInput, MultiScaleOptions } from "./option-types.js";

/** Every option of multi-scale Deep SVDD: types, ranges, defaults, flags of the command line and documentation. */
export const multiScaleOptions = z.strictObject({
  ...inputOptions,
  ...slidingMapOptions,
  ...augmentOptions,
  ...networkOptions,
  ...pretrainingOptions,
  ...sphereOptions,
  whiten: sphereOptions.whiten.describe(
    `Start compactness training with equal spread in all directions, after every block of at most ${WIDEST_WHITENED} units`,
  ),
  ...objectiveOptions,
  combine: z
    .enum(["standardised", "sum"])
    .default("standardised")
    .describe(
      "Distances after each block relative to their mean over normals, or as they are, where the widest block weighs most",
    ),
  ...stageOptions,
  ...holdOutOptions,
  ...calibrationOptions,
});
