/**
 * Greedy k-centre selection (Gonzalez 1985): from one point on, each next one is that which is farthest from all points
 * chosen so far. No point is then farther from the chosen ones than twice what the best choice of as many would reach.
 *
 * @param points [n, dim] row-major
 * @param count of points to choose; fewer are chosen where all others are copies of chosen ones
 * @param first number of the point to begin with
 * @returns numbers of the points, in the order of their choice, and how far the farthest other point is from them
 */
export function greedyCoreset(
  points: Float32Array,
  dim: number,
  count: number,
  first: number,
): { readonly chosen: Uint32Array; readonly radius: number } {
  const rows = points.length / dim;
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const chosen: number[] = [];
  let next = first;
  let farthest = Number.POSITIVE_INFINITY;
  while (chosen.length < Math.min(count, rows) && farthest > 0) {
    chosen.push(next);
    const centre = points.subarray(next * dim, (next + 1) * dim);
    farthest = 0;
    for (let row = 0; row < rows; row++) {
      const start = row * dim;
      let sum = 0;
      // A point that is nearer to another one already is left as soon as that is clear.
      const known = nearest[row]!;
      for (let k = 0; k < dim && sum < known; k++) {
        const difference = points[start + k]! - centre[k]!;
        sum += difference * difference;
      }
      if (sum < known) nearest[row] = sum;
      if (nearest[row]! > farthest) {
        farthest = nearest[row]!;
        next = row;
      }
    }
  }
  return { chosen: Uint32Array.from(chosen), radius: Math.sqrt(farthest) };
}
