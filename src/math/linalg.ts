/**
 * Dense linear algebra for small matrices (a few hundred rows), flat row-major Float64Array, double precision.
 * Covariances and means of data are in statistics over rows: data is [n, d], a covariance [d, d].
 */
import { HypersphereError } from "../errors.js";

export type Matrix = Float64Array<ArrayBuffer>;

function checkSquare(a: ArrayLike<number>, d: number, what: string): void {
  if (!(Number.isInteger(d) && d >= 1) || a.length !== d * d) {
    throw new HypersphereError("unfit-data", `${what}: expected ${d} x ${d} values, not ${a.length}.`);
  }
  for (let i = 0; i < a.length; i++) {
    if (!Number.isFinite(a[i])) {
      throw new HypersphereError("unfit-data", `${what}: entry (${Math.floor(i / d)}, ${i % d}) is ${a[i]}.`);
    }
  }
}

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

/**
 * Mean and covariance of the rows, accumulated in double precision about the mean (two passes: the one-pass formula
 * cancels when the mean is large against the spread).
 * @param data [n, d] row-major, finite
 * @param ddof the divisor is n - ddof
 * @throws unfit-data when the length does not fit, n <= ddof, or a value is not finite
 */
export function covariance(
  data: Float32Array | Float64Array,
  n: number,
  d: number,
  ddof: 0 | 1 = 1,
): { mean: Matrix; covariance: Matrix } {
  if (data.length !== n * d || d < 1) {
    throw new HypersphereError("unfit-data", `covariance: ${data.length} values are not ${n} rows of ${d}.`);
  }
  if (n <= ddof) {
    throw new HypersphereError(
      "unfit-data",
      `covariance: ${n} rows are too few, expected more than ${ddof}.`,
    );
  }
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j]! += data[i * d + j]!;
  for (let j = 0; j < d; j++) {
    mean[j]! /= n;
    if (!Number.isFinite(mean[j])) {
      throw new HypersphereError("unfit-data", `covariance: column ${j} holds values that are not finite.`);
    }
  }
  const cov = new Float64Array(d * d);
  const row = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) row[j] = data[i * d + j]! - mean[j]!;
    for (let j = 0; j < d; j++) {
      const scale = row[j]!;
      if (scale === 0) continue;
      const at = j * d;
      for (let k = j; k < d; k++) cov[at + k]! += scale * row[k]!;
    }
  }
  for (let j = 0; j < d; j++) {
    for (let k = j; k < d; k++) {
      const value = cov[j * d + k]! / (n - ddof);
      cov[j * d + k] = value;
      cov[k * d + j] = value;
    }
  }
  return { mean, covariance: cov };
}

/**
 * Lower triangular L with A = L L^T.
 * @param a [d, d] symmetric; only the lower triangle is read
 * @throws unfit-data when A is not positive definite to working precision
 */
export function cholesky(a: ArrayLike<number>, d: number): Matrix {
  checkSquare(a, d, "cholesky");
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * d + k]! * l[j * d + k]!;
      if (i !== j) {
        l[i * d + j] = sum / l[j * d + j]!;
      } else if (sum > d * Number.EPSILON * Math.abs(a[i * d + i]!)) {
        l[i * d + i] = Math.sqrt(sum);
      } else {
        throw new HypersphereError("unfit-data", `cholesky: not positive definite (pivot ${i} is ${sum}).`, {
          hint: "Add shrinkage: a covariance of fewer rows than columns, or of dependent columns, is singular.",
        });
      }
    }
  }
  return l;
}

/** x with L x = b for lower triangular L, by forward substitution. ||x||^2 is b^T (L L^T)^-1 b: Mahalanobis. */
export function solveLower(l: Matrix, b: ArrayLike<number>): Matrix {
  const d = b.length;
  const x = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= l[i * d + k]! * x[k]!;
    x[i] = sum / l[i * d + i]!;
  }
  return x;
}

/** x with L L^T x = b, given the Cholesky factor L [d, d]. */
export function choleskySolve(l: Matrix, b: ArrayLike<number>): Matrix {
  const d = b.length;
  const x = solveLower(l, b);
  for (let i = d - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < d; k++) sum -= l[k * d + i]! * x[k]!;
    x[i] = sum / l[i * d + i]!;
  }
  return x;
}

/**
 * x with A x = b for a general square A: Gaussian elimination with partial pivoting.
 * @param a [d, d]
 * @param b [d]
 * @throws unfit-data when A is singular to working precision
 */
export function solve(a: ArrayLike<number>, b: ArrayLike<number>): Matrix {
  const d = b.length;
  checkSquare(a, d, "solve");
  const m = Float64Array.from(a);
  const x = Float64Array.from(b);
  const scale = m.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  for (let col = 0; col < d; col++) {
    let pivot = col;
    for (let i = col + 1; i < d; i++) {
      if (Math.abs(m[i * d + col]!) > Math.abs(m[pivot * d + col]!)) pivot = i;
    }
    const p = m[pivot * d + col]!;
    if (!(Math.abs(p) > d * Number.EPSILON * scale)) {
      throw new HypersphereError("unfit-data", `solve: the matrix is singular (column ${col}).`);
    }
    if (pivot !== col) {
      for (let k = col; k < d; k++) {
        const held = m[col * d + k]!;
        m[col * d + k] = m[pivot * d + k]!;
        m[pivot * d + k] = held;
      }
      const held = x[col]!;
      x[col] = x[pivot]!;
      x[pivot] = held;
    }
    for (let i = col + 1; i < d; i++) {
      const factor = m[i * d + col]! / p;
      if (factor === 0) continue;
      for (let k = col; k < d; k++) m[i * d + k]! -= factor * m[col * d + k]!;
      x[i]! -= factor * x[col]!;
    }
  }
  for (let i = d - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < d; k++) sum -= m[i * d + k]! * x[k]!;
    x[i] = sum / m[i * d + i]!;
  }
  return x;
}
