import type { DetectorEntry } from "../../src/detectors/registry.js";

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
};

export function fastOptions({ options }: DetectorEntry): Record<string, unknown> {
  return Object.fromEntries(Object.entries(FAST).filter(([name]) => name in options.shape));
}

/** Whether it learns by gradient descent: such detectors have losses, and an untrained control. */
export const learnsByGradient = ({ options }: DetectorEntry): boolean => "learningRate" in options.shape;
