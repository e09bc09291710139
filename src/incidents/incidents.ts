import { type Dataset, type Samples, samplesOf, type Timeline } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { kindOf } from "../features/index.js";
import { median } from "../math/quantile.js";
import type { Model, ScoreOptions, Scores } from "../model/index.js";
import { sensorsOutside } from "./sensors.js";
import { type Stretch, StretchTracker, type TrackerOptions } from "./tracker.js";

/** A stretch of a series that is one event: rows are those of the samples, from 0. */
export interface Incident {
  /** Its first and its last flagged row. */
  readonly fromRow: number;
  readonly toRow: number;
  /** Time steps from the first to the last, and how many of them are flagged. */
  readonly steps: number;
  readonly flagged: number;
  /** The highest score, its row, and its p-value, which is that of a single window. */
  readonly peak: number;
  readonly peakRow: number;
  readonly pValue: number;
  /**
   * How far the peak is above the usual score (the median of held-out normals), in units of the threshold's distance: 1 at
   * the threshold, 2 twice as far. Undefined where the threshold is not above the usual score.
   */
  readonly severity: number | undefined;
  /**
   * Columns with another value than the one of all training rows, then those that left the range of the training rows by more than a
   * tenth of it, the furthest first; at most 5.
   */
  readonly sensors: readonly string[];
}

export interface IncidentOptions extends Omit<ScoreOptions, "onMap"> {
  /** Flagged steps with at most so many others between them are one incident; default half a window. */
  readonly mergeGap?: number | undefined;
  /** Incidents of fewer steps, from the first to the last, are left out; default 1. */
  readonly minLength?: number | undefined;
}

export interface Incidents {
  /** Series after series, each in order of time. */
  readonly incidents: readonly Incident[];
  readonly scores: Scores;
  /** What was in force. */
  readonly mergeGap: number;
  readonly minLength: number;
}

/**
 * Scores a series and joins flagged steps to incidents. No incident goes over a gap in time, or from one entity to another;
 * none overlap, and with a `minLength` of 1 every flagged step is in one.
 *
 * @example
 * const { incidents } = await findIncidents(model, await open("today.csv", { model }), { mergeGap: 10 });
 *
 * @throws HypersphereError `invalid-option` for lengths that are no whole numbers; `unfit-data` for data without time steps;
 * as `score`
 */
export async function findIncidents(
  model: Model,
  given: Dataset | Samples,
  options: IncidentOptions = {},
): Promise<Incidents> {
  const { mergeGap: gap, minLength = 1, ...scoring } = options;
  const { samples, timeline } = inTimeSteps(given);
  const { layout } = kindOf(samples.data);
  const mergeGap = gap ?? (layout(model.card.schema)?.window ?? 0) >> 1;
  // Refused before anything is scored.
  new StretchTracker({ mergeGap, minLength });
  const scores = await model.score(samples, scoring);
  const found = stretchesOf(timeline, scores, { mergeGap, minLength });
  const usual = median(model.calibrationScores);
  const sensors = sensorsOutside(samples.data, model.card.schema);
  const incidents = found.map(({ stretch, row }): Incident => {
    const { from, to, flagged, peak, peakAt, pValue } = stretch;
    return {
      ...{ fromRow: row(from), toRow: row(to), steps: to - from + 1, flagged },
      ...{ peak, peakRow: row(peakAt), pValue },
      severity: severityOf(peak, scores.threshold, usual),
      sensors: sensors(from, to),
    };
  });
  return { incidents, scores, mergeGap, minLength };
}

/**
 * A series with one row per time step, also where it was given window by window.
 * @throws HypersphereError `unfit-data` for rows that are no steps of a series
 */
export function inTimeSteps(given: Dataset | Samples): {
  readonly samples: Samples;
  readonly timeline: Timeline;
} {
  const samples = samplesOf(given);
  const { data, rows } = samples;
  const kind = kindOf(data);
  const timeline = kind.timeline(data);
  if (timeline !== undefined) {
    const rowCount = timeline.rowSteps.length;
    return rows === "time-steps"
      ? { samples, timeline }
      : { samples: samplesOf(data, { rows: "time-steps", rowCount }), timeline };
  }
  throw new HypersphereError(
    "unfit-data",
    `${data.source} holds ${kind.noun.all}, but no time steps that follow one another.`,
    { hint: 'Train on one row per time step, with option "timeColumn" or "window".' },
  );
}

/** Undefined where the threshold is not above the usual score. */
export function severityOf(peak: number, threshold: number, usual: number): number | undefined {
  return threshold > usual ? (peak - usual) / (threshold - usual) : undefined;
}

interface Found {
  readonly stretch: Stretch;
  /** The row of a flagged step: the last one, where it has several. */
  row(step: number): number;
}

function stretchesOf(
  { rowSteps, segments, steps }: Timeline,
  { scores, pValues, isAnomaly }: Scores,
  options: TrackerOptions,
): Found[] {
  const rowOf = new Int32Array(steps).fill(-1);
  for (let row = 0; row < scores.length; row++) rowOf[rowSteps[row]!] = row;
  const row = (step: number): number => rowOf[step]!;
  const tracker = new StretchTracker(options);
  const closed: Found[] = [];
  const take = (events: ReturnType<StretchTracker["end"]>): void => {
    for (const { kind, stretch } of events) if (kind === "closed") closed.push({ stretch, row });
  };
  for (const { from, to } of segments) {
    for (let step = from; step < to; step++) {
      const at = rowOf[step]!;
      // A step of a grid that no row leads to.
      if (at < 0) continue;
      take(tracker.add({ step, score: scores[at]!, pValue: pValues[at]!, isAnomaly: isAnomaly[at] === 1 }));
    }
    take(tracker.end());
  }
  return closed;
}
