import type { FeatureMatrix } from "../../features/index.js";
import { gemm, leakyRelu, squaredDistance, sub, type Tensor } from "../../graph/index.js";
import { matmul, transpose } from "../../math/linalg.js";
import type { RandomStream } from "../../math/random.js";
import { whitening } from "../../math/whitening.js";
import { sparseUniform } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { perRow } from "../../train/per-row.js";

/**
 * A random encoder with a whitened latent space: Deep SVDD before any training. Its squared distance to the centre is
 * Mahalanobis' distance in the space of random features, which measures how far a row is from all combinations of
 * what training rows did together.
 */
export interface RandomSphere {
  readonly columns: number;
  readonly width: number;
  /** Subtracted from the features, [columns]. */
  readonly origin: Float32Array;
  /** [columns, width] */
  readonly weight: Float32Array;
  readonly slope: number;
  /** Whitening of the hidden units, [width, width]. */
  readonly transform: Float32Array;
  /** Mean of the whitened units over training rows, [width]. */
  readonly center: Float32Array;
}

export interface RandomSphereOptions {
  readonly width: number;
  readonly inputsPerUnit: number;
  readonly originOffset: number;
  readonly slope: number;
  readonly shrinkage: number;
}

/** Squared distance of every row to the sphere's centre: [rows]. */
export function sphereDistance(x: Tensor, sphere: RandomSphere, name: string): Tensor {
  const { width, transform, center } = sphere;
  const graph = x.graph;
  const latent = gemm(
    hiddenUnits(x, sphere, name),
    graph.initializer(`${name}.transform`, "float32", [width, width], transform),
  );
  return squaredDistance(latent, graph.initializer(`${name}.center`, "float32", [width], center));
}

function hiddenUnits(
  x: Tensor,
  {
    origin,
    weight,
    columns,
    width,
    slope,
  }: Pick<RandomSphere, "origin" | "weight" | "columns" | "width" | "slope">,
  name: string,
): Tensor {
  const graph = x.graph;
  const start = graph.initializer(`${name}.origin`, "float32", [columns], origin);
  const units = gemm(sub(x, start), graph.initializer(`${name}.weight`, "float32", [columns, width], weight));
  return leakyRelu(units, slope);
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

  const hidden = await perRow(runtime, matrix, (x) => hiddenUnits(x, drawn, "sphere"));
  const rows = matrix.rows;
  const mean = new Float64Array(width);
  for (let k = 0; k < hidden.length; k++) mean[k % width]! += hidden[k]! / rows;
  const covariance = await covarianceOf(runtime, hidden, width);
  const { matrix: whitened } = whitening(covariance, width, { kind: "pca", shrinkage });
  const transform = transpose(whitened, width, width);
  return {
    ...drawn,
    transform: Float32Array.from(transform),
    center: Float32Array.from(matmul(mean, transform, 1, width, width)),
  };
}
