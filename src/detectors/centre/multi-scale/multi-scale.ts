import { refuseConstantPaths } from "../../../nn/constant-paths.js";
import { type Detector, defineDetector } from "../../define.js";
import { designOf } from "../../networks/design.js";
import { slidingMaps } from "../sliding-maps.js";
import { type DeepReport, trainDeep } from "../train-deep.js";
import { checkTransforms, inCompactness } from "../transforms.js";
import { multiScaleObjective } from "./objective.js";
import { type MultiScaleInput, type MultiScaleOptions, multiScaleOptions } from "./options.js";

/**
 * Multi-scale Deep SVDD, known as MOCCA (Massoli et al., "Multilayer One-Class Classification for Anomaly Detection",
 * IEEE TNNLS 2021): a centre after every block of the encoder, and the score is the mean of the distances to them. A part of
 * the rows is held out to stop in time.
 *
 * @example
 * const model = await new MultiScale({ seed: 7 }).fit(await open("plant.csv"));
 */
export const MultiScale = defineDetector<MultiScaleOptions, MultiScaleInput, DeepReport>({
  name: "multi-scale",
  title: "Multi-scale Deep SVDD: distances to a centre after every block of the encoder",
  options: multiScaleOptions,
  overlapping: true,
  ...slidingMaps<MultiScaleOptions>("multi-scale", multiScaleObjective, (options, rows, context) => {
    checkTransforms(options, rows.inputShape);
    const design = designOf(options, rows.inputShape);
    refuseConstantPaths(design);
    const objective = multiScaleObjective(inCompactness(design), options);
    return trainDeep({ design, options, objective }, rows, context);
  }),
});
export type MultiScale = Detector<MultiScaleOptions>;
