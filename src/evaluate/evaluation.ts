import type { LabelCounts, SchemaNotes } from "../features/index.js";
import type { Confusion, PixelFigures, RankingSummary } from "../metrics/index.js";

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

/** How well maps say where images are abnormal, over the pixels of all images with a label. */
export interface PixelEvaluation extends Required<PixelFigures> {
  /** Size of the maps, at which masks are compared with them. */
  readonly height: number;
  readonly width: number;
  /** The same networks before training; null for detectors without this control. No threshold belongs to them. */
  readonly untrained: Pick<PixelFigures, "auroc" | "averagePrecision" | "aupro"> | null;
}

/** Rows that an evaluation was given: those with a label and a score are measured. */
export interface EvaluatedRows extends LabelCounts {
  /** Rows with a label that no window covers, and that thus have no score. */
  readonly uncovered: number;
}

/** How good a model is on labelled rows. Figures that the data do not allow are null. */
export interface Evaluation {
  /** How well scores order the rows, whatever the threshold. Null where all rows are of one class. */
  readonly ranking: Ranking | null;
  /** For the time steps of one series in a known order. */
  readonly ranges?: RangeRanking;
  /** For images with masks of their defects, by a model that makes maps. */
  readonly pixels?: PixelEvaluation;
  /** What the threshold makes of the scores. */
  readonly decision: Decision;
  /** The same networks before training; null for detectors without this control, and for one class. */
  readonly untrained: Control | null;
  /** Normal rows and anomalies that were measured, and rows that were left out. */
  readonly counts: EvaluatedRows;
  /** What to be careful with, in sentences. */
  readonly notes: readonly string[];
  /** How the data differ from the training data. */
  readonly differences: SchemaNotes;
}

export interface Ranking extends Omit<RankingSummary, "notes"> {
  /** Recall where 1 % and 5 % of the normal rows are flagged. */
  readonly recallAtFalseAlarms: { readonly "0.01": number; readonly "0.05": number };
  /** Precision among as many top rows as there are anomalies. */
  readonly precisionAtAnomalies: number;
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
  /** DeLong's test of the gain, two-sided; null where it cannot tell, as with fewer than two rows of a class. */
  readonly pValue: number | null;
  readonly trainingHelped: boolean;
  readonly verdict: string;
}
