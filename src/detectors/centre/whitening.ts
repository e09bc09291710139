import { type Matrix, matmul, transpose } from "../../math/linalg.js";
import { whitening } from "../../math/whitening.js";
import type { ParameterLayout } from "../../nn/parameters.js";

/**
 * A linear map [dim, dim] after which row vectors z A have a covariance that is a multiple of the identity, and a mean
 * squared distance to their mean of the number of dimensions. Shrinkage keeps directions without variance finite.
 *
 * @param covariance of the vectors, [dim, dim]
 * @param shrinkage in [0, 1]
 * @throws HypersphereError `unfit-data` when there is no variance at all
 */
export function whiteningMap(covariance: Float64Array, dim: number, shrinkage: number): Matrix {
  const { matrix: transform, eigenvalues } = whitening(covariance, dim, { kind: "pca", shrinkage });
  // What is left of a variance after whitening is lambda / (lambda + shrinkage): less than one where it was small.
  const average = eigenvalues.reduce((sum, value) => sum + value, 0) / dim;
  const remaining = eigenvalues.reduce(
    (sum, value) => sum + Math.max(0, value - shrinkage * average) / value,
    0,
  );
  const scale = Math.sqrt(dim / remaining);
  return transpose(transform, dim, dim).map((value) => value * scale);
}

/**
 * Folds a whitening of the latent space into the encoder's last layer, a bias-free linear map: W <- W A, with A such
 * that the latent covariance of the training rows becomes a multiple of the identity and the mean squared distance to
 * their mean becomes the number of dimensions.
 *
 * Pretraining leaves a latent space whose directions differ in scale by orders of magnitude, and a sphere in it only
 * measures the largest of them. After whitening, the distance to the mean is Mahalanobis' distance, and compactness
 * training starts from a sphere that means something.
 *
 * @param parameters of the encoder; its last weight [in, dim] is the one that changes
 * @param covariance of the latent space over training rows, [dim, dim]
 * @returns new parameters
 * @throws HypersphereError `unfit-data` when the latent space has no variance at all
 */
export function whitenLatent(
  parameters: Float32Array,
  layout: ParameterLayout,
  covariance: Float64Array,
  dim: number,
  shrinkage: number,
): Float32Array {
  const whitened = parameters.slice();
  const { view } = layout.views(whitened).at(-1)!;
  const rows = view.length / dim;
  view.set(matmul(view, whiteningMap(covariance, dim, shrinkage), rows, dim, dim));
  return whitened;
}
