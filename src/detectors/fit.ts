import type { Table } from "../data/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import { type FeatureSchema, fitFeatureSchema, fitReference, RawValues } from "../features/index.js";
import { createRandom } from "../math/random.js";
import {
  buildCrossModel,
  buildModel,
  MODEL_FORMAT,
  Model,
  type ModelCard,
  scoringModel,
} from "../model/index.js";
import { currentBackend } from "../runtime/index.js";
import { percentile } from "../scoring/index.js";
import { VERSION } from "../version.js";
import type { CommonOptions } from "./common-options.js";
import type { FitOptions, Json, TrainingContext, TrainingData } from "./contract.js";
import { crossFit } from "./cross-fit.js";
import { fingerprint } from "./fingerprint.js";
import { splitRows } from "./hold-out.js";
import { type FitJob, type RowChoice, scoreRows, type TrainedDetector, trainPart } from "./train-part.js";

export type { CommonOptions } from "./common-options.js";
export type { RowChoice, TrainedDetector } from "./train-part.js";

/** With fewer rows, held-out normals are too few to say anything. */
const FEWEST_ROWS = 30;

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
  const backend = currentBackend();
  requireRows(table);
  throwIfAborted(fitOptions.signal);
  fitOptions.onProgress?.({ stage: "preparing", fraction: 0 });

  const dataFingerprint = await fingerprint(table);
  const runtime = await backend.inline();
  const identity = JSON.stringify([name, VERSION, options, dataFingerprint]);
  const job: FitJob = { table, options, fitOptions, train, choose, backend, runtime, identity };
  const makeCard: CardMaker = (schema, training, { train: trainRows, validation }, calibration) => ({
    format: MODEL_FORMAT,
    detector: name,
    options: options as unknown as Record<string, Json>,
    versions: { hypersphere: VERSION, onnxruntime: runtime.version, runtime: runtime.kind },
    data: {
      rows: table.rowCount,
      train: trainRows.length,
      validation,
      calibration: calibration.length,
      fingerprint: dataFingerprint,
    },
    schema,
    reference: fitReference(
      new RawValues(table, schema),
      schema,
      trainRows,
      createRandom(options.seed).stream("reference"),
    ),
    training,
    threshold: percentile(calibration, options.percentile / 100),
    operatingPoints: {},
  });
  return Model.fromBytes(await (options.calibration === "cross" ? fitFolds : fitOnce)(job, makeCard));
}

type CardMaker = (
  schema: FeatureSchema,
  training: Json,
  used: { readonly train: Uint32Array; readonly validation: number },
  calibration: Float32Array,
) => ModelCard;

/** Training on a part of the rows, calibration on another. */
async function fitOnce(job: FitJob, makeCard: CardMaker): Promise<Uint8Array> {
  const { table, options, fitOptions } = job;
  const random = createRandom(options.seed);
  const parts = splitRows(table.rowCount, options, random);
  const schema = schemaOf(job, parts.train);
  const { scorer, untrained } = await trainPart(job, schema, parts, random);
  fitOptions.onProgress?.({ stage: "calibrating", fraction: 1 });
  const calibration = (await scoreRows(job, schema, scorer, parts.calibration)).sort();
  const used = { train: parts.train, validation: parts.validation.length };
  return buildModel({
    scorer,
    card: makeCard(schema, scorer.training, used, calibration),
    calibration,
    untrained: untrained && scoringModel(schema, untrained),
  });
}

/** Training and calibration on all rows, in folds. */
async function fitFolds(job: FitJob, makeCard: CardMaker): Promise<Uint8Array> {
  const rows = Uint32Array.from({ length: job.table.rowCount }, (_, row) => row);
  const schema = schemaOf(job, rows);
  const { folds, untrained, training, validation } = await crossFit(job, schema);
  job.fitOptions.onProgress?.({ stage: "calibrating", fraction: 1 });
  const calibration = Float32Array.from(folds.flatMap((fold) => Array.from(fold.calibration))).sort();
  const card = makeCard(schema, training, { train: rows, validation }, calibration);
  return buildCrossModel({ folds, card, untrained });
}

function schemaOf({ table, options, fitOptions }: FitJob, rows: Uint32Array): FeatureSchema {
  const schema = fitFeatureSchema(table, rows, options.scaling);
  for (const { name, reason } of schema.dropped) {
    fitOptions.onWarning?.(`Column "${name}" is left out: ${reason}.`);
  }
  return schema;
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
