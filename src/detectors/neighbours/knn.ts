import { HypersphereError } from "../../errors.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { type KnnInput, type KnnOptions, knnOptions } from "./options.js";
import { knnScore } from "./scorer.js";

/** What the card says of the training. */
export interface KnnReport {
  /** Training rows that are searched. */
  readonly searched: number;
}

/**
 * Distance to the nearest training rows (Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from
 * large data sets", SIGMOD 2000; mean of the distances: Angiulli and Pizzuti, 2002): rows far from all that was normal
 * are abnormal. The search is exact. The model file holds the training rows, at most `maxRows` of them; `fit` throws
 * `invalid-option` where there are no more than k.
 *
 * @example
 * const detector = new Knn({ k: 5, method: "mean" });
 * const model = await detector.fit(await open("plant.csv"));
 * const { scores, isAnomaly } = await model.score(await open("today.csv", { model }));
 */
export const Knn = defineDetector<KnnOptions, KnnInput, KnnReport>({
  name: "knn",
  title: "Nearest neighbours: distance to the training rows most like a row",
  options: knnOptions,
  backbone: "vectors",
  choose({ maxRows }, rows, random, onWarning) {
    if (rows <= maxRows) return Uint32Array.from({ length: rows }, (_, row) => row);
    onWarning?.(
      `Only ${maxRows} of ${rows} training rows are searched, drawn at random; raise maxRows to search more.`,
    );
    return random.stream("rows").sample(rows, maxRows).sort();
  },
  train: trainKnn,
});
export type Knn = Detector<KnnOptions>;

async function trainKnn(
  options: KnnOptions,
  { train }: TrainingData,
  { onProgress }: TrainingContext,
): Promise<TrainedDetector<KnnReport>> {
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
