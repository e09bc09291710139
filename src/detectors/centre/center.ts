/**
 * The hypersphere's centre: the mean of the encoder's outputs, fixed before compactness training (Ruff et al. 2018,
 * section 3.2). Components nearer to zero than `floor` are moved to it with their sign; an exact zero goes to
 * +floor, which the authors' code forgets. A component of zero could be reached by all-zero weights.
 *
 * @param latent [rows, dim] row-major
 */
export function hypersphereCenter(latent: Float32Array, dim: number, floor: number): Float32Array {
  const sums = new Float64Array(dim);
  for (let k = 0; k < latent.length; k++) sums[k % dim]! += latent[k]!;
  const rows = latent.length / dim;
  return Float32Array.from(sums, (sum) => {
    const mean = sum / rows;
    return Math.abs(mean) >= floor ? mean : mean < 0 ? -floor : floor;
  });
}

/** Squared distance of every row of `latent` [rows, dim] to the centre: [rows]. */
export function squaredDistances(latent: Float32Array, center: Float32Array): Float64Array {
  const dim = center.length;
  return Float64Array.from({ length: latent.length / dim }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < dim; k++) sum += (latent[row * dim + k]! - center[k]!) ** 2;
    return sum;
  });
}
