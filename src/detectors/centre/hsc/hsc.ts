import type { Dataset, Samples } from "../../../data/index.js";
import { HypersphereError } from "../../../errors.js";
import type { FitOptions, TrainingData } from "../../../model/contract.js";
import type { Model } from "../../../model/index.js";
import { fitDetector } from "../../fit/fit.js";
import { designOf } from "../../networks/design.js";
import { checkSynthesis, trainWithSynthesis } from "../../networks/synthesis.js";
import { parseOptions } from "../../parse-options.js";
import { countNegatives } from "../examples.js";
import { trainDeep } from "../train-deep.js";
import { hscObjective } from "./objective.js";
import { type HscInput, type HscOptions, hscOptions } from "./options.js";

/**
 * Hypersphere classification (Ruff, Vandermeulen et al., "Rethinking Assumptions in Deep Anomaly Detection", 2020):
 * normals are mapped near zero and negatives away from it, as a classifier whose class of normals is a ball. With
 * `loss: "bce"` or `"focal"` it is a plain classifier.
 *
 * @example
 * const model = await new Hsc({ seed: 7 }).fit(normalImages, { outliers: anyOtherImages });
 */
export class Hsc {
  static readonly detectorName = "hsc";
  readonly options: HscOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: HscInput = {}) {
    this.options = parseOptions(hscOptions, options);
  }

  /**
   * Learns to tell rows that are normal, or nearly all so, from negatives: labelled anomalies, a second data set of
   * outliers, outliers made from the training rows (`synthesis`), or several of them.
   *
   * @throws HypersphereError `invalid-option` without negatives, for labels that do not fit the rows, and outliers that
   * cannot be made from such; `unfit-data` for too few or identical rows and infinite values; `collapsed` when training
   * found nothing but a constant; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    checkSynthesis(this.options, data);
    return fitDetector(
      Hsc.detectorName,
      data,
      this.options,
      fitOptions,
      (given, context) =>
        trainWithSynthesis(this.options, given, context, (rows) => {
          requireNegatives(rows);
          const design = designOf(this.options, rows.inputShape);
          const objective = hscObjective(design, this.options, rows);
          return trainDeep({ design, options: this.options, objective }, rows, context);
        }),
      { overlapping: true },
    );
  }
}

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
