import { type Dataset, type Samples, samplesOf } from "../data/index.js";
import type { CommonOptions } from "../detectors/fit/common-options.js";
import { foldRows, repeats } from "../detectors/fit/hold-out.js";
import { parseOptions } from "../detectors/parse-options.js";
import type { Detector } from "../detectors/registry.js";
import { HypersphereError } from "../errors.js";
import {
  indicesOf,
  normalObservations,
  observations,
  selectSamples,
  trainingPart,
} from "../features/index.js";
import { createRandom } from "../math/random.js";
import { argsort } from "../math/sort.js";
import type { FitOptions, Progress } from "../model/contract.js";
import type { ContaminationRecord, Model } from "../model/index.js";
import { type RobustInput, type RobustOptions, robustOptions } from "./options.js";
import { type OutOfFold, outOfFoldScores } from "./out-of-fold.js";
import { type TailExcess, tailExcess } from "./tail-excess.js";

/** Half of these are left for the fits even with two folds. */
const FEWEST_ROWS = 80;

/** A training row that a person should look at. */
export interface SuspiciousRow {
  /** Position among the observations that were given, from 0: rows, images, or windows. */
  readonly row: number;
  /** Deviations (1.4826 MAD) above the median score, by a model that was not trained on the row. */
  readonly score: number;
  /** Conformal, in (0, 1], compared with the rows as given: the anomalies among them make it too large. With further
   * rounds, compared with the rows that the last round kept. */
  readonly pValue: number;
  /** Whether the final fit was trained without it. */
  readonly trimmed: boolean;
}

export interface RobustFit {
  /** Trained without the trimmed rows; its card holds `contamination`. */
  readonly model: Model;
  readonly contamination: ContaminationRecord;
  /** Trimmed rows and those beyond the body's 99 % point, most suspicious first. */
  readonly suspicious: readonly SuspiciousRow[];
}

/**
 * Trains from rows that may hide anomalies: scores each row by a model that was not trained on it, estimates how many
 * are anomalies, leaves the most abnormal ones out, and trains on the rest. It uses no labels. docs/contamination.md
 * describes the limits of the estimate and the effect of trimming on p-values.
 *
 * @param detector fits all models, `folds` times `rounds` plus the final one
 * @throws HypersphereError `invalid-option`; `unfit-data` for fewer than 80 rows and as the detector does; `aborted`
 *
 * @example
 * const { model, suspicious } = await trainRobust(new Knn(), await open("dirty.csv"), { trim: 0.05 });
 */
export async function trainRobust(
  detector: Detector,
  given: Dataset | Samples,
  options: RobustInput = {},
  fitOptions: FitOptions = {},
): Promise<RobustFit> {
  const { data, reading } = normalObservations(trainingPart(given));
  const robust = parseOptions(robustOptions, options);
  refuseSupervision(fitOptions);
  if (data.rowCount < FEWEST_ROWS) {
    throw new HypersphereError(
      "unfit-data",
      `${data.source} has ${data.rowCount} rows; a robust fit needs at least ${FEWEST_ROWS}.`,
      { hint: "Collect more rows, or train without the robust option." },
    );
  }
  const random = createRandom(robust.seed);
  const { folds, rounds } = robust;
  // Rows of a series are dealt in the blocks that the detector's own calibration holds out.
  const { calibrationBlock = 1 } = detector.options as Partial<CommonOptions>;
  const groups = await repeats(data, { calibrationBlock }, fitOptions.signal);
  const dealt = foldRows(data.rowCount, { calibrationFolds: folds, calibrationBlock }, random, groups);
  const fits = folds * rounds + 1;
  const part = (done: number): FitOptions["onProgress"] =>
    fitOptions.onProgress && ((progress) => fitOptions.onProgress!(progressOf(progress, done, fits, robust)));

  let keep = new Uint8Array(data.rowCount).fill(1);
  let scored!: OutOfFold;
  let excess: TailExcess | undefined;
  for (let round = 0; round < rounds; round++) {
    // The final fit warns about the columns; the five fold models need not repeat it.
    scored = await outOfFoldScores(detector, data, dealt, keep, (k) => ({
      signal: fitOptions.signal,
      mask: fitOptions.mask,
      onProgress: part(round * folds + k),
    }));
    excess = tailExcess(scored.scores, random);
    keep = keptRows(scored.scores, robust.trim, excess);
  }

  const trimmed = keep.reduce((count, kept) => count + 1 - kept, 0);
  const kept = Uint32Array.from(keep.keys()).filter((row) => keep[row] === 1);
  const cleaned = samplesOf(selectSamples(data, kept), { reading });
  const placed = (rows: Uint32Array): Uint32Array => rows.map((row) => kept[row]!);
  const fitted = await detector.fit(cleaned, {
    ...fitOptions,
    onProgress: part(fits - 1),
    onSplit: ({ train, validation, calibration }) =>
      fitOptions.onSplit?.({
        train: placed(train),
        validation: placed(validation),
        calibration: placed(calibration),
      }),
  });
  const contamination: ContaminationRecord = {
    estimate: excess?.estimate ?? null,
    low: excess?.low ?? null,
    high: excess?.high ?? null,
    rows: data.rowCount,
    trimmed,
    trim: robust.trim,
    folds,
    rounds,
    seed: robust.seed,
    extraFalseAlarmsAtMost: trimmed / data.rowCount,
  };
  const model = await fitted.withContamination(contamination, noteOn(contamination));
  const rowOf = positionsIn(given);
  const suspicious = suspiciousRows(scored, keep, excess).map((found) => ({
    ...found,
    row: rowOf(found.row),
  }));
  return { model, contamination, suspicious };
}

/** Where the rows that are learned from stand among those that were given: the normal ones of the training part. */
function positionsIn(given: Dataset | Samples): (row: number) => number {
  const { split } = observations(given);
  const { labels } = trainingPart(given);
  const normals = labels && indicesOf(labels, (label) => label === 0);
  return (row) => {
    const inPart = normals?.[row] ?? row;
    return split?.train[inPart] ?? inPart;
  };
}

/** Trimming is for unlabelled rows; a fit that knows which rows are abnormal does not need it. */
function refuseSupervision({ labels, outliers, defects, from }: FitOptions): void {
  if (labels === undefined && outliers === undefined && defects === undefined && from === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    "A robust fit takes no labels, outliers, known defects or starting model.",
    {
      hint: "Leave those out, or fit the detector without the robust option.",
    },
  );
}

function progressOf(progress: Progress, done: number, fits: number, { folds }: RobustOptions): Progress {
  const fraction = (done + progress.fraction) / fits;
  return done === fits - 1
    ? { ...progress, fraction }
    : { ...progress, fraction, fold: (done % folds) + 1, folds };
}

/** 1 for rows to learn from, 0 for the most abnormal ones; equal scores by their place in the table. */
function keptRows(
  scores: Float64Array,
  trim: RobustOptions["trim"],
  excess: TailExcess | undefined,
): Uint8Array<ArrayBuffer> {
  // Where chance alone explains the excess, rows stay: the loss from leaving normals out is certain.
  const share = trim === "auto" ? (excess !== undefined && excess.low > 0 ? excess.estimate : 0) : trim;
  const keep = new Uint8Array(scores.length).fill(1);
  const order = argsort(scores, "robust scores");
  for (const row of order.subarray(scores.length - Math.round(share * scores.length))) keep[row] = 0;
  return keep;
}

function suspiciousRows(
  { scores, pValues }: OutOfFold,
  keep: Uint8Array,
  excess: TailExcess | undefined,
): SuspiciousRow[] {
  const rows: SuspiciousRow[] = [];
  for (const row of argsort(scores, "robust scores").reverse()) {
    const trimmed = keep[row] === 0;
    const beyond = excess !== undefined && scores[row]! > excess.cut;
    if (trimmed || beyond) rows.push({ row, score: scores[row]!, pValue: pValues[row]!, trimmed });
  }
  return rows;
}

/** What trimming does to every threshold and p-value of the model. */
function noteOn({ trimmed, rows }: ContaminationRecord): string | undefined {
  if (trimmed === 0) return undefined;
  const share = ((100 * trimmed) / rows).toPrecision(2);
  return (
    `Calibrated on the rows left after the ${share} % most abnormal ones were trimmed: ` +
    `if all of those were normal, up to ${share} % more of the normal rows will be flagged than stated.`
  );
}
