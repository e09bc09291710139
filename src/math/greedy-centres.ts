import type { RandomStream } from "./random.js";

export interface GreedyCentres {
  /** Numbers of the points that were chosen, in the order of their choice. */
  readonly chosen: Uint32Array;
  /** Largest distance of a point from the nearest chosen one. */
  readonly radius: number;
}

/**
 * Chooses points that cover all others: after the first, always the one farthest from those chosen already (Gonzalez,
 * "Clustering to minimize the maximum intercluster distance", 1985). The radius is at most twice the least possible.
 *
 * Takes count * points * dim steps. Fewer than `count` are chosen where the rest are copies of those.
 *
 * @param points [rows, dim]
 * @param count at least 1
 * @param first number of the point to begin with
 * @param each called after every choice, with how many there are
 */
export function greedyCentres(
  points: Float32Array,
  dim: number,
  count: number,
  first: number,
  each?: (chosen: number) => void,
): GreedyCentres {
  const rows = points.length / dim;
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const chosen: number[] = [];
  let next = first;
  let radius = Number.POSITIVE_INFINITY;
  while (chosen.length < Math.min(count, rows) && radius > 0) {
    chosen.push(next);
    const start = next * dim;
    radius = -1;
    for (let row = 0; row < rows; row++) {
      let squares = 0;
      const bound = nearest[row]!;
      for (let k = 0, at = row * dim; k < dim; k++, at++) {
        const difference = points[at]! - points[start + k]!;
        squares += difference * difference;
      }
      const least = Math.min(squares, bound);
      nearest[row] = least;
      if (least > radius) {
        radius = least;
        next = row;
      }
    }
    each?.(chosen.length);
  }
  return { chosen: Uint32Array.from(chosen), radius: Math.sqrt(Math.max(0, radius)) };
}

/**
 * Points in fewer dimensions, with distances about as they were: Gaussian random projections (Johnson and Lindenstrauss).
 * Points of at most `most` dimensions stay as they are.
 *
 * @param points [rows, dim]
 * @returns [rows, min(dim, most)]
 */
export function randomlyProjected(
  points: Float32Array,
  dim: number,
  most: number,
  random: RandomStream,
): { readonly points: Float32Array; readonly dim: number } {
  if (dim <= most) return { points, dim };
  const directions = new Float32Array(most * dim);
  random.fillNormal(directions, 0, 1 / Math.sqrt(most));
  const rows = points.length / dim;
  const projected = new Float32Array(rows * most);
  for (let row = 0; row < rows; row++) {
    for (let out = 0; out < most; out++) {
      let sum = 0;
      for (let k = 0, at = row * dim, to = out * dim; k < dim; k++, at++, to++)
        sum += points[at]! * directions[to]!;
      projected[row * most + out] = sum;
    }
  }
  return { points: projected, dim: most };
}
