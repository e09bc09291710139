import type { NumberNotation } from "../../text/number-notation.js";
import type { Reading } from "./reading.js";

/**
 * A table in memory: named columns of equal length, either numeric or categorical. Missing values are NaN in
 * numeric columns and code -1 in categorical ones. Tables are never modified after they were made.
 */
export interface NumericColumn {
  readonly kind: "numeric";
  readonly name: string;
  /** One value per row; NaN where missing. Float32Array halves the memory of data that came as float32. */
  readonly values: Float64Array | Float32Array;
  /** How its cells wrote numbers, where they carried more than digits and a point. */
  readonly notation?: NumberNotation;
}

export interface CategoricalColumn {
  readonly kind: "categorical";
  readonly name: string;
  /** One index into `levels` per row; -1 where missing. */
  readonly codes: Int32Array;
  /** Distinct values in order of first appearance. */
  readonly levels: readonly string[];
}

export type Column = NumericColumn | CategoricalColumn;

export interface Table {
  readonly kind: "table";
  readonly rowCount: number;
  readonly columns: readonly Column[];
  /** Where the data came from, for messages: a file name, "<stdin>" or "<memory>". */
  readonly source: string;
  /** How it was told to be read, where it was: a model remembers it. */
  readonly reading?: Reading | undefined;
}
