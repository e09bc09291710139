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
 * Scores of maps are differences in units of one standard deviation, so that what they are rounded by does not shrink with them:
 * it stays below 1e-5 from one build of ONNX Runtime to another. Smaller ones have the ties of this size, 1.5e-5.
 */
export const MAP_TIE_SIZE = 4;

/**
 * The least score that counts as tied with `score`, float32. Compared instead of the score itself, a score that is
 * above another one by a rounding is not above it: a row is rather passed than flagged by chance. The model file
 * computes the same, see model/decision.ts.
 * @param size smaller scores have the ties of this size, see `MAP_TIE_SIZE`
 */
export const tieBound = (score: number, size = 0): number =>
  Math.fround(Math.min(score * (1 - TIE), score * (1 + TIE), score - TIE * size));

/** Whether a score is above a threshold by more than a rounding. @param size as `tieBound` */
export const exceeds = (score: number, threshold: number, size = 0): boolean =>
  tieBound(score, size) > Math.fround(threshold);
