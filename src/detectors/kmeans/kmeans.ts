import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { centresLook } from "../windows/centres-look.js";
import { viewScorer } from "../windows/fitted-view.js";
import { furtherViews, type Look, lookView, trainingWindows } from "../windows/training-windows.js";
import { type KmeansInput, type KmeansOptions, kmeansOptions } from "./options.js";

/** What the card says of the training. */
export interface KmeansReport {
  /** Centres that rows are nearest to. */
  readonly clusters: number;
  /** The views that the score is joined from; absent where it is the distance itself. */
  readonly views?: readonly string[];
}

/**
 * Distance to the nearest centre of k-means: rows like none of the groups that training rows form are abnormal. Of series
 * (KMeansAD: Yairi, Kato and Hori, "Fault detection by mining association rules from house-keeping data", i-SAIRAS 2001) it
 * compares the shapes of windows, and joins what these do not show as views of their own.
 *
 * @example
 * const model = await new Kmeans({ clusters: 50 }).fit(await open("pump.csv", { window: 60 }));
 */
export const Kmeans = defineDetector<KmeansOptions, KmeansInput, KmeansReport>({
  name: "kmeans",
  title: "k-means: distance to the nearest of a few centres; of series, by the shapes of windows",
  options: kmeansOptions,
  overlapping: true,
  train,
});
export type Kmeans = Detector<KmeansOptions>;

async function train(
  options: KmeansOptions,
  data: TrainingData,
  { backend, random, onProgress, signal }: TrainingContext,
): Promise<TrainedDetector<KmeansReport>> {
  const runtime = await backend.inline();
  const { maxRows } = options;
  const windows =
    options.normalise === "window" ? trainingWindows(data, maxRows, random.stream("rows")) : undefined;
  const look = (rows: FeatureMatrix): Promise<Look<KmeansReport>> =>
    centresLook(runtime, rows, options.clusters, random.stream("centres"), signal);
  if (windows === undefined) {
    const { value, report } = await look(sampleFeatures(data.train, maxRows, random.stream("rows")));
    onProgress?.({ stage: "training", fraction: 1 });
    return { scorer: { score: value, training: report }, untrained: undefined };
  }
  const { view, report } = await lookView("centres", windows, runtime, options.clusters, look);
  const views = [view, ...(await furtherViews(options, windows, runtime))];
  onProgress?.({ stage: "training", fraction: 1 });
  return {
    scorer: { ...viewScorer(views), training: { ...report, views: views.map(({ name }) => name) } },
    untrained: undefined,
  };
}
