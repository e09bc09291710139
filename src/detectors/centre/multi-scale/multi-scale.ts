import type { Dataset, Samples } from "../../../data/index.js";
import type { FitOptions } from "../../../model/contract.js";
import type { Model } from "../../../model/index.js";
import { refuseConstantPaths } from "../../../nn/constant-paths.js";
import { fitDetector } from "../../fit/fit.js";
import { designOf } from "../../networks/design.js";
import { parseOptions } from "../../parse-options.js";
import { trainDeep } from "../train-deep.js";
import { multiScaleObjective } from "./objective.js";
import { type MultiScaleInput, type MultiScaleOptions, multiScaleOptions } from "./options.js";

/**
 * Multi-scale Deep SVDD, known as MOCCA (Massoli et al., "Multilayer One-Class Classification for Anomaly Detection",
 * IEEE TNNLS 2021): a centre after every block of the encoder, and the score is the mean of the distances to them.
 *
 * @example
 * const model = await new MultiScale({ seed: 7 }).fit(await readTable("plant.csv"));
 */
export class MultiScale {
  static readonly detectorName = "multi-scale";
  readonly options: MultiScaleOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: MultiScaleInput = {}) {
    this.options = parseOptions(multiScaleOptions, options);
  }

  /**
   * Learns from rows that are normal, all of them or nearly so. A part is held out to stop in time and to calibrate.
   *
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `degenerate-encoder` for
   * an encoder that could answer a constant; `collapsed` when training found nothing but a constant; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    return fitDetector(
      MultiScale.detectorName,
      data,
      this.options,
      fitOptions,
      (rows, context) => {
        const design = designOf(this.options, rows.inputShape);
        refuseConstantPaths(design);
        const objective = multiScaleObjective(design, this.options);
        return trainDeep({ design, options: this.options, objective }, rows, context);
      },
      { overlapping: true },
    );
  }
}
