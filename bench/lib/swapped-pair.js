import { built } from "./root.js";

const { eigenSymmetric } = await import(built("math/eigen.js"));

/** Added to each variance, so that columns that follow from others leave an inverse. */
const RIDGE = 1e-3;

/**
 * Which two columns of a row got their values together from another row? The best answer there is where rows follow a normal
 * distribution and every pair is as likely: for the two that make the values of all other columns and those of the pair likely,
 * each by themselves. It knows how rows were changed and asks no model, so that it is a bound rather than a method.
 *
 * @param {readonly (readonly number[])[]} rows normal rows as z-scores, to learn the distribution from
 * @returns {(row: readonly number[]) => [number, number]} the places of the two columns of a row of z-scores
 */
export function swappedPair(rows) {
  const columns = rows[0].length;
  const covariance = new Float64Array(columns * columns);
  for (let a = 0; a < columns; a++)
    for (let b = 0; b < columns; b++) {
      const sum = rows.reduce((total, row) => total + row[a] * row[b], 0);
      covariance[a * columns + b] = sum / rows.length + (a === b ? RIDGE : 0);
    }
  const inverse = inverseOf(covariance, columns);
  return (row) => {
    const pull = row.map((_, a) => row.reduce((sum, value, b) => sum + inverse[a * columns + b] * value, 0));
    let best = [0, 1];
    let most = Number.NEGATIVE_INFINITY;
    for (let a = 0; a < columns; a++)
      for (let b = a + 1; b < columns; b++) {
        const within = block(inverse, columns, a, b);
        const own = block(covariance, columns, a, b);
        // By how much Mahalanobis' distance, squared, falls without the pair; the pair's own; and what both densities are divided by.
        const gain =
          divided(within, pull[a], pull[b]) -
          divided(own, row[a], row[b]) -
          Math.log(within.determinant) -
          Math.log(own.determinant);
        if (gain > most) [best, most] = [[a, b], gain];
      }
    return best;
  };
}

function inverseOf(matrix, columns) {
  const { values, vectors } = eigenSymmetric(matrix, columns);
  const inverse = new Float64Array(columns * columns);
  for (let a = 0; a < columns; a++)
    for (let b = 0; b < columns; b++)
      for (let k = 0; k < columns; k++)
        inverse[a * columns + b] += (vectors[k * columns + a] * vectors[k * columns + b]) / values[k];
  return inverse;
}

function block(matrix, columns, a, b) {
  const [p, q, r] = [matrix[a * columns + a], matrix[a * columns + b], matrix[b * columns + b]];
  return { p, q, r, determinant: p * r - q * q };
}

/** (x, y) times the inverse of the block times (x, y). */
const divided = ({ p, q, r, determinant }, x, y) => (r * x * x - 2 * q * x * y + p * y * y) / determinant;
