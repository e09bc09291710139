/** What the spectrum of a covariance is good for: an effective dimension, and whitening transforms. */
import { HypersphereError } from "../errors.js";
import { eigenSymmetric } from "./eigen.js";
import { type Matrix, matmul, transpose } from "./linalg.js";

export interface WhiteningOptions {
  /** `pca` turns onto the principal axes, largest variance first; `zca` stays as near the input as possible. */
  kind: "pca" | "zca";
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
 * Whitening transform of a covariance (Kessy, Lewin and Strimmer 2018): PCA W = L^-1/2 V^T, ZCA W = V L^-1/2 V^T.
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
  const matrix = kind === "pca" ? scaled : matmul(transpose(vectors, d, d), scaled, d, d, d);
  return { matrix, eigenvalues, rank };
}
