/** Are these data still what the model was trained on? */
import type { Dataset, Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { findKnownRows, fingerprint, kindOf, kindOfSchema, requireKind } from "../features/index.js";
import { calibratedInFolds, type Model, type ScoreOptions, samplesFor } from "../model/index.js";
import { compareMeasures, type FeatureDrift } from "./compare-measures.js";
import { type DriftMonitor, type DriftMonitorOptions, type DriftStatus, driftMonitor } from "./martingale.js";
import { type Uniformity, uniformity } from "./stability.js";

export interface DriftOptions extends Pick<ScoreOptions, "onProgress" | "signal" | "backend"> {
  /** Probability that a stream without drift ever raises the alarm, in (0, 1). Default 0.01, or the monitor's. */
  readonly delta?: number | undefined;
  /** Default 0, or the monitor's. */
  readonly seed?: number | undefined;
  /** Goes on with this monitor, which has seen the stream so far, instead of starting a new one. */
  readonly monitor?: DriftMonitor | undefined;
}

export interface DriftReport {
  readonly source: string;
  /** Rows as a person sees them: of a table, time steps of a series, images. */
  readonly rows: number;
  /** Rows, windows or images whose scores the martingale was given. */
  readonly observed: number;
  /** Windows that it was not given, since they share time steps with others. */
  readonly overlapping: number;
  /**
   * About how many of the observations are among those that the model was fitted to, which score lower than new ones.
   * The martingale is not given them, nor any where these and new ones cannot be told apart.
   */
  readonly trainedOn: number;
  /** The martingale raised its alarm, in these data or before them. */
  readonly drift: boolean;
  readonly martingale: DriftStatus & {
    /** Scores that the monitor had seen before these data. */
    readonly before: number;
    /**
     * Row of these data, from 1, with which the alarm was raised: of a series, the last time step of that window. Null
     * without an alarm, or when it was before.
     */
    readonly row: number | null;
  };
  /** Distance of these data's p-values from uniform; null where the martingale was given no observation. */
  readonly pValues: Uniformity | null;
  /** Columns, or measures of images, by falling PSI; those without one last. */
  readonly features: readonly FeatureDrift[];
  /** Names of those that moved by more than chance explains (at level delta for all of them together). */
  readonly shifted: readonly string[];
  /** Columns that the model does not use. */
  readonly extra: readonly string[];
}

/**
 * A monitor for the scores of a model, which begins with its calibration scores: of windows, with those of windows that
 * share no time step with each other.
 * @throws HypersphereError `invalid-option`, also for a model with cross-conformal calibration
 */
export function monitorFor(
  model: Model,
  options: Pick<DriftMonitorOptions, "delta" | "seed"> = {},
): DriftMonitor {
  requireSplit(model);
  return driftMonitor({ ...options, calibration: independentScores(model) });
}

/**
 * Scores the observations in their order and reports drift: `drift` has a guarantee (see `driftMonitor`), columns of
 * tables and series, and brightness, contrast and sharpness of images, show where it may come from. Of windows that
 * share time steps, one is given to the martingale and the others are left out.
 *
 * @throws HypersphereError `invalid-option` for a model with cross-conformal calibration, `schema-mismatch` as `model.score` does,
 * `unfit-data` for data without rows, `invalid-option` for `delta` or `seed` beside a `monitor`, which has its own
 * @example
 * const report = await driftReport(model, await open("today.csv", { model }), { delta: 0.01 });
 * if (report.drift) console.log(`drift from row ${report.martingale.row}`);
 */
export async function driftReport(
  model: Model,
  given: Dataset | Samples,
  { delta, seed, monitor, ...scoring }: DriftOptions = {},
): Promise<DriftReport> {
  if (monitor !== undefined && (delta !== undefined || seed !== undefined)) {
    throw new HypersphereError(
      "invalid-option",
      "driftReport: a monitor that goes on has its delta and seed already; give them to driftMonitor.",
    );
  }
  requireSplit(model);
  const { data, rows, rowCount } = samplesFor(model.card, given);
  const kind = kindOf(data);
  if (data.rowCount === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${data.source} has no ${kind.noun.many} to compare with the training data.`,
    );
  }
  const watch = monitor ?? monitorFor(model, { delta, seed });
  const before = watch.status().pushed;
  const apart = kind.apart(data);
  const measures = await requireKind(data, model.card.schema).measures(data, model.card.schema);
  // Where a column that was constant has changed, the rows are not those of training, whatever their other columns say.
  const changed = Object.keys(measures.notes.changed).length > 0;
  const { count: trainedOn, fresh } = changed ? ALL_NEW : await knownRows(model, data);
  const watched = trainedOn === 0 ? apart : apart.filter((row) => fresh.has(row));
  const observations = watched.length === data.rowCount ? data : kind.select(data, watched);
  const { scores } = watched.length === 0 ? NOTHING : await model.score(observations, scoring);
  const pValues = Float64Array.from(scores, (score) => watch.push(score));
  const status = watch.status();
  const features = compareMeasures(model, measures, status.delta);
  const alarm = status.at !== null && status.at > before ? watched[status.at - before - 1]! : undefined;
  return {
    source: data.source,
    rows: rowCount,
    observed: watched.length,
    overlapping: data.rowCount - apart.length,
    trainedOn,
    drift: status.alarmed,
    martingale: {
      ...status,
      before,
      row: alarm === undefined ? null : (rows === "observations" ? alarm : kind.lastRow(data, alarm)) + 1,
    },
    pValues: pValues.length === 0 ? null : uniformity(pValues),
    features,
    shifted: features.filter(({ stability }) => stability?.shifted).map(({ name }) => name),
    extra: measures.notes.extra,
  };
}

const ALL_NEW = { count: 0, fresh: new Set<number>() };
const NOTHING = { scores: new Float32Array(0) };

/** How many observations the model was fitted to, and which it was not. */
async function knownRows(
  { card }: Model,
  data: Dataset,
): Promise<{ readonly count: number; readonly fresh: ReadonlySet<number> }> {
  const { known, fingerprint: fitted } = card.data;
  if (known !== undefined) {
    const { count, fresh } = findKnownRows(
      known,
      await requireKind(data, card.schema).digests(data, card.schema),
    );
    if (count > 0) return { count, fresh: new Set(fresh) };
  }
  const same = (await fingerprint(data)) === fitted;
  return { count: same ? data.rowCount : 0, fresh: new Set() };
}

function requireSplit({ card }: Model): void {
  if (!calibratedInFolds(card)) return;
  throw new HypersphereError(
    "invalid-option",
    "The model was calibrated in folds: its calibration scores come from one detector each, its scores are a mean " +
      "of all, so the two cannot be compared and drift would be seen where there is none.",
    { hint: "Monitor a model with split calibration." },
  );
}

/** Calibration scores of observations that share no part with each other. */
function independentScores({ calibrationScores, card: { schema, data } }: Model): Float32Array {
  const { calibrationApart } = data;
  if (calibrationApart) return Float32Array.from(calibrationApart, (place) => calibrationScores[place]!);
  const layout = kindOfSchema(schema).layout(schema);
  if (layout === undefined) return calibrationScores;
  // Models of version 0.1 do not say which: as many as would share nothing, evenly spread over the ranks.
  const every = Math.ceil(layout.window / layout.stride);
  const spread = calibrationScores.filter((_, place) => place % every === every >> 1);
  return spread.length > 0 ? spread : calibrationScores.slice(0, 1);
}
