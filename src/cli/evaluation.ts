import {
  type Confusion,
  confusion,
  delongTest,
  f1,
  falseAlarmRate,
  precision,
  type RankingSummary,
  recall,
  recallAtFalseAlarmRate,
  summarizeRanking,
  volumeUnderSurface,
} from "../metrics/index.js";
import type { Model } from "../model/index.js";
import { percent } from "../text/format.js";

/**
 * How well stretches of time are found (Paparrizos et al. 2022): being a little early or late counts partly, up to the
 * length of a window. No point adjustment: it lets random scores look good.
 */
export interface RangeRanking {
  readonly vusRoc: number;
  readonly vusPr: number;
  /** Longest tolerance, in time steps. */
  readonly window: number;
}

/** Figures that the data does not allow are null. */
export interface Evaluation {
  /** Null where all rows are of one class. */
  readonly ranking: Ranking | null;
  /** For the time steps of a series. */
  readonly ranges?: RangeRanking;
  readonly decision: Decision;
  /** The same networks before training; null for detectors without this control, and for one class. */
  readonly untrained: Control | null;
  /** What to be careful with. */
  readonly notes: readonly string[];
}

export interface Ranking extends Omit<RankingSummary, "notes"> {
  /** Recall where 1 % and 5 % of the normal rows are flagged. */
  readonly recallAtFalseAlarms: { readonly "0.01": number; readonly "0.05": number };
}

export interface Decision extends Confusion {
  readonly threshold: number;
  /** What calibration promised; null for a threshold that came with no promise. */
  readonly expectedFalseAlarmRate: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly falseAlarmRate: number | null;
}

export interface Control {
  readonly auroc: number;
  /** AUROC of the model minus that of the control. */
  readonly gain: number;
  /** DeLong's test of the gain, two-sided; null where it cannot tell. */
  readonly pValue: number | null;
  readonly trainingHelped: boolean;
  readonly verdict: string;
}

/** What is evaluated: rows with labels, those of a series being its time steps. */
export interface ScoredRows {
  /** 0 or 1 per row. */
  readonly labels: Int8Array<ArrayBuffer>;
  readonly scores: Float32Array<ArrayBuffer>;
  readonly isAnomaly: Uint8Array<ArrayBuffer>;
  readonly threshold: number;
  /** Scores of the same networks before training. */
  readonly untrained: Float32Array<ArrayBuffer> | undefined;
  /** Steps of a window, where rows are one series in the order of time. */
  readonly window: number | undefined;
}

export function evaluateRows(model: Model, rows: ScoredRows): Evaluation {
  const { labels, scores, isAnomaly, threshold, untrained, window } = rows;
  const anomalies = labels.reduce((sum, label) => sum + label, 0);
  const bothClasses = anomalies > 0 && anomalies < labels.length;
  const own = threshold === Math.fround(model.card.threshold.threshold);
  return {
    ...(bothClasses ? rank(labels, scores) : oneClass(anomalies > 0)),
    ...(bothClasses && window !== undefined && { ranges: rankRanges(labels, scores, window) }),
    decision: {
      ...decide(labels, isAnomaly, threshold),
      expectedFalseAlarmRate: own ? (model.card.threshold.expectedFalseAlarmRate ?? null) : null,
    },
    untrained: bothClasses ? compare(labels, scores, untrained) : null,
  };
}

function rankRanges(labels: Int8Array, scores: Float32Array, window: number): RangeRanking {
  const { roc, pr } = volumeUnderSurface(labels, scores, Math.min(window, labels.length));
  return { vusRoc: roc, vusPr: pr, window };
}

function rank(labels: Int8Array, scores: Float32Array): Pick<Evaluation, "ranking" | "notes"> {
  const { notes, ...summary } = summarizeRanking(labels, scores);
  const recallAtFalseAlarms = {
    "0.01": recallAtFalseAlarmRate(labels, scores, 0.01),
    "0.05": recallAtFalseAlarmRate(labels, scores, 0.05),
  };
  return { ranking: { ...summary, recallAtFalseAlarms }, notes };
}

function oneClass(anomalies: boolean): Pick<Evaluation, "ranking" | "notes"> {
  const note = anomalies
    ? "All rows are anomalies: there is no ranking to judge, only recall."
    : "All rows are normal: there is no ranking to judge, only false alarms.";
  return { ranking: null, notes: [note] };
}

function decide(
  labels: Int8Array,
  isAnomaly: Uint8Array,
  threshold: number,
): Omit<Decision, "expectedFalseAlarmRate"> {
  const table = confusion(labels, isAnomaly);
  return {
    threshold,
    ...table,
    precision: finite(precision(table)),
    recall: finite(recall(table)),
    f1: finite(f1(table)),
    falseAlarmRate: finite(falseAlarmRate(table)),
  };
}

/** A gain counts when DeLong's test finds it at this level. */
const SIGNIFICANT = 0.05;

/** Networks often rank well before training, too: without this comparison an AUROC says nothing about training. */
function compare(
  labels: Int8Array,
  scores: Float32Array,
  untrained: Float32Array | undefined,
): Control | null {
  if (untrained === undefined) return null;
  const anomalies = labels.reduce((sum, label) => sum + label, 0);
  if (anomalies < 2 || labels.length - anomalies < 2) return null;
  const { aurocB: auroc, difference: gain, pValue: p } = delongTest(labels, scores, untrained);
  const sure = p < SIGNIFICANT;
  const verdict = !sure
    ? `Training did not help measurably here: the same networks rank about as well untrained.`
    : gain > 0
      ? "Training helped: the same networks rank worse untrained."
      : "Training did harm here: the same networks rank better untrained.";
  return { auroc, gain, pValue: finite(p), trainingHelped: sure && gain > 0, verdict };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** "0.934 (95 % interval 0.901 to 0.957)". */
export function aurocText({ auroc, aurocInterval }: Ranking): string {
  const value = auroc.toFixed(4);
  if (aurocInterval === undefined) return value;
  const { level, lower, upper, method } = aurocInterval;
  const how = method === "logit-delong" ? "DeLong" : "exact separation";
  return `${value}  (${percent(level).replace(".0", "")} interval ${lower.toFixed(4)} to ${upper.toFixed(4)}, ${how})`;
}
