import type { Dataset, Samples } from "../../../data/index.js";
import { HypersphereError } from "../../../errors.js";
import type { FitOptions, TrainingContext, TrainingData } from "../../../model/contract.js";
import type { Model } from "../../../model/index.js";
import { refuseConstantPaths } from "../../../nn/constant-paths.js";
import { fitDetector } from "../../fit/fit.js";
import { designOf } from "../../networks/design.js";
import { checkSynthesis, trainWithSynthesis } from "../../networks/synthesis.js";
import { parseOptions } from "../../parse-options.js";
import { batchesFor, countNegatives, shareOfNegatives } from "../examples.js";
import { trainDeep } from "../train-deep.js";
import { readWarmStart, type WarmStart } from "../warm-start.js";
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
   * Learns from rows that are normal or nearly all so, and from what `labels` and `outliers` say is not, or what the
   * option `synthesis` makes of them. Without any of these it warns and does what Deep SVDD does.
   *
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `degenerate-encoder` for
   * an encoder that could answer a constant; `collapsed` when training found nothing but a constant; `invalid-option`
   * for labels that do not fit the rows, and outliers that cannot be made from such; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    checkSynthesis(this.options, data);
    const start = await this.#start(fitOptions);
    return fitDetector(
      DeepSad.detectorName,
      data,
      this.options,
      fitOptions,
      (given, context) =>
        trainWithSynthesis(this.options, given, context, (rows) => {
          warnOfLabels(this.options, rows, context);
          const design = designOf(this.options, rows.inputShape);
          refuseConstantPaths(design);
          const objective = deepSadObjective(design, this.options, rows);
          return trainDeep({ design, options: this.options, objective, start }, rows, context);
        }),
      { overlapping: true, schema: start?.schema, learned: start?.fingerprint },
    );
  }

  async #start({ from }: FitOptions): Promise<WarmStart | undefined> {
    if (from === undefined) return undefined;
    if (this.options.calibration === "cross") {
      throw new HypersphereError(
        "invalid-option",
        "A fit in folds cannot go on from a model: it may have learned from rows of every fold.",
        { hint: 'Use calibration "split".' },
      );
    }
    return readWarmStart(from.toBytes(), this.options, ["deep-svdd", DeepSad.detectorName]);
  }
}

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
