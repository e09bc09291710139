import { HypersphereError } from "../../errors.js";
import type { BackboneFile, TrainingData } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { type Backbone, readBackbone } from "./backbone.js";
import type { Choice } from "./feature-maps.js";
import type { BackboneOptions } from "./options.js";

/**
 * The network that a fit is given, for the images of that fit.
 * @param data images [channels, height, width] in `shape`
 * @throws HypersphereError `invalid-option` for images whose contrast was normalised; and as `readBackbone` does
 */
export async function trainingBackbone(
  runtime: Runtime,
  file: BackboneFile,
  { shape, pixelRange }: Pick<TrainingData, "pixelRange"> & { readonly shape: readonly number[] },
  options: BackboneOptions,
  choice: Choice,
): Promise<Backbone> {
  if (pixelRange === undefined) {
    throw new HypersphereError(
      "invalid-option",
      "A backbone sees images as they are, but their contrast is to be normalised first.",
      { hint: 'Use contrast "none".' },
    );
  }
  const [channels, height, width] = shape as [number, number, number];
  return readBackbone(runtime, file, { channels, height, width, range: pixelRange }, options, choice);
}
