/**
 * Dense linear algebra for small matrices (a few hundred rows), flat row-major Float64Array, double precision.
 * Covariances and means of data are in statistics over rows: data is [n, d], a covariance [d, d].
 */
import { HypersphereError } from "../errors.js";

export type Matrix = Float64Array<ArrayBuffer>;

/** a [m, k] times b [k, n] -> [m, n]. @throws unfit-data when the lengths do not fit the shapes */
export function matmul(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): Matrix {
  if (a.length !== m * k || b.length !== k * n) {
    throw new HypersphereError(
      "unfit-data",
      `matmul: ${a.length} and ${b.length} values are not [${m}, ${k}] and [${k}, ${n}].`,
    );
  }
  const left = a instanceof Float64Array ? a : Float64Array.from(a);
  const right = b instanceof Float64Array ? b : Float64Array.from(b);
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    const row = out.subarray(i * n, (i + 1) * n);
    let p = 0;
    // Four rows of b at a time: the row of the result is read and written a quarter as often.
    for (; p + 4 <= k; p += 4) {
      const s0 = left[i * k + p]!;
      const s1 = left[i * k + p + 1]!;
      const s2 = left[i * k + p + 2]!;
      const s3 = left[i * k + p + 3]!;
      const b0 = p * n;
      const b1 = b0 + n;
      const b2 = b1 + n;
      const b3 = b2 + n;
      for (let j = 0; j < n; j++) {
        row[j] =
          row[j]! + s0 * right[b0 + j]! + s1 * right[b1 + j]! + s2 * right[b2 + j]! + s3 * right[b3 + j]!;
      }
    }
    for (; p < k; p++) {
      const scale = left[i * k + p]!;
      for (let j = 0; j < n; j++) row[j]! += scale * right[p * n + j]!;
    }
  }
  return out;
}

/** [m, n] -> [n, m]. */
export function transpose(a: ArrayLike<number>, m: number, n: number): Matrix {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j]!;
  return out;
}
