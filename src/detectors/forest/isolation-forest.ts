import type { TrainingContext, TrainingData } from "../../model/contract.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { type Forest, forestPlan, growForest, RowDraws } from "./forest.js";
import { type IsolationForestInput, type IsolationForestOptions, isolationForestOptions } from "./options.js";
import { forestScore } from "./scorer.js";

/** What the card says of the training. */
export interface ForestReport {
  readonly trees: number;
  readonly samplesPerTree: number;
  readonly depthLimit: number;
  /** Of all trees. */
  readonly nodes: number;
}

/**
 * Isolation Forest for tables (Liu, Ting and Zhou, "Isolation Forest", ICDM 2008), and its extension to slanted splits
 * (Hariri, Kind and Brunner, "Extended Isolation Forest", 2021): rows that random splits isolate quickly are abnormal.
 * A few abnormal rows among those that it learns from do little harm, since each tree sees few rows.
 *
 * @example
 * const detector = new IsolationForest({ trees: 200, seed: 7 });
 * const model = await detector.fit(await open("plant.csv"));
 * const { scores, isAnomaly } = await model.score(await open("today.csv", { model }));
 */
export const IsolationForest = defineDetector<IsolationForestOptions, IsolationForestInput, ForestReport>({
  name: "isolation-forest",
  title: "Isolation Forest: how few random splits set a row apart from all others",
  options: isolationForestOptions,
  choose(options, rows, random) {
    const { union } = new RowDraws(options, rows, random);
    return union ?? Uint32Array.from({ length: rows }, (_, row) => row);
  },
  train: trainForest,
});
export type IsolationForest = Detector<IsolationForestOptions>;

async function trainForest(
  options: IsolationForestOptions,
  { train, rowCount }: TrainingData,
  { random, onProgress, onWarning, signal }: TrainingContext,
): Promise<TrainedDetector<ForestReport>> {
  const { maxSamples } = options;
  const draws = new RowDraws(options, rowCount, random);
  if (maxSamples !== "auto" && maxSamples > draws.rows) {
    onWarning?.(
      `maxSamples is ${maxSamples}, but there are ${draws.rows} rows to train from; each tree sees all of them.`,
    );
  }
  const plan = forestPlan(options, draws.rows, train.columns);
  const report = (done: number): void => onProgress?.({ stage: "training", fraction: done / options.trees });
  const forest = await growForest(train, draws, options, plan, random, report, signal);
  return {
    scorer: { score: (features) => forestScore(forest, features), training: trainingReport(forest) },
    untrained: undefined,
  };
}

function trainingReport({ trees, samples, depthLimit }: Forest): ForestReport {
  const sizes = trees.map((tree) => ("tree" in tree ? tree.tree : tree).feature.length);
  return {
    trees: trees.length,
    samplesPerTree: samples,
    depthLimit,
    nodes: sizes.reduce((sum, size) => sum + size, 0),
  };
}
