import { z } from "zod";
import { calibrationOptions, inputOptions } from "../fit/common-options.js";
import { amplitudeOption } from "../windows/options.js";

export type { SpectralResidualInput, SpectralResidualOptions } from "./option-types.js";

/** Every option of the spectral residual. */
export const spectralResidualOptions = z.strictObject({
  ...inputOptions,
  ...amplitudeOption,
  maxRows: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(20_000)
    .describe("Training windows that say what is usual at most; of more, so many are drawn at random"),
  ...calibrationOptions,
});
