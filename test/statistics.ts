/** In plain loops what the package computes in ONNX Runtime: the other side of comparisons. */
import { type LatentSnapshot, snapshotOf } from "../src/train/health.js";

/**
 * Mean and covariance of the rows, in double precision and two passes: the one-pass formula cancels when the mean is
 * large compared with the spread.
 * @param data [n, d] row-major
 * @param ddof the divisor is n - ddof
 * @returns mean [d] and covariance [d, d]
 */
export function covariance(data: Float32Array, n: number, d: number, ddof: 0 | 1 = 1) {
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j]! += data[i * d + j]!;
  for (let j = 0; j < d; j++) mean[j]! /= n;
  const matrix = new Float64Array(d * d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k < d; k++) {
        const product = (data[i * d + j]! - mean[j]!) * (data[i * d + k]! - mean[k]!);
        matrix[j * d + k]! += product / (n - ddof);
      }
    }
  }
  return { mean, covariance: matrix };
}

/**
 * What `LatentProbe` reads, from the latent space itself.
 * @param latent [rows, dim] row-major
 * @param distances squared, to the centre, [rows]
 */
export function latentSnapshot(latent: Float32Array, dim: number, distances: Float64Array): LatentSnapshot {
  const { covariance: matrix } = covariance(latent, distances.length, dim);
  const variances = Array.from({ length: dim }, (_, k) => matrix[k * dim + k]!);
  const trace = variances.reduce((sum, variance) => sum + variance);
  const squares = matrix.reduce((sum, value) => sum + value * value, 0);
  return snapshotOf(variances.map(Math.sqrt), (trace * trace) / squares, distances);
}
