import type { Dataset, Samples } from "../../../data/index.js";
import type { FitOptions } from "../../../model/contract.js";
import type { Model } from "../../../model/index.js";
import { refuseConstantPaths } from "../../../nn/constant-paths.js";
import { fitDetector } from "../../fit/fit.js";
import { designOf } from "../../networks/design.js";
import { parseOptions } from "../../parse-options.js";
import { trainDeep } from "../train-deep.js";
import { deepSvddObjective } from "./objectives.js";
import { type DeepSvddInput, type DeepSvddOptions, deepSvddOptions } from "./options.js";

/**
 * Deep SVDD for tables, windows of series and images (Ruff et al., "Deep One-Class Classification", ICML 2018): an encoder learns to map normal
 * rows near a fixed centre; the distance to it is the score.
 *
 * A detector holds options only. `fit` leaves it as it was and returns an immutable model.
 *
 * @example
 * const detector = new DeepSvdd({ latentDim: 16, seed: 7 });
 * const model = await detector.fit(await readTable("plant.csv"));
 * const { scores, isAnomaly } = await model.score(await readTable("today.csv"));
 */
export class DeepSvdd {
  static readonly detectorName = "deep-svdd";
  readonly options: DeepSvddOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: DeepSvddInput = {}) {
    this.options = parseOptions(deepSvddOptions, options);
  }

  /**
   * Learns from rows, windows or images that are normal, all of them or nearly so. A part is held out to stop in time and to calibrate.
   *
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `degenerate-encoder` for
   * an encoder that could answer a constant; `collapsed` when training found nothing but a constant; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    return fitDetector(
      DeepSvdd.detectorName,
      data,
      this.options,
      fitOptions,
      (given, context) => {
        const design = designOf(this.options, given.inputShape);
        refuseConstantPaths(design);
        const objective = deepSvddObjective(design, this.options);
        return trainDeep({ design, options: this.options, objective }, given, context);
      },
      { overlapping: true },
    );
  }
}
