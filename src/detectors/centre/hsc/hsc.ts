import { HypersphereError } from "../../../errors.js";
import type { TrainingData } from "../../../model/contract.js";
import { type Detector, defineDetector } from "../../define.js";
import { designOf } from "../../networks/design.js";
import { checkSynthesis, trainWithSynthesis, type WithSynthesis } from "../../networks/synthesis.js";
import { countNegatives } from "../examples.js";
import { type DeepReport, trainDeep } from "../train-deep.js";
import { checkTransforms, inCompactness, pixelsForTransforms, settledForTransforms } from "../transforms.js";
import { hscObjective } from "./objective.js";
import { type HscInput, type HscOptions, hscOptions } from "./options.js";

/**
 * Hypersphere classification (Ruff, Vandermeulen et al., "Rethinking Assumptions in Deep Anomaly Detection", 2020):
 * normals are mapped near zero and negatives away from it, as a classifier whose class of normals is a ball. With
 * `loss: "bce"` or `"focal"` it is a plain classifier.
 *
 * Negatives are labelled anomalies, a second data set of outliers, outliers made from the training rows (`synthesis`), or
 * several of them; `fit` throws `invalid-option` where there are none.
 *
 * @example
 * const model = await new Hsc({ seed: 7 }).fit(normalImages, { outliers: anyOtherImages });
 */
export const Hsc = defineDetector<HscOptions, HscInput, WithSynthesis<DeepReport>>({
  name: "hsc",
  title: "Hypersphere classification: tells normal rows from labelled anomalies or other outliers",
  options: hscOptions,
  learnsFrom: { labels: true, outliers: true },
  overlapping: true,
  backbone: "vectors",
  settled: settledForTransforms,
  imagePixels: pixelsForTransforms,
  before: checkSynthesis,
  train: (options, given, context) =>
    trainWithSynthesis(options, given, context, (rows) => {
      requireNegatives(rows);
      checkTransforms(options, rows.inputShape);
      const design = designOf(options, rows.inputShape);
      const objective = hscObjective(inCompactness(design), options, rows);
      return trainDeep({ design, options, objective }, rows, context);
    }),
});
export type Hsc = Detector<HscOptions>;

/** Without negatives, weights of zero solve HSC's objective, and a classifier's answer is "normal" to everything. */
function requireNegatives(data: TrainingData): void {
  if (countNegatives(data) > 0) return;
  throw new HypersphereError(
    "invalid-option",
    "hsc needs negatives and got none: no row is labelled an anomaly, there are no outliers, and synthesis makes none.",
    {
      hint: "Label some anomalies, give a second data set of outliers, have some made (the option synthesis), or use deep-svdd, which needs none.",
    },
  );
}
