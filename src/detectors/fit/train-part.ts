import type { Dataset, Reading } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import {
  columnSchema,
  computeFeatures,
  computeViewed,
  denseFeatures,
  type FeatureMatrix,
  type FeatureView,
  featureColumns,
  type InputSchema,
  inputShape,
  pixelRange,
  type RowGroups,
  rawRows,
  rowStart,
} from "../../features/index.js";
import type { Tensor } from "../../graph/index.js";
import type { RandomSource } from "../../math/random.js";
import type {
  FitOptions,
  Json,
  RowReader,
  Scorer,
  TrainingContext,
  TrainingData,
} from "../../model/contract.js";
import { scoringModel } from "../../model/index.js";
import type { Backend, Runtime } from "../../runtime/index.js";
import type { ImageVectors } from "../backbone/image-vectors.js";
import { type AugmentedRows, augmentedRows } from "./augmentation.js";
import type { CommonOptions } from "./common-options.js";
import { denseWindows } from "./dense-windows.js";
import type { RowParts } from "./hold-out.js";
import { seenMasks } from "./masks.js";
import { rowReader } from "./row-reader.js";
import type { Supervised } from "./supervision.js";

/** @template Report what training records, as it becomes part of the card */
export interface TrainedDetector<Report = Json> {
  readonly scorer: Pick<Scorer, "score" | "map" | "views" | "mask" | "backbone"> & {
    readonly training: Report;
  };
  readonly untrained: Pick<Scorer, "score" | "map" | "views"> | undefined;
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

/** Makes the vectors that a detector is given instead of images. */
export type ViewOf = (
  runtime: Runtime,
  images: Pick<TrainingData, "pixelRange"> & { readonly shape: readonly number[] },
) => Promise<ImageVectors>;

/** What a fit is asked to do, and what it does it with. */
export interface FitJob
  extends Pick<Supervised, "data" | "labelledNormal" | "anomalies" | "outliers" | "defects"> {
  readonly options: CommonOptions;
  readonly fitOptions: FitOptions;
  readonly train: (data: TrainingData, context: TrainingContext) => Promise<TrainedDetector>;
  readonly choose: RowChoice | undefined;
  /** Whether the detector takes rows that overlap, see `FeatureMatrix`; others are given copies. */
  readonly overlapping: boolean;
  /** Whether the detector reads rows one at a time, see `TrainingData.reads`. */
  readonly oneByOne: boolean;
  /** See `InputOptions`. */
  readonly imagePixels: number | undefined;
  /** See `RowNeeds`. */
  readonly view: ViewOf | undefined;
  /** How data become features, where that is settled before the fit. */
  readonly schema: InputSchema | undefined;
  /** How the data were read. */
  readonly reading: Reading | undefined;
  /** Observations that stay together in every split, see `repeats`. */
  readonly groups: RowGroups | undefined;
  readonly backend: Backend;
  readonly runtime: Runtime;
  /** See `TrainingContext`. */
  readonly identity: string;
}

/** One training: rows not named in `parts.train` and `parts.validation` have no part in it. */
export async function trainPart(
  job: FitJob,
  schema: InputSchema,
  parts: RowParts,
  random: RandomSource,
): Promise<TrainedDetector> {
  const { choose, backend, fitOptions, identity } = job;
  const columns = columnSchema(schema);
  const pixels = pixelRange(schema);
  const shape = inputShape(schema);
  const view = await job.view?.(job.runtime, { shape, ...(pixels && { pixelRange: pixels }) });
  const chosen =
    choose?.(parts.train.length, random, fitOptions.onWarning).map((row) => parts.train[row]!) ?? parts.train;
  // Only here: rows that validate and calibrate are images as they came.
  const lesson = augmentedRows(job.data, chosen, job.options, random);
  const given = {
    inputShape: view === undefined ? shape : [view.columns],
    ...(columns && { columnOf: featureColumns(columns) }),
    ...(pixels && view === undefined && { pixelRange: pixels }),
    rowCount: parts.train.length,
    ...(await (job.oneByOne ? readersOf : matricesOf)(job, schema, lesson, parts.validation, view)),
    ...(await supervisedFeatures(job, schema, lesson, random, view)),
  };
  const train = (data: TrainingData): Promise<TrainedDetector> =>
    job.train(data, { ...fitOptions, identity, random, backend });
  return view === undefined ? train(given) : trainOnVectors(view, given, train);
}

/** The detector sees standardised vectors; in the model, images become them before it scores. */
async function trainOnVectors(
  view: ImageVectors,
  given: TrainingData,
  train: (data: TrainingData) => Promise<TrainedDetector>,
): Promise<TrainedDetector> {
  // Loaded where there is a network of the user's own: in a browser, other fits come without waiting for it.
  const { standardisationOf, standardised, standardisedData } = await import("../backbone/image-vectors.js");
  const scale = standardisationOf(given.train);
  const { scorer, untrained } = await train(standardisedData(given, scale));
  const seen = (features: Tensor): Tensor => standardised(features, view, scale);
  return {
    scorer: { ...scorer, score: (features) => scorer.score(seen(features)), backbone: view.record },
    untrained: untrained && { score: (features) => untrained.score(seen(features)) },
  };
}

type Rows = Pick<TrainingData, "train" | "validation" | "reads">;

/** Features of the rows, all together. */
async function matricesOf(
  job: FitJob,
  schema: InputSchema,
  train: AugmentedRows,
  validation: Uint32Array,
  view: FeatureView | undefined,
): Promise<Rows> {
  const { data, overlapping } = job;
  const trainRows = await seenRows(job, schema, train.data, train.rows, view);
  refuseIdenticalRows({ ...trainRows, rows: train.originals }, data.source);
  return {
    train: overlapping ? trainRows : denseWindows(trainRows, data.source),
    validation: denseFeatures(await seenRows(job, schema, data, validation, view)),
  };
}

/** Features of rows, or what a view makes of them. */
function seenRows(
  { runtime, fitOptions: { signal } }: Pick<FitJob, "runtime" | "fitOptions">,
  schema: InputSchema,
  data: Dataset,
  rows: Uint32Array,
  view: FeatureView | undefined,
): Promise<FeatureMatrix> {
  return view === undefined
    ? computeFeatures(runtime, schema, data, rows, signal)
    : computeViewed(runtime, schema, data, rows, view, signal);
}

/** The rows to be read when they are wanted. */
async function readersOf(
  { data, runtime, fitOptions }: FitJob,
  schema: InputSchema,
  train: AugmentedRows,
  validation: Uint32Array,
): Promise<Rows> {
  const { signal } = fitOptions;
  const reads = {
    train: await rowReader(runtime, schema, train.data, train.rows, signal),
    validation: await rowReader(runtime, schema, data, validation, signal),
  };
  await refuseIdenticalReads({ ...reads.train, rows: train.originals }, data.source);
  const none = { rows: 0, columns: reads.train.columns, data: new Float32Array(0) };
  return { train: none, validation: none, reads };
}

const everyRow = ({ rowCount }: Dataset): Uint32Array =>
  Uint32Array.from({ length: rowCount }, (_, row) => row);

/** What the fit was told, as features, for the given training rows. */
async function supervisedFeatures(
  job: FitJob,
  schema: InputSchema,
  { rows }: AugmentedRows,
  random: RandomSource,
  view: FeatureView | undefined,
): Promise<Pick<TrainingData, "labelledNormal" | "anomalies" | "outliers" | "defects">> {
  const { data, options, labelledNormal, anomalies, outliers, defects } = job;
  const asTheyCame = async (set: Dataset, every: Uint32Array): Promise<FeatureMatrix> =>
    denseFeatures(await seenRows(job, schema, set, every, view));
  // They are changed as normals are: else a network would learn to tell copies from images as they came.
  const all = async (set: Dataset): Promise<FeatureMatrix> => {
    const lesson = augmentedRows(set, everyRow(set), options, random);
    return asTheyCame(lesson.data, lesson.rows);
  };
  return {
    ...(labelledNormal && {
      labelledNormal: Uint8Array.from(rows, (row) => labelledNormal[row % data.rowCount]!),
    }),
    ...(anomalies && { anomalies: await all(anomalies) }),
    ...(outliers && { outliers: await all(outliers) }),
    // Changed, they would no longer be where their masks are.
    ...(defects && {
      defects: {
        images: await asTheyCame(defects.data, everyRow(defects.data)),
        masks: await seenMasks(defects, schema, job.fitOptions.onWarning),
      },
    }),
  };
}

/** What a trained detector answers for the listed rows, in their order. */
export interface RowScores {
  readonly scores: Float32Array;
  /** 1 for rows with a change in a watched constant column; absent where no column is watched. */
  readonly changed?: Uint8Array;
}

export async function scoreRows(
  { data, runtime }: FitJob,
  schema: InputSchema,
  scorer: Pick<Scorer, "score">,
  rows: Uint32Array,
): Promise<RowScores> {
  const session = await runtime.createSession(scoringModel(schema, { score: scorer.score }));
  const scores = new Float32Array(rows.length);
  const changed = columnSchema(schema)?.watched ? new Uint8Array(rows.length) : undefined;
  for await (const { from, feeds } of rawRows(data, schema).pieces(rows)) {
    const results = await session.run(feeds);
    scores.set(results["score"]!.data as Float32Array, from);
    changed?.set(results["changed"]!.data as Uint8Array, from);
  }
  await session.release();
  return { scores, ...(changed && { changed }) };
}

async function refuseIdenticalReads(reader: RowReader, source: string): Promise<void> {
  const first = await reader.read(0);
  for (let row = 1; row < reader.rows; row++) {
    const other = await reader.read(row);
    if (other.some((value, k) => value !== first[k])) return;
  }
  throw identical(source);
}

function refuseIdenticalRows(matrix: FeatureMatrix, source: string): void {
  const { rows, columns, data } = matrix;
  const first = rowStart(matrix, 0);
  for (let row = 1; row < rows; row++) {
    const start = rowStart(matrix, row);
    for (let k = 0; k < columns; k++) if (data[start + k] !== data[first + k]) return;
  }
  throw identical(source);
}

const identical = (source: string): HypersphereError =>
  new HypersphereError(
    "unfit-data",
    `${source}: all training rows are identical; there is nothing to learn.`,
  );
