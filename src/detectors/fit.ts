import type { Table } from "../data/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import {
  computeFeatures,
  type FeatureMatrix,
  fitFeatureSchema,
  RawValues,
  type Scaling,
} from "../features/index.js";
import { createRandom, type RandomSource } from "../math/random.js";
import { buildModel, MODEL_FORMAT, Model, type ModelCard, scoringModel } from "../model/index.js";
import { currentBackend, type Runtime } from "../runtime/index.js";
import { percentile } from "../scoring/index.js";
import { VERSION } from "../version.js";
import type { FitOptions, Json, Scorer, TrainingContext, TrainingData } from "./contract.js";
import { fingerprint } from "./fingerprint.js";

/** With fewer rows, held-out normals are too few to say anything. */
const FEWEST_ROWS = 30;
/** Held-out rows beyond this many sharpen nothing and cost time. */
const MOST_HELD_OUT = 10_000;

/** Options that every detector has, as far as the common part of a fit needs them. */
export interface CommonOptions {
  readonly seed: number;
  readonly scaling: Scaling;
  /** Share of the training normals that training does not see but is judged by; absent for detectors that need none. */
  readonly validationFraction?: number;
  readonly calibrationFraction: number;
  readonly percentile: number;
}

export interface TrainedDetector {
  readonly scorer: Scorer;
  readonly untrained: Pick<Scorer, "score"> | undefined;
}

/**
 * Which of the training rows a detector looks at, ascending, where it can do without the others: features of those
 * are not computed.
 */
export type RowChoice = (rows: number, random: RandomSource) => Uint32Array;

/**
 * The part of a fit that all detectors share: check the rows, hold some out, learn the features, train, calibrate on
 * rows that training has not seen, and put everything into one model.
 */
export async function fitDetector(
  name: string,
  table: Table,
  options: CommonOptions,
  fitOptions: FitOptions,
  train: (data: TrainingData, context: TrainingContext) => Promise<TrainedDetector>,
  choose?: RowChoice,
): Promise<Model> {
  const { signal, onWarning, onProgress } = fitOptions;
  const backend = currentBackend();
  const random = createRandom(options.seed);
  requireRows(table);
  throwIfAborted(signal);
  onProgress?.({ stage: "preparing", fraction: 0 });

  const order = random.stream("split").permutation(table.rowCount);
  const calibrationSize = heldOut(table.rowCount, options.calibrationFraction);
  const validationSize =
    options.validationFraction === undefined
      ? 0
      : heldOut(table.rowCount - calibrationSize, options.validationFraction);
  const calibrationRows = order.subarray(0, calibrationSize).sort();
  const validationRows = order.subarray(calibrationSize, calibrationSize + validationSize).sort();
  const trainRows = order.subarray(calibrationSize + validationSize).sort();

  const schema = fitFeatureSchema(table, trainRows, options.scaling);
  for (const { name: column, reason } of schema.dropped)
    onWarning?.(`Column "${column}" is left out: ${reason}.`);
  const raw = new RawValues(table, schema);
  const runtime = await backend.inline();
  const features = (rows: Uint32Array): Promise<FeatureMatrix> =>
    computeFeatures(runtime, schema, raw, rows, signal);
  const chosen = choose?.(trainRows.length, random).map((position) => trainRows[position]!);
  const data = { train: await features(chosen ?? trainRows), validation: await features(validationRows) };
  refuseIdenticalRows(data.train, table.source);

  const dataFingerprint = await fingerprint(table);
  const identity = JSON.stringify([name, VERSION, options, dataFingerprint]);
  const { scorer, untrained } = await train(data, { ...fitOptions, identity, random, backend });

  onProgress?.({ stage: "calibrating", fraction: 1 });
  const calibration = await calibrationScores(runtime, scoringModel(schema, scorer), raw, calibrationRows);
  const card: ModelCard = {
    format: MODEL_FORMAT,
    detector: name,
    options: options as unknown as Record<string, Json>,
    versions: { hypersphere: VERSION, onnxruntime: runtime.version, runtime: runtime.kind },
    data: {
      rows: table.rowCount,
      train: trainRows.length,
      validation: validationRows.length,
      calibration: calibrationRows.length,
      fingerprint: dataFingerprint,
    },
    schema,
    training: scorer.training,
    threshold: percentile(calibration, options.percentile / 100),
    operatingPoints: {},
  };
  return Model.fromBytes(
    await buildModel({ scorer, card, calibration, untrained: untrained && scoringModel(schema, untrained) }),
  );
}

function requireRows(table: Table): void {
  if (table.rowCount >= FEWEST_ROWS) return;
  const rows = table.rowCount === 1 ? "1 row" : `${table.rowCount} rows`;
  throw new HypersphereError(
    "unfit-data",
    `${table.source} has ${rows}; training needs at least ${FEWEST_ROWS}.`,
    {
      hint: "Collect more rows from when things were normal.",
    },
  );
}

function heldOut(rows: number, fraction: number): number {
  return Math.min(MOST_HELD_OUT, Math.max(1, Math.round(rows * fraction)));
}

function refuseIdenticalRows({ rows, columns, data }: FeatureMatrix, source: string): void {
  for (let k = columns; k < rows * columns; k++) if (data[k] !== data[k % columns]) return;
  throw new HypersphereError(
    "unfit-data",
    `${source}: all training rows are identical; there is nothing to learn.`,
  );
}

async function calibrationScores(
  runtime: Runtime,
  model: Uint8Array,
  raw: RawValues,
  rows: Uint32Array,
): Promise<Float32Array> {
  const session = await runtime.createSession(model);
  const { score } = await session.run(raw.slice(0, rows.length, rows));
  await session.release();
  return (score!.data as Float32Array).toSorted();
}
