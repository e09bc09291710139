/**
 * The shrinkage of a covariance towards a multiple of the identity that has the smallest expected squared error
 * (Ledoit and Wolf 2004), as scikit-learn's `ledoit_wolf_shrinkage` has it:
 *
 *     S* = (1 - b/d) S + b/d m I      m = tr(S) / p      d = |S - m I|^2 / p
 *     b = min(d, (sum_i |x_i|^4 / n - |S|^2) / (n p))
 *
 * with centred rows x_i, S their covariance (divided by n), and squared Frobenius norms.
 *
 * @param data [rows, columns] row-major
 * @param covariance [columns, columns], divided by the number of rows
 * @returns b/d, from 0 to 1
 */
export function ledoitWolfShrinkage(
  data: Float32Array | Float64Array,
  mean: Float64Array,
  covariance: Float64Array,
): number {
  const columns = mean.length;
  const rows = data.length / columns;
  if (columns === 1) return 0;
  let fourth = 0;
  for (let i = 0; i < rows; i++) {
    let norm = 0;
    for (let k = 0; k < columns; k++) norm += (data[i * columns + k]! - mean[k]!) ** 2;
    fourth += norm ** 2 / rows;
  }
  let squares = 0;
  for (const value of covariance) squares += value ** 2;
  let trace = 0;
  for (let k = 0; k < columns; k++) trace += covariance[k * columns + k]!;
  const distance = (squares - trace ** 2 / columns) / columns;
  const error = (fourth - squares) / (rows * columns);
  return error <= 0 ? 0 : distance <= error ? 1 : error / distance;
}
