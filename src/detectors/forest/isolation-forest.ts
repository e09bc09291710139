import type { Dataset, Samples } from "../../data/index.js";
import type { FitOptions, Json, TrainingContext, TrainingData } from "../../model/contract.js";
import type { Model } from "../../model/index.js";
import { fitDetector, type TrainedDetector } from "../fit/fit.js";
import { parseOptions } from "../parse-options.js";
import { type Forest, forestPlan, growForest, RowDraws } from "./forest.js";
import { type IsolationForestInput, type IsolationForestOptions, isolationForestOptions } from "./options.js";
import { forestScore } from "./scorer.js";

/**
 * Isolation Forest for tables (Liu, Ting and Zhou, "Isolation Forest", ICDM 2008), and its extension to slanted splits
 * (Hariri, Kind and Brunner, "Extended Isolation Forest", 2021): rows that random splits isolate quickly are abnormal.
 *
 * A detector holds options only. `fit` leaves it as it was and returns an immutable model.
 *
 * @example
 * const detector = new IsolationForest({ trees: 200, seed: 7 });
 * const model = await detector.fit(await readTable("plant.csv"));
 * const { scores, isAnomaly } = await model.score(await readTable("today.csv"));
 */
export class IsolationForest {
  static readonly detectorName = "isolation-forest";
  readonly options: IsolationForestOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: IsolationForestInput = {}) {
    this.options = parseOptions(isolationForestOptions, options);
  }

  /**
   * Learns from rows that are normal, or nearly so: a few abnormal ones do little harm, since each tree sees few rows.
   *
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `invalid-option` for
   * options that the table's width rules out; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    let draws: RowDraws | undefined;
    return fitDetector(
      IsolationForest.detectorName,
      data,
      this.options,
      fitOptions,
      (training, context) => trainForest(this.options, draws!, training, context),
      {
        choose: (rows, random) => {
          draws = new RowDraws(this.options, rows, random);
          return draws.union ?? Uint32Array.from({ length: rows }, (_, row) => row);
        },
      },
    );
  }
}

async function trainForest(
  options: IsolationForestOptions,
  draws: RowDraws,
  { train }: TrainingData,
  { random, onProgress, onWarning, signal }: TrainingContext,
): Promise<TrainedDetector> {
  const { maxSamples } = options;
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

function trainingReport({ trees, samples, depthLimit }: Forest): Json {
  const sizes = trees.map((tree) => ("tree" in tree ? tree.tree : tree).feature.length);
  return {
    trees: trees.length,
    samplesPerTree: samples,
    depthLimit,
    nodes: sizes.reduce((sum, size) => sum + size, 0),
  };
}
