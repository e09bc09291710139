import type { TrainingContext, TrainingData } from "../../../model/contract.js";
import { refuseConstantPaths } from "../../../nn/constant-paths.js";
import { type Detector, defineDetector } from "../../define.js";
import { designOf } from "../../networks/design.js";
import { checkSynthesis, trainWithSynthesis, type WithSynthesis } from "../../networks/synthesis.js";
import { batchesFor, countNegatives, shareOfNegatives } from "../examples.js";
import { type DeepReport, trainDeep } from "../train-deep.js";
import { checkTransforms, inCompactness, pixelsForTransforms, settledForTransforms } from "../transforms.js";
import { readWarmStart, type WarmStart } from "../warm-start.js";
import { deepSadObjective } from "./objective.js";
import { type DeepSadInput, type DeepSadOptions, deepSadOptions } from "./options.js";

/**
 * Deep SAD (Ruff et al., "Deep Semi-Supervised Anomaly Detection", ICLR 2020): Deep SVDD that also learns from a few
 * labels. Labelled anomalies are driven away from the centre, labelled normals drawn to it like all other rows.
 *
 * It learns from `labels` and `outliers`, and from what the option `synthesis` makes of the rows. Without any of these it
 * warns and does what Deep SVDD does.
 *
 * @example
 * const plant = await open("plant.csv", { labelColumn: "verdict" }); // an empty cell: unlabelled
 * const model = await new DeepSad({ seed: 7 }).fit(plant);
 */
export const DeepSad = defineDetector<DeepSadOptions, DeepSadInput, WithSynthesis<DeepReport>, WarmStart>({
  name: "deep-sad",
  title: "Deep SAD: Deep SVDD that drives a few labelled anomalies away from the centre",
  options: deepSadOptions,
  learnsFrom: { labels: true, outliers: true },
  warmStart: { from: ["deep-svdd", "deep-sad"], read: readWarmStart },
  overlapping: true,
  backbone: "vectors",
  settled: settledForTransforms,
  imagePixels: pixelsForTransforms,
  before: checkSynthesis,
  train: (options, given, context, start) =>
    trainWithSynthesis(options, given, context, (rows) => {
      warnOfLabels(options, rows, context);
      checkTransforms(options, rows.inputShape);
      const design = designOf(options, rows.inputShape);
      refuseConstantPaths(design);
      const objective = deepSadObjective(inCompactness(design), options, rows);
      return trainDeep({ design, options, objective, start }, rows, context);
    }),
});
export type DeepSad = Detector<DeepSadOptions>;

/** Below this share of the mean, labelled anomalies change next to nothing. */
const LEAST_SHARE = 0.01;

function warnOfLabels(
  { normalizer, eta, batches }: DeepSadOptions,
  data: TrainingData,
  { onWarning }: TrainingContext,
): void {
  const negatives = countNegatives(data);
  if (negatives === 0) {
    onWarning?.(
      "No row is labelled an anomaly, and there are no outliers: this is Deep SVDD by another name.",
    );
    return;
  }
  const share = eta * shareOfNegatives(batchesFor(batches, data), data);
  if (normalizer === "joint" && share < LEAST_SHARE) {
    onWarning?.(
      `Labelled anomalies have a share of ${(100 * share).toPrecision(2)} % in what is made small, and will change little: normalizer "separate" gives them as much weight as all other rows together.`,
    );
  }
}
