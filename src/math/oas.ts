/**
 * The shrinkage of a covariance towards a multiple of the identity that fits normally distributed rows best (Chen, Wiesel,
 * Eldar and Hero 2010, OAS), as scikit-learn's `oas` has it:
 *
 *     S* = (1 - r) S + r m I     m = tr(S) / p     a = |S|^2 / p^2
 *     r = min(1, (a + m^2) / ((n + 1) (a - m^2 / p)))
 *
 * @param covariance S [columns, columns], divided by the number of rows n; squared Frobenius norms
 * @returns r, from 0 to 1
 */
export function oasShrinkage(covariance: ArrayLike<number>, columns: number, rows: number): number {
  let squares = 0;
  let trace = 0;
  for (let k = 0; k < columns * columns; k++) squares += covariance[k]! ** 2;
  for (let k = 0; k < columns; k++) trace += covariance[k * columns + k]!;
  const [alpha, average] = [squares / columns ** 2, trace / columns];
  const excess = (rows + 1) * (alpha - average ** 2 / columns);
  return excess <= 0 ? 1 : Math.min(1, (alpha + average ** 2) / excess);
}
