import type { Table } from "../data/index.js";
import type { SchemaNotes } from "../features/index.js";
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
} from "../metrics/index.js";
import type { Model, ScoreOptions } from "../model/index.js";
import { percent } from "./format.js";

/** Figures that the data does not allow are null. */
export interface Evaluation {
  /** Null where all rows are of one class. */
  readonly ranking: Ranking | null;
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

/** @param labels 0 or 1 per row */
export async function evaluateModel(
  model: Model,
  table: Table,
  labels: Int8Array,
  options: ScoreOptions,
): Promise<{ evaluation: Evaluation; schemaNotes: SchemaNotes }> {
  const { scores, isAnomaly, threshold, notes: schemaNotes } = await model.score(table, options);
  const anomalies = labels.reduce((sum, label) => sum + label, 0);
  const bothClasses = anomalies > 0 && anomalies < labels.length;
  const own = threshold === Math.fround(model.card.threshold.threshold);
  const evaluation: Evaluation = {
    ...(bothClasses ? rank(labels, scores) : oneClass(anomalies > 0)),
    decision: {
      ...decide(labels, isAnomaly, threshold),
      expectedFalseAlarmRate: own ? (model.card.threshold.expectedFalseAlarmRate ?? null) : null,
    },
    untrained: bothClasses
      ? compare(labels, scores, await model.untrainedScores(table, { signal: options.signal }))
      : null,
  };
  return { evaluation, schemaNotes };
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
