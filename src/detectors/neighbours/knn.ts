import type { Dataset, Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import type { FitOptions, TrainingContext, TrainingData } from "../../model/contract.js";
import type { Model } from "../../model/index.js";
import { fitDetector, type TrainedDetector } from "../fit/fit.js";
import { parseOptions } from "../parse-options.js";
import { type KnnInput, type KnnOptions, knnOptions } from "./options.js";
import { knnScore } from "./scorer.js";

/**
 * Distance to the nearest training rows (Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from
 * large data sets", SIGMOD 2000; mean of the distances: Angiulli and Pizzuti, 2002): rows far from all that was normal
 * are abnormal. The search is exact.
 *
 * A detector holds options only. `fit` leaves it as it was and returns an immutable model.
 *
 * @example
 * const detector = new Knn({ k: 5, method: "mean" });
 * const model = await detector.fit(await readTable("plant.csv"));
 * const { scores, isAnomaly } = await model.score(await readTable("today.csv"));
 */
export class Knn {
  static readonly detectorName = "knn";
  readonly options: KnnOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: KnnInput = {}) {
    this.options = parseOptions(knnOptions, options);
  }

  /**
   * Keeps the training rows, at most `maxRows` of them: the model file holds them all.
   *
   * @throws HypersphereError `invalid-option` where there are no more than k rows to search; `unfit-data` for too few
   * or identical rows and infinite values; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    const { maxRows } = this.options;
    return fitDetector(
      Knn.detectorName,
      data,
      this.options,
      fitOptions,
      (training, context) => trainKnn(this.options, training, context),
      {
        choose: (rows, random, onWarning) => {
          if (rows <= maxRows) return Uint32Array.from({ length: rows }, (_, row) => row);
          onWarning?.(
            `Only ${maxRows} of ${rows} training rows are searched, drawn at random; raise maxRows to search more.`,
          );
          return random.stream("rows").sample(rows, maxRows).sort();
        },
      },
    );
  }
}

async function trainKnn(
  options: KnnOptions,
  { train }: TrainingData,
  { onProgress }: TrainingContext,
): Promise<TrainedDetector> {
  if (options.k >= train.rows) {
    throw new HypersphereError(
      "invalid-option",
      `k is ${options.k}, but there are only ${train.rows} training rows to search.`,
      { hint: "Lower k, or train from more rows." },
    );
  }
  onProgress?.({ stage: "training", fraction: 1 });
  return {
    scorer: { score: (features) => knnScore(options, train, features), training: { searched: train.rows } },
    untrained: undefined,
  };
}
