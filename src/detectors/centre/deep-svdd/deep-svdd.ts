import { refuseConstantPaths } from "../../../nn/constant-paths.js";
import { type Detector, defineDetector } from "../../define.js";
import { designOf } from "../../networks/design.js";
import { slidingMaps } from "../sliding-maps.js";
import { type DeepReport, trainDeep } from "../train-deep.js";
import { checkTransforms, inCompactness } from "../transforms.js";
import { deepSvddObjective } from "./objectives.js";
import { type DeepSvddInput, type DeepSvddOptions, deepSvddOptions } from "./options.js";
import { shortOnTables } from "./stage.js";

/**
 * Deep SVDD for tables, windows of series and images (Ruff et al., "Deep One-Class Classification", ICML 2018): an
 * encoder learns to map normal rows near a fixed centre; the distance to it is the score. A part of the rows is held out
 * to stop in time.
 *
 * @example
 * const detector = new DeepSvdd({ latentDim: 16, seed: 7 });
 * const model = await detector.fit(await open("plant.csv"));
 * const { scores, isAnomaly } = await model.score(await open("today.csv", { model }));
 */
export const DeepSvdd = defineDetector<DeepSvddOptions, DeepSvddInput, DeepReport>({
  name: "deep-svdd",
  title: "Deep SVDD: distance to a centre that an encoder learned to map normal rows to",
  options: deepSvddOptions,
  overlapping: true,
  backbone: "vectors",
  ...slidingMaps<DeepSvddOptions>("deep-svdd", deepSvddObjective, (given, rows, context) => {
    checkTransforms(given, rows.inputShape);
    const options = shortOnTables(given, rows.inputShape);
    const design = designOf(options, rows.inputShape);
    refuseConstantPaths(design);
    const objective = deepSvddObjective(inCompactness(design), options);
    return trainDeep({ design, options, objective }, rows, context);
  }),
});
export type DeepSvdd = Detector<DeepSvddOptions>;
