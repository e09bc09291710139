import { HypersphereError } from "../../errors.js";
import type { BackboneFile, TrainingData } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { type Backbone, readBackbone } from "./backbone.js";
import type { BackboneOptions } from "./options.js";

/**
 * Refuses options that have no effect without a network.
 * @throws HypersphereError `invalid-option`
 */
export function requireBackboneOptions(
  { backboneTensors, backboneLicense }: BackboneOptions,
  backbone: BackboneFile | undefined,
): void {
  if (backbone !== undefined || (backboneTensors.length === 0 && backboneLicense === undefined)) return;
  const given = backboneLicense === undefined ? "backboneTensors" : "backboneLicense";
  throw new HypersphereError(
    "invalid-option",
    `${given} is given, but there is no backbone that it could be of.`,
    { hint: 'Give the network too (option "backbone").' },
  );
}

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
  choice: "levels" | "last",
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
