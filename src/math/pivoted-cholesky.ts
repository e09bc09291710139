import type { Matrix } from "./linalg.js";

export interface PivotedFactor {
  /** Rows in the order in which they were chosen: those that say most about what the earlier ones leave open. */
  readonly pivots: Int32Array;
  /** T [rank, rank], upper triangular, with A_pp = (T T')^-1 for the chosen rows p: A_.p T has A as its Gram matrix. */
  readonly inverse: Matrix;
}

/**
 * Cholesky's factorisation with complete pivoting (Higham 2002, section 10.3), cut off where what is left of the diagonal
 * is below `floor` times its largest entry. Rows that depend on others are left out, and so is what an indefinite matrix
 * has of negative directions. With L L' = A_pp for the chosen rows the result is T = L^-T.
 *
 * @param a [d, d] symmetric, with a positive entry on its diagonal
 */
export function pivotedInverse(a: ArrayLike<number>, d: number, floor: number): PivotedFactor {
  const left = Float64Array.from({ length: d }, (_, i) => a[i * d + i]!);
  const least = floor * Math.max(0, ...left);
  const columns: Float64Array[] = [];
  const pivots: number[] = [];
  for (;;) {
    let pivot = -1;
    for (let i = 0; i < d; i++) if (left[i]! > least && (pivot < 0 || left[i]! > left[pivot]!)) pivot = i;
    if (pivot < 0) break;
    const root = Math.sqrt(left[pivot]!);
    const column = Float64Array.from({ length: d }, (_, i) => a[i * d + pivot]!);
    for (const earlier of columns) {
      const factor = earlier[pivot]!;
      for (let i = 0; i < d; i++) column[i]! -= factor * earlier[i]!;
    }
    for (let i = 0; i < d; i++) {
      column[i]! /= root;
      left[i]! -= column[i]! ** 2;
    }
    for (const chosen of pivots) column[chosen] = 0;
    column[pivot] = root;
    left[pivot] = Number.NEGATIVE_INFINITY;
    columns.push(column);
    pivots.push(pivot);
  }
  return { pivots: Int32Array.from(pivots), inverse: invertedTranspose(columns, pivots) };
}

/** L^-T of the lower triangle with L_ij = columns[j][pivots[i]], column by column by forward substitution. */
function invertedTranspose(columns: readonly Float64Array[], pivots: readonly number[]): Matrix {
  const rank = pivots.length;
  const lower = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++) for (let j = 0; j <= i; j++) lower[i * rank + j] = columns[j]![pivots[i]!]!;
  const inverse = new Float64Array(rank * rank);
  for (let k = 0; k < rank; k++) {
    // Row k of T is column k of L^-1.
    const row = k * rank;
    for (let i = k; i < rank; i++) {
      let sum = i === k ? 1 : 0;
      for (let j = k; j < i; j++) sum -= lower[i * rank + j]! * inverse[row + j]!;
      inverse[row + i] = sum / lower[i * rank + i]!;
    }
  }
  return inverse;
}
