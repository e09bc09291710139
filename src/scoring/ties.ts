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

/**
 * The least score that counts as tied with `score`, float32. Compared instead of the score itself, a score that is
 * above another one by a rounding is not above it: a row is rather passed than flagged by chance. The model file
 * computes the same, see model/decision.ts.
 */
export const tieBound = (score: number): number =>
  Math.fround(Math.min(score * (1 - TIE), score * (1 + TIE)));

/** Whether a score is above a threshold by more than a rounding. */
export const exceeds = (score: number, threshold: number): boolean =>
  tieBound(score) > Math.fround(threshold);
