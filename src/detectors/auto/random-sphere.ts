import type { FeatureMatrix } from "../../features/index.js";
import { reshape, transpose } from "../../graph/index.js";
import { matmul } from "../../math/linalg.js";
import type { RandomStream } from "../../math/random.js";
import { whitening } from "../../math/whitening.js";
import { sparseUniform } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { perRow } from "../../train/per-row.js";
import { hiddenUnits } from "./sphere-distances.js";

/**
 * A random encoder with a whitened latent space: Deep SVDD before any training. Its squared distance to the centre is
 * Mahalanobis' distance in the space of random features, which measures how far a row is from all combinations of
 * what training rows did together.
 */
export interface RandomSphere extends DrawnSphere {
  /** Whitening of the hidden units, from the left: [width, width], zero below the diagonal. */
  readonly transform: Float32Array;
  /** Mean of the whitened units over training rows, [width]. */
  readonly center: Float32Array;
}

/** The encoder alone. */
export interface DrawnSphere {
  readonly columns: number;
  readonly width: number;
  /** Subtracted from the features, [columns]. */
  readonly origin: Float32Array;
  /** [columns, width] */
  readonly weight: Float32Array;
  readonly slope: number;
}

export interface RandomSphereOptions {
  readonly width: number;
  readonly inputsPerUnit: number;
  readonly originOffset: number;
  readonly slope: number;
  readonly shrinkage: number;
}

/** Draws an encoder and whitens what it makes of the rows. */
export async function fitRandomSphere(
  runtime: Runtime,
  matrix: FeatureMatrix,
  options: RandomSphereOptions,
  stream: RandomStream,
): Promise<RandomSphere> {
  const { width, originOffset, slope, shrinkage } = options;
  const { columns } = matrix;
  const origin = Float32Array.from({ length: columns }, () =>
    stream.uniform() < 0.5 ? -originOffset : originOffset,
  );
  const weight = new Float32Array(columns * width);
  sparseUniform(columns, width, Math.min(options.inputsPerUnit, columns), Math.sqrt(6))(weight, stream);
  const drawn = { origin, weight, columns, width, slope };

  const hidden = await perRow(runtime, matrix, (x) =>
    transpose(reshape(hiddenUnits(x, [drawn]), [width, "rows"]), [1, 0]),
  );
  const rows = matrix.rows;
  const mean = new Float64Array(width);
  for (let k = 0; k < hidden.length; k++) mean[k % width]! += hidden[k]! / rows;
  const covariance = await covarianceOf(runtime, hidden, width);
  const { matrix: transform } = whitening(covariance, width, { kind: "cholesky", shrinkage });
  return {
    ...drawn,
    transform: Float32Array.from(transform),
    center: Float32Array.from(matmul(transform, mean, width, width, 1)),
  };
}
