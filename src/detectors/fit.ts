import type { Table } from "../data/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import {
  computeFeatures,
  type FeatureMatrix,
  fitFeatureSchema,
  fitReference,
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

  const dataFingerprint = await fingerprint(table);
  const runtime = await backend.inline();
  const identity = JSON.stringify([name, VERSION, options, dataFingerprint]);
  const job: FitJob = { table, options, fitOptions, train, choose, backend, runtime, identity };
  const card = (known: Pick<ModelCard, "schema" | "training" | "data">, calibration: Float32Array) => ({
    format: MODEL_FORMAT,
    detector: name,
    options: options as unknown as Record<string, Json>,
    versions: { hypersphere: VERSION, onnxruntime: runtime.version, runtime: runtime.kind },
    ...known,
    threshold: percentile(calibration, options.percentile / 100),
    operatingPoints: {},
  });
  const bytes = await (options.calibration === "cross" ? fitFolds : fitSplit)(job, dataFingerprint, card);
  return Model.fromBytes(bytes);
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
