import type { EncoderDesign } from "../../nn/encoder.js";
import { designEncoder, type EncoderName, type EncoderOptions } from "../../nn/encoders.js";
import type { CommonOptions } from "../fit/common-options.js";

interface DesignOptions
  extends Pick<CommonOptions, "scaling">,
    Omit<EncoderOptions, "reconstruction" | "inputsPerUnit"> {
  readonly encoder: EncoderName | "auto";
  readonly reconstruction: EncoderOptions["reconstruction"] | "auto";
  readonly inputsPerUnit?: number;
}

/** The encoder and decoder that a detector's options ask for, for rows of this shape. */
export function designOf(options: DesignOptions, inputShape: readonly number[]): EncoderDesign {
  const { encoder, reconstruction, scaling, inputsPerUnit = 0 } = options;
  const automatic = scaling === "min-max" ? "sigmoid" : "linear";
  return designEncoder(encoder, inputShape, {
    ...options,
    inputsPerUnit,
    reconstruction: reconstruction === "auto" ? automatic : reconstruction,
  });
}
