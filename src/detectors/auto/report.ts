/** What the card says of the training. */
export interface AutoReport {
  /** The views that the score is the mean of. */
  readonly views: readonly string[];
  /** Training rows that neighbours are looked for in; absent for series. */
  readonly references?: number;
  readonly rows: number;
  /** Absent for series. */
  readonly neighbours?: number;
}
