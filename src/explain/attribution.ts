/** What a method says of one row, in units of the score. */
export interface Attribution {
  /** Mean score of the normal rows that the row was compared with; of exact terms the score where all are 0. */
  readonly baseline: number;
  /** [units]; with the baseline they add up to the row's score. */
  readonly contributions: Float64Array;
  /** [units] standard errors of sampling; absent where nothing is sampled. */
  readonly errors?: Float64Array;
  /** Of method "gradients", see `Explanation.path`. */
  readonly path?: { readonly points: number; readonly missed: number };
}

/** A row to explain, with what was scored of it. */
export interface Subject {
  readonly row: number;
  readonly score: number;
  /** Normal rows that it is compared with: not itself, windows that share steps with it, or what other rows became. */
  readonly others: Uint32Array;
  /** The nearest normal rows, nearest first. */
  readonly nearest: Uint32Array;
}
