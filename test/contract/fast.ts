import { CALIBRATIONS } from "../../src/detectors/fit/common-options.js";
import { type DetectorEntry, detectors } from "../../src/detectors/registry.js";

/**
 * Values that make slow detectors fast, by the name of the option. Promises must hold for any; a detector has those of
 * its options that are listed here, so that a new one is fast without a line in this file.
 */
const FAST: Readonly<Record<string, unknown>> = {
  members: 1,
  hiddenDims: [32],
  latentDim: 16,
  width: 16,
  pretrainSteps: 40,
  steps: 60,
  ascentSteps: 2,
  trees: 50,
  patchSizes: [4],
  mapWidths: [4, 8, 8],
  encoderWidth: 4,
  filters: 16,
  pairsPerCrop: 16,
  memorySize: 100,
  minutes: 0.0003,
};

export function fastOptions({ options, masks }: DetectorEntry): Record<string, unknown> {
  const fast = Object.fromEntries(Object.entries(FAST).filter(([name]) => name in options.shape));
  // A detector that trains on some data alone has no default, and refuses it for the others; so do those that may pretrain.
  if (!("minutes" in options.parse({})) || "pretraining" in options.shape) delete fast["minutes"];
  // Maps are made of images that are no smaller.
  return masks ? { ...fast, imageSize: 32 } : fast;
}

/** What makes maps of a detector of images that makes some when it is asked to, in little time. */
export const FAST_MAPS = { maps: true, pretrain: false, epochs: 2, batchSize: 16, imageSize: 40 };

/** The first detector that makes maps of images when it is asked to: the others share with it what makes them. */
export const firstMakesMaps = (entry: DetectorEntry): boolean =>
  entry === Object.values(detectors).find(({ options }) => "maps" in options.shape);

/** The kinds of calibration that it has: maps have no folds. */
export const calibrationsOf = ({ masks }: DetectorEntry): readonly (typeof CALIBRATIONS)[number][] =>
  masks ? ["split"] : CALIBRATIONS;

/** The detectors that learn from such data. */
export const detectorsOf = (kind: string): DetectorEntry[] =>
  Object.values(detectors).filter(({ kinds }) => (kinds as readonly string[]).includes(kind));

/** Whether it learns by gradient descent: such detectors have losses, and an untrained control. */
export const learnsByGradient = ({ options }: DetectorEntry): boolean => "learningRate" in options.shape;
