/** Eigenvalues and eigenvectors of dense symmetric matrices. */
import { HypersphereError } from "../errors.js";
import type { Matrix } from "./linalg.js";

export interface SymmetricEigen {
  /** Eigenvalues, largest first, [d]. */
  values: Matrix;
  /** [d, d]: row i is the unit eigenvector of values[i]; its component of largest size is positive. */
  vectors: Matrix;
}

/** QL steps per eigenvalue before giving up; two or three are usual. */
const MAX_SWEEPS = 60;

/**
 * Eigen-decomposition of a symmetric matrix: Householder reduction to tridiagonal form, then implicit QL
 * (Bowdler, Martin, Reinsch and Wilkinson 1968; EISPACK tred2 and tql2). About 10 d^3 operations.
 * @param a [d, d] row-major, finite; the mean of both triangles is used
 * @throws unfit-data when the shape is wrong or an entry is not finite
 */
export function eigenSymmetric(a: ArrayLike<number>, d: number): SymmetricEigen {
  if (!(Number.isInteger(d) && d >= 1) || a.length !== d * d) {
    throw new HypersphereError("unfit-data", `eigenSymmetric: expected ${d} x ${d} values, not ${a.length}.`);
  }
  let scale = 0;
  for (let i = 0; i < a.length; i++) scale = Math.max(scale, Math.abs(a[i]!));
  if (!Number.isFinite(scale)) {
    throw new HypersphereError("unfit-data", "eigenSymmetric: the matrix holds values that are not finite.");
  }
  // `v` holds the work matrix column by column, so that the inner loops of both phases run along memory. Entries of
  // size at most 1 make plain square roots of sums of squares safe from overflow.
  const v = new Float64Array(d * d);
  const unit = scale === 0 ? 1 : scale;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) v[i * d + j] = (a[i * d + j]! / unit + a[j * d + i]! / unit) / 2;
  }
  const diagonal = new Float64Array(d);
  const off = new Float64Array(d);
  tridiagonalise(v, diagonal, off, d);
  implicitQl(v, diagonal, off, d);

  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j]! - diagonal[i]! || i - j);
  const values = new Float64Array(d);
  const vectors = new Float64Array(d * d);
  order.forEach((from, to) => {
    values[to] = diagonal[from]! * unit;
    const column = v.subarray(from * d, (from + 1) * d);
    let peak = 0;
    for (const x of column) if (Math.abs(x) > Math.abs(peak) * (1 + 1e-9)) peak = x;
    const sign = peak < 0 ? -1 : 1;
    for (let k = 0; k < d; k++) vectors[to * d + k] = sign * column[k]!;
  });
  return { values, vectors };
}

/** tred2: on return column j of `v` (v[j * n + k]) holds the j-th column of the orthogonal reduction. */
function tridiagonalise(v: Matrix, d: Matrix, e: Matrix, n: number): void {
  for (let j = 0; j < n; j++) d[j] = v[j * n + n - 1]!;
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    let h = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    if (scale === 0) {
      e[i] = d[i - 1]!;
      for (let j = 0; j < i; j++) {
        d[j] = v[j * n + i - 1]!;
        v[j * n + i] = 0;
        v[i * n + j] = 0;
      }
    } else {
      for (let k = 0; k < i; k++) {
        d[k]! /= scale;
        h += d[k]! * d[k]!;
      }
      let f = d[i - 1]!;
      let g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      d[i - 1] = f - g;
      for (let j = 0; j < i; j++) e[j] = 0;
      for (let j = 0; j < i; j++) {
        f = d[j]!;
        v[i * n + j] = f;
        const at = j * n;
        g = e[j]! + v[at + j]! * f;
        for (let k = j + 1; k < i; k++) {
          g += v[at + k]! * d[k]!;
          e[k]! += v[at + k]! * f;
        }
        e[j] = g;
      }
      f = 0;
      for (let j = 0; j < i; j++) {
        e[j]! /= h;
        f += e[j]! * d[j]!;
      }
      const hh = f / (h + h);
      for (let j = 0; j < i; j++) e[j]! -= hh * d[j]!;
      for (let j = 0; j < i; j++) {
        f = d[j]!;
        g = e[j]!;
        const at = j * n;
        for (let k = j; k < i; k++) v[at + k]! -= f * e[k]! + g * d[k]!;
        d[j] = v[at + i - 1]!;
        v[at + i] = 0;
      }
    }
    d[i] = h;
  }
  for (let i = 0; i < n - 1; i++) {
    v[i * n + n - 1] = v[i * n + i]!;
    v[i * n + i] = 1;
    const h = d[i + 1]!;
    const next = (i + 1) * n;
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[next + k]! / h;
      for (let j = 0; j <= i; j++) {
        const at = j * n;
        let g = 0;
        for (let k = 0; k <= i; k++) g += v[next + k]! * v[at + k]!;
        for (let k = 0; k <= i; k++) v[at + k]! -= g * d[k]!;
      }
    }
    for (let k = 0; k <= i; k++) v[next + k] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = v[j * n + n - 1]!;
    v[j * n + n - 1] = 0;
  }
  v[n * n - 1] = 1;
  e[0] = 0;
}

/** tql2: diagonalises the tridiagonal (d, e), turning the columns of `v` into eigenvectors. */
function implicitQl(v: Matrix, d: Matrix, e: Matrix, n: number): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i]!;
  e[n - 1] = 0;
  let f = 0;
  let tst1 = 0;
  for (let l = 0; l < n; l++) {
    tst1 = Math.max(tst1, Math.abs(d[l]!) + Math.abs(e[l]!));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * tst1) m++;
    for (let sweep = 0; m > l; sweep++) {
      if (sweep === MAX_SWEEPS) {
        throw new HypersphereError("internal", `eigenSymmetric: no convergence at eigenvalue ${l} of ${n}.`);
      }
      let g = d[l]!;
      let p = (d[l + 1]! - g) / (2 * e[l]!);
      let r = length2(p, 1);
      if (p < 0) r = -r;
      d[l] = e[l]! / (p + r);
      d[l + 1] = e[l]! * (p + r);
      const dl1 = d[l + 1]!;
      let h = g - d[l]!;
      for (let i = l + 2; i < n; i++) d[i]! -= h;
      f += h;
      p = d[m]!;
      let c = 1;
      let c2 = 1;
      let c3 = 1;
      const el1 = e[l + 1]!;
      let s = 0;
      let s2 = 0;
      for (let i = m - 1; i >= l; i--) {
        c3 = c2;
        c2 = c;
        s2 = s;
        g = c * e[i]!;
        h = c * p;
        r = length2(p, e[i]!);
        e[i + 1] = s * r;
        s = e[i]! / r;
        c = p / r;
        p = c * d[i]! - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]!);
        const a = i * n;
        const b = a + n;
        for (let k = 0; k < n; k++) {
          const t = v[b + k]!;
          const u = v[a + k]!;
          v[b + k] = s * u + c * t;
          v[a + k] = c * u - s * t;
        }
      }
      p = (-s * s2 * c3 * el1 * e[l]!) / dl1;
      e[l] = s * p;
      d[l] = c * p;
      if (Math.abs(e[l]!) <= Number.EPSILON * tst1) break;
    }
    d[l]! += f;
    e[l] = 0;
  }
}

/** sqrt(a^2 + b^2) without overflow or underflow. */
function length2(a: number, b: number): number {
  const x = Math.abs(a);
  const y = Math.abs(b);
  const large = Math.max(x, y);
  if (large === 0) return 0;
  const ratio = Math.min(x, y) / large;
  return large * Math.sqrt(1 + ratio * ratio);
}
