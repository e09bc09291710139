import type { FeatureMatrix } from "../../features/index.js";
import { cast, gemm, maximum, mul, square, sub, sum, type Tensor } from "../../graph/index.js";
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
  const shares = sharesOf(values);
  const count = Math.min(countFor(shares, components), d - 1);
  return { mean, directions: vectors.slice(0, count * d), count, shares };
}

/**
 * The same from fewer rows than features, as images are: the products of rows with rows have the same eigenvalues as
 * the covariance has, but for zeros, and X'u is a direction where u is a vector of theirs (Turk and Pentland 1991).
 */
export function principalSubspaceOfFew(
  { rows, columns, data }: FeatureMatrix,
  components: number,
): PrincipalSubspace {
  const mean = new Float64Array(columns);
  for (let k = 0; k < data.length; k++) mean[k % columns]! += data[k]! / rows;
  const centred = Float64Array.from(data, (value, k) => value - mean[k % columns]!);
  const rowOf = (row: number): Float64Array => centred.subarray(row * columns, (row + 1) * columns);
  const products = new Float64Array(rows * rows);
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      const product = dot(rowOf(a), rowOf(b)) / rows;
      products[a * rows + b] = product;
      products[b * rows + a] = product;
    }
  }
  const { values, vectors } = eigenSymmetric(products, rows);
  const shares = sharesOf(values);
  // Centred rows span one direction less than there are rows.
  const count = Math.min(countFor(shares, components), rows - 1);
  const directions = new Float64Array(count * columns);
  for (let k = 0; k < count; k++) {
    const direction = directions.subarray(k * columns, (k + 1) * columns);
    for (let row = 0; row < rows; row++) {
      const weight = vectors[k * rows + row]!;
      const own = rowOf(row);
      for (let c = 0; c < columns; c++) direction[c]! += weight * own[c]!;
    }
    const norm = Math.sqrt(dot(direction, direction));
    for (let c = 0; c < columns; c++) direction[c]! /= norm;
  }
  return { mean, directions, count, shares };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

function sharesOf(values: Float64Array): number[] {
  const total = values.reduce((whole, value) => whole + Math.max(0, value), 0);
  return Array.from(values, (value) => (total > 0 ? Math.max(0, value) / total : 0));
}

/** Directions that explain a share of the variance, or the number itself. */
function countFor(shares: readonly number[], components: number): number {
  if (components >= 1) return components;
  let explained = 0;
  let count = 0;
  while (count < shares.length && explained < components) explained += shares[count++]!;
  return count;
}

/** What the products of a reconstruction round by, in float64, as a share of the row. */
const ROUNDING = 2 ** -46;

/**
 * Mean over features of (x - reconstruction)^2 with the reconstruction m + V'V (x - m), as nodes: [rows, d] to [rows].
 * In double precision, and from the residual itself: |x - m|^2 - |V (x - m)|^2 would cancel. What rounding explains
 * is taken off: rows in the subspace score 0, and not by what is left of their last digits.
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
    const latent = gemm(centred, v, { transB: true });
    const explained = gemm(latent, v);
    graph.mark("features", features);
    graph.mark("member0.latent", latent);
    graph.mark("member0.residual", sub(centred, explained));
    return sub(centred, explained);
  };
  const meanSquare = (x: Tensor): Tensor => mul(sum(square(x), [1]), 1 / d);
  if (count === 0) return meanSquare(centred);
  return maximum(sub(meanSquare(residual()), mul(meanSquare(centred), ROUNDING ** 2)), 0);
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
  const whitened = gemm(centred, w, { transB: true });
  graph.mark("whitened", whitened);
  return sum(square(whitened), [1]);
}
