/**
 * When two scores count as one. A score is computed on many platforms, among any number of other rows; what differs
 * then must not decide whether a row is flagged. Data has ties: a thousand rows with one score stand or fall together.
 */

/**
 * Bits of a score that are kept: steps of one part in a million at most, and coarser than what platforms differ by.
 * Scores that straddle the middle between two steps may still come out one step apart.
 */
export const SCORE_BITS = 20;

/** Scores closer than this share of themselves count as tied: two to four steps. */
export const TIE = 2 ** -18;

/** Which scores count as equal: those closer than a share of themselves, or of `size` where they are smaller than that. */
export interface Ties {
  /** Of a score, or of `size` where that is larger. */
  readonly share: number;
  /** 0 where small scores are as exact, relative to themselves, as large ones are. */
  readonly size: number;
}

/** Of rows: what computes their scores rounds in double precision wherever it matters. */
export const PLAIN_TIES: Ties = { share: TIE, size: 0 };

/**
 * Of maps: scores are differences in units of one standard deviation, so that what they are rounded by does not shrink with
 * them. Those up to 4 have ties of 1.5e-5.
 */
export const MAP_TIES: Ties = { share: TIE, size: 4 };

/**
 * The least score that counts as tied with `score`, float32. Compared instead of the score itself, a score that is
 * above another one by a rounding is not above it: a row is rather passed than flagged by chance. The model file
 * computes the same, see model/decision.ts.
 */
export const tieBound = (score: number, { share, size }: Ties = PLAIN_TIES): number =>
  Math.fround(Math.min(score * (1 - share), score * (1 + share), score - share * size));

/** Whether a score is above a threshold by more than a rounding. @param ties those of the model that gave it */
export const exceeds = (score: number, threshold: number, ties?: Ties): boolean =>
  tieBound(score, ties) > Math.fround(threshold);
