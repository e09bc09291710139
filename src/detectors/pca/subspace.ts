import type { FeatureMatrix } from "../../features/index.js";
import { cast, gemm, mul, square, sub, sum, type Tensor } from "../../graph/index.js";
import { eigenSymmetric } from "../../math/eigen.js";
import { ledoitWolfShrinkage } from "../../math/ledoit-wolf.js";
import { whitening } from "../../math/whitening.js";

/** Mean and covariance (divided by the number of rows) of the training rows. */
export interface Moments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** The directions in which the training rows vary most. */
export interface PrincipalSubspace {
  readonly mean: Float64Array;
  /** [count, d]: orthonormal rows, most variance first. */
  readonly directions: Float64Array;
  readonly count: number;
  /** Share of the variance along each of all d directions. */
  readonly shares: readonly number[];
}

/**
 * As many principal directions as explain the share of variance, or the given number of them. At least one direction
 * stays out: what is not left out cannot be missing in a reconstruction.
 * @param components a share below 1, or a whole number
 */
export function principalSubspace({ mean, covariance }: Moments, components: number): PrincipalSubspace {
  const d = mean.length;
  const { values, vectors } = eigenSymmetric(covariance, d);
  const total = values.reduce((whole, value) => whole + Math.max(0, value), 0);
  const shares = Array.from(values, (value) => (total > 0 ? Math.max(0, value) / total : 0));
  let count = components;
  if (components < 1) {
    let explained = 0;
    count = 0;
    while (count < d && explained < components) explained += shares[count++]!;
  }
  count = Math.min(count, d - 1);
  return { mean, directions: vectors.slice(0, count * d), count, shares };
}

/**
 * Mean over features of (x - reconstruction)^2 with the reconstruction m + V'V (x - m), as nodes: [rows, d] to [rows].
 * In double precision, and from the residual itself: |x - m|^2 - |V (x - m)|^2 would cancel.
 */
export function reconstructionError(
  { mean, directions, count }: PrincipalSubspace,
  features: Tensor,
): Tensor {
  const d = mean.length;
  const graph = features.graph;
  const centred = sub(cast(features, "float64"), graph.initializer("pca.mean", "float64", [d], mean));
  const residual = (): Tensor => {
    const v = graph.initializer("pca.directions", "float64", [count, d], directions);
    return sub(centred, gemm(gemm(centred, v, { transB: true }), v));
  };
  return mul(sum(square(count === 0 ? centred : residual()), [1]), 1 / d);
}

export interface MahalanobisMap {
  readonly mean: Float64Array;
  /** W [d, d] with W S* W' = I. */
  readonly matrix: Float64Array;
  readonly shrinkage: number;
}

/** (x - m)' S*^-1 (x - m) = |W (x - m)|^2, with S* the covariance shrunk towards the identity. */
export function mahalanobisMap(
  { data }: FeatureMatrix,
  { mean, covariance }: Moments,
  shrinkage: "auto" | number,
): MahalanobisMap {
  const amount = shrinkage === "auto" ? ledoitWolfShrinkage(data, mean, covariance) : shrinkage;
  const { matrix } = whitening(covariance, mean.length, { kind: "pca", shrinkage: amount });
  return { mean, matrix, shrinkage: amount };
}

/** As nodes: [rows, d] to [rows]. */
export function mahalanobisDistance({ mean, matrix }: MahalanobisMap, features: Tensor): Tensor {
  const d = mean.length;
  const graph = features.graph;
  const centred = sub(cast(features, "float64"), graph.initializer("mahalanobis.mean", "float64", [d], mean));
  const w = graph.initializer("mahalanobis.whitening", "float64", [d, d], matrix);
  return sum(square(gemm(centred, w, { transB: true })), [1]);
}
