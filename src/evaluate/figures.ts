import {
  auroc,
  confusion,
  delongTest,
  f1,
  falseAlarmRate,
  precision,
  precisionAtK,
  recall,
  recallAtFalseAlarmRate,
  summarizeRanking,
  volumeUnderSurface,
} from "../metrics/index.js";
import type { Control, Decision, Evaluation, RangeRanking } from "./evaluation.js";

/** Rows with labels and scores, in the order of time where that is known. */
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

export type Figures = Pick<Evaluation, "ranking" | "ranges" | "untrained" | "notes"> & {
  readonly decision: Omit<Decision, "expectedFalseAlarmRate">;
};

/** Every figure that an evaluation and a comparison state, in one place. */
export function figuresOf({ labels, scores, isAnomaly, threshold, untrained, window }: ScoredRows): Figures {
  const anomalies = countAnomalies(labels);
  const bothClasses = anomalies > 0 && anomalies < labels.length;
  return {
    ...(bothClasses ? rank(labels, scores) : oneClass(anomalies > 0)),
    ...(bothClasses && window !== undefined && { ranges: rankRanges(labels, scores, window) }),
    decision: decide(labels, isAnomaly, threshold),
    untrained: bothClasses && untrained !== undefined ? control(labels, scores, untrained) : null,
  };
}

function rankRanges(labels: Int8Array, scores: Float32Array, window: number): RangeRanking {
  const { roc, pr } = volumeUnderSurface(labels, scores, Math.min(window, labels.length));
  return { vusRoc: roc, vusPr: pr, window };
}

function rank(labels: Int8Array, scores: Float32Array): Pick<Evaluation, "ranking" | "notes"> {
  const { notes, ...summary } = summarizeRanking(labels, scores);
  const ranking = {
    ...summary,
    recallAtFalseAlarms: {
      "0.01": recallAtFalseAlarmRate(labels, scores, 0.01),
      "0.05": recallAtFalseAlarmRate(labels, scores, 0.05),
    },
    precisionAtAnomalies: precisionAtK(labels, scores, summary.anomalies),
  };
  return { ranking, notes };
}

function oneClass(anomalies: boolean): Pick<Evaluation, "ranking" | "notes"> {
  const note = anomalies
    ? "All rows are anomalies: there is no ranking to judge, only recall."
    : "All rows are normal: there is no ranking to judge, only false alarms.";
  return { ranking: null, notes: [note] };
}

function decide(labels: Int8Array, isAnomaly: Uint8Array, threshold: number): Figures["decision"] {
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
function control(labels: Int8Array, scores: Float32Array, untrained: Float32Array): Control {
  const before = auroc(labels, untrained);
  const anomalies = countAnomalies(labels);
  const testable = Math.min(anomalies, labels.length - anomalies) >= 2;
  const p = testable ? delongTest(labels, scores, untrained).pValue : Number.NaN;
  const gain = auroc(labels, scores) - before;
  const sure = p < SIGNIFICANT;
  const verdict = !sure
    ? "Training did not help measurably here: the same networks rank about as well untrained."
    : gain > 0
      ? "Training helped: the same networks rank worse untrained."
      : "Training did harm here: the same networks rank better untrained.";
  return { auroc: before, gain, pValue: finite(p), trainingHelped: sure && gain > 0, verdict };
}

const countAnomalies = (labels: Int8Array): number => labels.reduce((sum, label) => sum + label, 0);

/** What JSON can hold. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
