import type { Dataset } from "../../data/index.js";
import { throwIfAborted } from "../../errors.js";
import { columnSchema, fitInputSchema, type InputSchema, kindOf } from "../../features/index.js";
import { createRandom } from "../../math/random.js";
import type { CheckpointStore, FitOptions, Json, Scorer } from "../../model/contract.js";
import { type FoldPart, meanScoringModel } from "../../model/index.js";
import { blockwise, foldRows, keepApart, oneOfEach } from "./hold-out.js";
import { type FitJob, scoreRows, trainPart } from "./train-part.js";

export interface CrossFit {
  /** The folds' detectors, each with the scores of its own fold's rows, which it has not seen. */
  readonly folds: readonly FoldPart[];
  /** The mean of the folds' untrained controls. */
  readonly untrained: Uint8Array | undefined;
  readonly training: Json;
  /** Most rows that a fold held out from its training to stop in time. */
  readonly validation: number;
}

/**
 * Cross-conformal fit (Vovk, "Cross-conformal predictors", Annals of Mathematics and Artificial Intelligence 74,
 * 2015): the rows are dealt to folds, and each fold is scored by a detector trained on all others. Every row so serves
 * training and calibration, and none is judged by a detector that has seen it.
 *
 * @param whole columns that the model takes. What is learned of them, and which of them tell rows apart, each fold
 * learns from its own training rows.
 * @throws HypersphereError as the detector's training does; `invalid-option` for folds that would be too small
 */
export async function crossFit(job: FitJob, whole: InputSchema): Promise<CrossFit> {
  const { options, fitOptions, groups } = job;
  const data = withColumns(job.data, whole);
  const dealing = createRandom(options.seed);
  const split = foldRows(data.rowCount, blockwise(data, options), dealing, groups).map((dealt) => {
    const parts = keepApart(data, dealt);
    return { ...parts, calibration: oneOfEach(parts.calibration, groups, dealing) };
  });
  // Which columns number or date the rows is said of all rows, once.
  const named = new Set(
    kindOf(data)
      .columns(data)
      .map(({ name }) => name),
  );
  const said = new Set<string>();
  const folds: FoldPart[] = [];
  const controls: { schema: InputSchema; scorer: Pick<Scorer, "score"> }[] = [];
  const reports: Json[] = [];
  for (const [fold, parts] of split.entries()) {
    throwIfAborted(fitOptions.signal);
    const foldJob = { ...job, data, fitOptions: foldOptions(fitOptions, fold, split.length, said) };
    // Which columns are constant is said by all rows as well.
    const own = {
      ...options,
      ...{ imagePixels: job.imagePixels, named, constantColumns: "ignore" as const },
      settled: fitOptions.settledColumns,
    };
    const schema = await fitInputSchema(data, parts.train, own, job.runtime, fitOptions.signal);
    for (const { name, reason } of columnSchema(schema)?.dropped ?? []) {
      foldJob.fitOptions.onWarning?.(
        `Column "${name}" is left out of fold ${fold + 1} of ${split.length}: ${reason}.`,
      );
    }
    const random = createRandom(`${options.seed}, fold ${fold}`);
    const { scorer, untrained } = await trainPart(foldJob, schema, parts, random);
    const { scores } = await scoreRows(foldJob, schema, scorer, parts.calibration);
    folds.push({ schema, scorer, calibration: scores.sort() });
    if (untrained !== undefined) controls.push({ schema, scorer: untrained });
    reports.push({
      train: parts.train.length,
      validation: parts.validation.length,
      calibration: parts.calibration.length,
      training: scorer.training,
    });
  }
  return {
    folds,
    untrained: controls.length === 0 ? undefined : meanScoringModel(whole, controls),
    training: { folds: reports },
    validation: Math.max(...split.map(({ validation }) => validation.length)),
  };
}

/** The data with those columns only that the model takes. */
function withColumns(data: Dataset, schema: InputSchema): Dataset {
  const columns = columnSchema(schema);
  if (columns === undefined) return data;
  const names = [...columns.numeric, ...columns.categorical].map(({ name }) => name);
  return kindOf(data).withColumns(data, names);
}

/** A fold's part of the progress, checkpoints of its own, and warnings that other folds have not given word for word. */
function foldOptions(
  { onProgress, onWarning, onDecoded, checkpoint, signal }: FitOptions,
  fold: number,
  folds: number,
  said: Set<string>,
): FitOptions {
  return {
    signal,
    onProgress: (progress) =>
      onProgress?.({ ...progress, fold: fold + 1, folds, fraction: (fold + progress.fraction) / folds }),
    onWarning: (message) => {
      if (!said.has(message)) onWarning?.(message);
      said.add(message);
    },
    // Folds are alike, and one of them is enough to look at.
    ...(fold === 0 && { onDecoded }),
    checkpoint: checkpoint && underPrefix(checkpoint, `fold${fold}.`),
  };
}

function underPrefix(store: CheckpointStore, prefix: string): CheckpointStore {
  return {
    load: (key) => store.load(prefix + key),
    save: (key, checkpoint) => store.save(prefix + key, checkpoint),
  };
}
