import type { Dataset } from "../../data/index.js";
import type { Model } from "../../model/index.js";
import { refuseConstantPaths } from "../../nn/constant-paths.js";
import type { FitOptions } from "../contract.js";
import { countNegatives } from "../deep/examples.js";
import { trainDeep } from "../deep/train-deep.js";
import { designOf } from "../design.js";
import { fitDetector } from "../fit.js";
import { parseOptions } from "../parse-options.js";
import { deepSadObjective } from "./objective.js";
import { type DeepSadInput, type DeepSadOptions, deepSadOptions } from "./options.js";

/**
 * Deep SAD (Ruff et al., "Deep Semi-Supervised Anomaly Detection", ICLR 2020): Deep SVDD that also learns from a few
 * labels. Labelled anomalies are driven away from the centre, labelled normals drawn to it like all other rows.
 *
 * @example
 * const { features, labels } = splitLabels(await readTable("plant.csv"), "verdict"); // an empty cell: not judged
 * const model = await new DeepSad({ seed: 7 }).fit(features, { labels });
 */
export class DeepSad {
  static readonly detectorName = "deep-sad";
  readonly options: DeepSadOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: DeepSadInput = {}) {
    this.options = parseOptions(deepSadOptions, options);
  }

  /**
   * Learns from rows that are normal or nearly all so, and from what `labels` and `outliers` say is not. Without
   * either it warns and does what Deep SVDD does.
   *
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `degenerate-encoder` for
   * an encoder that could answer a constant; `collapsed` when training found nothing but a constant; `invalid-option`
   * for labels that do not fit the rows; `aborted`
   */
  async fit(data: Dataset, fitOptions: FitOptions = {}): Promise<Model> {
    return fitDetector(
      DeepSad.detectorName,
      data,
      this.options,
      fitOptions,
      (given, context) => {
        if (countNegatives(given) === 0) {
          context.onWarning?.(
            "No row is labelled an anomaly, and there are no outliers: this is Deep SVDD by another name.",
          );
        }
        const design = designOf(this.options, given.inputShape);
        refuseConstantPaths(design);
        const objective = deepSadObjective(design, this.options, given);
        return trainDeep({ design, options: this.options, objective }, given, context);
      },
      { overlapping: true },
    );
  }
}
