import { matmul } from "../../math/linalg.js";
import { whitening } from "../../math/whitening.js";
import type { ParameterLayout } from "../../nn/parameters.js";

/**
 * Folds a whitening of the latent space into the encoder's last layer, a bias-free linear map: W <- W A, with A such
 * that the latent covariance of the training rows becomes a multiple of the identity and the mean squared distance to
 * their mean becomes the number of dimensions.
 *
 * Pretraining leaves a latent space whose directions differ in scale by orders of magnitude, and a sphere in it only
 * measures the largest of them. After whitening, the distance to the mean is Mahalanobis' distance, and compactness
 * training starts from a sphere that means something. Shrinkage keeps directions without variance finite.
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
  const { matrix: transform, eigenvalues } = whitening(covariance, dim, { kind: "pca", shrinkage });
  // What is left of a variance after whitening is lambda / (lambda + shrinkage): less than one where it was small.
  const average = eigenvalues.reduce((sum, value) => sum + value, 0) / dim;
  const remaining = eigenvalues.reduce(
    (sum, value) => sum + Math.max(0, value - shrinkage * average) / value,
    0,
  );
  const scale = Math.sqrt(dim / remaining);

  const whitened = parameters.slice();
  const { view } = layout.views(whitened).at(-1)!;
  const rows = view.length / dim;
  const transposed = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++)
    for (let k = 0; k < dim; k++) transposed[k * dim + i] = transform[i * dim + k]! * scale;
  view.set(matmul(view, transposed, rows, dim, dim));
  return whitened;
}
