/** Euler's constant. */
const GAMMA = 0.5772156649015329;

/**
 * c(n): the mean path length of an unsuccessful search in a binary search tree of n nodes, which stands in for the
 * part of a path that the depth limit or a leaf of n equal rows cut off (Liu, Ting and Zhou 2008, equation 1):
 *
 *     c(n) = 2 H(n - 1) - 2 (n - 1) / n    with H(i) = ln(i) + 0.5772156649
 *
 * and 0 and 1 for n <= 1 and n = 2, where the approximation of the harmonic number H is poor.
 */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + GAMMA) - (2 * (n - 1)) / n;
}

/**
 * The grid that path lengths are rounded to: fine enough to change no score in its sixth digit, and coarse enough for
 * the sum over all trees to be exact in float32. Then the order of summation, which ONNX Runtime chooses by platform
 * and number of rows, cannot be seen in the score.
 *
 * @param longest the longest path length that a leaf can have
 */
export function pathLengthGrid(trees: number, longest: number): number {
  return 2 ** (Math.ceil(Math.log2(trees * longest + 1)) - 24);
}
