/** What the spectrum of a covariance is good for: an effective dimension, and whitening transforms. */
import { HypersphereError } from "../errors.js";
import { eigenSymmetric } from "./eigen.js";
import { type Matrix, matmul, transpose } from "./linalg.js";

export interface WhiteningOptions {
  /**
   * `pca` turns onto the principal axes, largest variance first; `zca` stays as near the input as possible; `cholesky` has an
   * upper triangle.
   */
  kind: "pca" | "zca" | "cholesky";
  /** In [0, 1]: the covariance becomes (1 - s) C + s tr(C)/d I. Default 0. */
  shrinkage?: number;
  /** Eigenvalues below this share of the largest are raised to it. In (0, 1], default 1e-6. */
  floor?: number;
}

export interface Whitening {
  /** W [d, d], applied to centred column vectors as W x. W C W^T = I, up to shrinkage and floor. */
  matrix: Matrix;
  /** Eigenvalues after shrinkage and before the floor, largest first, [d]. */
  eigenvalues: Matrix;
  /** How many of them stood above the floor. */
  rank: number;
}

/**
 * Whitening transform of a covariance (Kessy, Lewin and Strimmer 2018): PCA W = L^-1/2 V^T, ZCA W = V L^-1/2 V^T, Cholesky W
 * the upper triangle with W^T W = V L^-1 V^T. Lengths of whitened vectors are the same in all three.
 * Raising small eigenvalues, rather than dropping their directions, keeps a departure from the subspace of the data
 * visible without letting rounding noise in it grow beyond 1 / sqrt(floor) times its natural size.
 * @param cov [d, d] symmetric
 * @throws unfit-data when all variances are zero; invalid-option on shrinkage or floor out of range
 */
export function whitening(cov: ArrayLike<number>, d: number, options: WhiteningOptions): Whitening {
  const { kind, shrinkage = 0, floor = 1e-6 } = options;
  if (!(shrinkage >= 0 && shrinkage <= 1)) {
    throw new HypersphereError("invalid-option", `whitening: shrinkage is ${shrinkage}, expected 0 to 1.`);
  }
  if (!(floor > 0 && floor <= 1)) {
    throw new HypersphereError(
      "invalid-option",
      `whitening: floor is ${floor}, expected above 0, at most 1.`,
    );
  }
  const { values, vectors } = eigenSymmetric(cov, d);
  // Shrinking towards a multiple of the identity moves the eigenvalues and leaves the eigenvectors.
  const average = values.reduce((sum, x) => sum + x, 0) / d;
  const eigenvalues = values.map((x) => (1 - shrinkage) * x + shrinkage * average);
  const largest = eigenvalues[0]!;
  if (!(largest > 0)) {
    throw new HypersphereError("unfit-data", "whitening: no direction has any variance: all rows are equal.");
  }
  const least = floor * largest;
  const scaled = new Float64Array(d * d);
  let rank = 0;
  for (let i = 0; i < d; i++) {
    if (eigenvalues[i]! >= least) rank++;
    const factor = 1 / Math.sqrt(Math.max(eigenvalues[i]!, least));
    for (let k = 0; k < d; k++) scaled[i * d + k] = factor * vectors[i * d + k]!;
  }
  return { matrix: turned(kind, scaled, vectors, d), eigenvalues, rank };
}

/** What PCA whitens to, turned. */
function turned(kind: WhiteningOptions["kind"], scaled: Matrix, vectors: Matrix, d: number): Matrix {
  switch (kind) {
    case "pca":
      return scaled;
    case "zca":
      return matmul(transpose(vectors, d, d), scaled, d, d, d);
    case "cholesky":
      return upperTriangle(matmul(transpose(scaled, d, d), scaled, d, d, d), d);
  }
}

/** Cholesky's factor R of a positive definite matrix, R^T R = A, row by row. */
function upperTriangle(a: Matrix, d: number): Matrix {
  const upper = new Float64Array(d * d);
  const left = a.slice();
  for (let k = 0; k < d; k++) {
    const root = Math.sqrt(left[k * d + k]!);
    for (let j = k; j < d; j++) upper[k * d + j] = left[k * d + j]! / root;
    for (let i = k + 1; i < d; i++) {
      const factor = upper[k * d + i]!;
      for (let j = i; j < d; j++) left[i * d + j]! -= factor * upper[k * d + j]!;
    }
  }
  return upper;
}
