import type { SchemaNotes } from "../features/index.js";
import type { BackgroundKind } from "./background.js";
import type { ExplainMethod } from "./options.js";
import type { FeatureChange, FeatureValue, NormalRange } from "./units.js";

/** What one part of an observation, such as a column, adds to its score. */
export interface Contribution {
  /** The column or channel; of images the patch. */
  readonly feature: string;
  /** Of windows: the steps of the window, from 0; `to` is excluded. */
  readonly steps?: { readonly from: number; readonly to: number };
  /** In units of the score: above 0 it makes the row more abnormal. */
  readonly contribution: number;
  /** Its standard error, where the method samples. */
  readonly error?: number;
  /** The row's value; of a stretch of steps its mean; null where it is missing. */
  readonly value: FeatureValue;
  /** What it is in the nearest normal row; absent without one. */
  readonly nearest?: FeatureValue;
  /** What it is in normal rows; without any, the first decile to the ninth of the training rows, as the card has them. */
  readonly normal: NormalRange;
}

/** A normal row that is like a row but for few columns. */
export interface NearestRow {
  /** Row of the background, from 0; of a row that the model keeps that in the training data; of a reconstruction the explained row itself, which it is of. */
  readonly row: number;
  /**
   * Sum over columns of the differences in standard deviations, where more than two count as two, and another text as two.
   */
  readonly distance: number;
}

/** The least change that was found which makes a row normal. */
export interface Counterfactual {
  readonly changes: readonly FeatureChange[];
  /** Score of the changed row, at or below the threshold: it was computed. */
  readonly score: number;
}

export interface Explanation {
  /** Of the data, from 0. */
  readonly row: number;
  readonly score: number;
  readonly pValue: number;
  readonly isAnomaly: boolean;
  /** Mean score of the normal rows that the row was compared with; of method "exact" 0, which no row falls below. */
  readonly baseline: number;
  /** The largest, largest first. With `baseline` and `rest` they add up to the score. */
  readonly contributions: readonly Contribution[];
  /** Sum of the contributions that are not listed. */
  readonly rest: number;
  /**
   * Of method "gradients": at how many points of the line from a normal row derivatives were taken, at most; and by how much the
   * contributions missed the difference to that row's score before what was missing was shared out, as a share of the score,
   * or of the sum of their sizes where that is more: at most 0.01 but for rows that a warning counts.
   */
  readonly path?: { readonly points: number; readonly missed: number };
  readonly nearest: readonly NearestRow[];
  /** Of anomalies; null where none was found, absent where none was looked for. */
  readonly counterfactual?: Counterfactual | null;
}

export interface Explanations {
  readonly method: ExplainMethod;
  readonly threshold: number;
  /** The explained rows, worst first. */
  readonly rows: readonly Explanation[];
  /** Rows of the data, explained or not. */
  readonly rowCount: number;
  /** The normal rows that rows were compared with. */
  readonly background: {
    readonly source: string;
    /**
     * "given", or "kept" in the model, or rows of the "data" themselves that the model takes for normal, or "reconstructions": what the model's decoder
     * makes of each explained row; "none" where there were too few and the method needs none.
     */
    readonly kind: BackgroundKind;
    /** How many were used. */
    readonly rows: number;
    /** Rows of a given background that the model flags, which were left out; reconstructions that it flags all the same. */
    readonly flagged: number;
  };
  /** How the data differ from the training data. */
  readonly notes: SchemaNotes;
  /** Sentences about what limits the explanations; usually empty. */
  readonly warnings: readonly string[];
}
