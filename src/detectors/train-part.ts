import type { Table } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import {
  computeFeatures,
  type FeatureMatrix,
  type FeatureSchema,
  featureCount,
  RawValues,
  ROWS_PER_RUN,
} from "../features/index.js";
import type { RandomSource } from "../math/random.js";
import { scoringModel } from "../model/index.js";
import type { Backend, Runtime } from "../runtime/index.js";
import type { CommonOptions } from "./common-options.js";
import type { FitOptions, Scorer, TrainingContext, TrainingData } from "./contract.js";
import type { RowParts } from "./hold-out.js";

export interface TrainedDetector {
  readonly scorer: Scorer;
  readonly untrained: Pick<Scorer, "score"> | undefined;
}

/**
 * Which of the training rows a detector looks at, ascending, where it can do without the others: features of those
 * are not computed.
 */
export type RowChoice = (
  rows: number,
  random: RandomSource,
  onWarning: FitOptions["onWarning"],
) => Uint32Array;

/** What a fit is asked to do, and what it does it with. */
export interface FitJob {
  readonly table: Table;
  readonly options: CommonOptions;
  readonly fitOptions: FitOptions;
  readonly train: (data: TrainingData, context: TrainingContext) => Promise<TrainedDetector>;
  readonly choose: RowChoice | undefined;
  readonly backend: Backend;
  readonly runtime: Runtime;
  /** See `TrainingContext`. */
  readonly identity: string;
}

/** One training: rows not named in `parts.train` and `parts.validation` have no part in it. */
export async function trainPart(
  { table, train, choose, backend, runtime, fitOptions, identity }: FitJob,
  schema: FeatureSchema,
  parts: RowParts,
  random: RandomSource,
): Promise<TrainedDetector> {
  const raw = new RawValues(table, schema);
  const features = (rows: Uint32Array): Promise<FeatureMatrix> =>
    computeFeatures(runtime, schema, raw, rows, fitOptions.signal);
  const chosen = choose?.(parts.train.length, random, fitOptions.onWarning).map((row) => parts.train[row]!);
  const data = {
    inputShape: [featureCount(schema)],
    train: await features(chosen ?? parts.train),
    validation: await features(parts.validation),
  };
  refuseIdenticalRows(data.train, table.source);
  return train(data, { ...fitOptions, identity, random, backend });
}

/** What a trained detector answers for the listed rows, in their order. */
export async function scoreRows(
  { table, runtime }: FitJob,
  schema: FeatureSchema,
  scorer: Scorer,
  rows: Uint32Array,
): Promise<Float32Array> {
  const raw = new RawValues(table, schema);
  const session = await runtime.createSession(scoringModel(schema, scorer));
  const scores = new Float32Array(rows.length);
  for (let from = 0; from < rows.length; from += ROWS_PER_RUN) {
    const { score } = await session.run(raw.slice(from, Math.min(rows.length, from + ROWS_PER_RUN), rows));
    scores.set(score!.data as Float32Array, from);
  }
  await session.release();
  return scores;
}

function refuseIdenticalRows({ rows, columns, data }: FeatureMatrix, source: string): void {
  for (let k = columns; k < rows * columns; k++) if (data[k] !== data[k % columns]) return;
  throw new HypersphereError(
    "unfit-data",
    `${source}: all training rows are identical; there is nothing to learn.`,
  );
}
