import type { ModelCard } from "../model/index.js";
import type { CurvePoint, StageEnd } from "../train/stage.js";

/** What a model learned, as figures: `trainingReport` makes it, `trainingPage` draws it. Plain data and typed arrays. */
export interface TrainingReport {
  readonly card: ModelCard;
  /** Where the looked-at data came from; absent where the report is of the model alone. */
  readonly source?: string;
  /** What the rows are: rows, windows or images. */
  readonly noun: { readonly one: string; readonly many: string };
  readonly curves: readonly TrainingCurve[];
  readonly scores: ShownScores;
  /** The same networks before training; absent where there was no such control. */
  readonly control?: UntrainedControl;
  readonly latent: readonly LatentPicture[];
  readonly reconstructions?: Reconstructions;
  /** What the decoder makes of the centre: the row that the model takes for the middle of all normal ones. */
  readonly centre?: Picture;
  /** Rows of the data by their scores: the least normal first, and the most normal first. */
  readonly rows?: { readonly least: readonly ShownRow[]; readonly most: readonly ShownRow[] };
  /** What a person should know, and what to do about it. */
  readonly advice: readonly Advice[];
  /** What there is nothing to show of, and why. */
  readonly left: readonly LeftOut[];
}

/** One stage of one network. */
export interface TrainingCurve {
  /** Such as "network 2, pretraining". */
  readonly name: string;
  readonly stage: string;
  /** From 1; absent where there is one only. */
  readonly network?: number;
  readonly points: readonly CurvePoint[];
  readonly ended: StageEnd | "left out";
  /** What `kept` and the `epoch`s of the points count. */
  readonly unit: "epoch" | "step";
  /** Epochs, or steps, of the state that was kept. */
  readonly kept: number;
  /** Signs of collapse, where it ended in one. */
  readonly signs: readonly string[];
}

/** Two sets of scores in equal bins of one scale. */
export interface ScoreBins {
  /** Ends of the scale; scores beyond them count in the outermost bins. */
  readonly low: number;
  readonly high: number;
  /** Whether the bins are equal on a logarithmic scale: scores above zero that span a factor of 12 or more. */
  readonly logarithmic: boolean;
  readonly upper: readonly number[];
  readonly lower: readonly number[];
}

export interface ShownScores {
  /** Above the scores of rows that were learned from, or of the data; below those of rows held out to calibrate. */
  readonly bins: ScoreBins;
  /** What the upper half is of; absent where there is none. */
  readonly upper?: { readonly what: string; readonly rows: number; readonly median: number };
  readonly heldOut: { readonly rows: number; readonly median: number };
  /** The rule in force first. */
  readonly operatingPoints: readonly { readonly name: string; readonly threshold: number }[];
}

export interface UntrainedControl {
  /** Rank correlation of held-out rows' scores before and after training; null where it is not known. */
  readonly agreement: number | null;
  /** Above the scores of the untrained networks for the rows that were learned from, below for those held out. */
  readonly bins?: ScoreBins;
  /** Ranks from 0 to 1 of the same held-out rows before and after training. */
  readonly ranks?: { readonly before: Float32Array; readonly after: Float32Array };
}

/** A latent space in the two directions in which held-out rows vary most. */
export interface LatentPicture {
  readonly name: string;
  /** Dimensions of the space. */
  readonly dimensions: number;
  /** [rows] */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** 1 for rows above the threshold. */
  readonly flagged: Uint8Array;
  /** Where distances are measured from; absent where there is no such place. */
  readonly centre?: readonly [x: number, y: number];
  /** Share of the rows' variance along each of both directions. */
  readonly shares: readonly [number, number];
  /** What the rows are, for captions. */
  readonly what: string;
}

export interface Reconstructions {
  /** Whose decoder it was, and when. */
  readonly what: string;
  /** Of images and series: some rows held out, worst first. */
  readonly pairs: readonly ReconstructedRow[];
  /** Of tables and series: columns, worst first. */
  readonly columns: readonly ColumnResidual[];
  /** Rows that `columns` are means over. */
  readonly rows: number;
}

export interface ReconstructedRow {
  readonly given: Picture;
  readonly made: Picture;
  /** How far apart they are, pixel by pixel; of images only. */
  readonly difference?: Picture;
  /** Root mean square of what is left, in units of the features. */
  readonly error: number;
}

export interface ColumnResidual {
  readonly name: string;
  /** Root mean square of what is left, in units of the features. */
  readonly error: number;
  /** Share of the column's own variance that the reconstruction explains; can be below 0. */
  readonly explained: number;
}

export interface ShownRow {
  readonly row: number;
  readonly name: string;
  readonly score: number;
  readonly pValue: number;
  readonly flagged: boolean;
  /** What the fit used it for; absent where that is not known. */
  readonly part?: "learning" | "stopping" | "calibration";
  readonly picture: Picture;
}

/** What is shown of a row. */
export type Picture =
  | { readonly kind: "values"; readonly values: readonly { readonly name: string; readonly value: string }[] }
  | {
      readonly kind: "course";
      readonly channels: readonly { readonly name: string; readonly values: Float32Array }[];
    }
  | {
      readonly kind: "image";
      readonly height: number;
      readonly width: number;
      /** [height, width, channels] bytes: grey, or red, green and blue. */
      readonly data: Uint8Array;
    };

export interface Advice {
  /** A warning asks for something to be done; a note says what to know. */
  readonly weight: "warning" | "note";
  readonly what: string;
  readonly todo: string;
}

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}
