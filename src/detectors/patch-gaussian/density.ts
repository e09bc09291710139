import {
  add,
  gather,
  leading,
  log,
  matmul,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { whitening } from "../../math/whitening.js";
import type { PatchFeatures } from "../maps/patch-features.js";

/** Places of a grid are taken together in squares of so many by so many: parts are never quite at the same place. */
const BLOCK = 4;
/** How far the covariance of a square is moved towards a multiple of the identity. */
const SHRINKAGE = 0.5;
/**
 * Vectors are white, so that their variance anywhere is 1. A square with less on average does not vary, such as a background
 * without any noise, or what a mask ignores: it says nothing of how far a patch of it may be off.
 */
const LEAST_VARIANCE = 1e-4;
/** Added before the logarithm. */
const LEAST = 1e-6;

/** A Gaussian for each square of places: that of patches anywhere, where a square does not vary. */
export interface LocalDensity {
  /** [squares, dim] */
  readonly mean: Float32Array<ArrayBuffer>;
  /** [squares, dim, dim]: (z - mean) times it is white. */
  readonly map: Float32Array<ArrayBuffer>;
  /** Logarithms of the determinants of the covariances, [squares] */
  readonly logDeterminant: Float64Array;
}

/** How a grid is cut into squares, the last ones filled up with copies of the edge. */
function squaresOf({ height, width }: Pick<PatchFeatures, "height" | "width">) {
  const [down, across] = [Math.ceil(height / BLOCK), Math.ceil(width / BLOCK)];
  return { down, across, count: down * across };
}

/** Sums over the places of each square, gathered image by image. */
export class LocalMoments {
  readonly #grid: Pick<PatchFeatures, "height" | "width">;
  readonly #dim: number;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #products: Float64Array;

  constructor(grid: Pick<PatchFeatures, "height" | "width">, dim: number) {
    const { count } = squaresOf(grid);
    this.#grid = grid;
    this.#dim = dim;
    this.#counts = new Float64Array(count);
    this.#sums = new Float64Array(count * dim);
    this.#products = new Float64Array(count * dim * dim);
  }

  /** @param z white vectors of an image, [dim, height, width] */
  add(z: Float32Array): void {
    const dim = this.#dim;
    const { height, width } = this.#grid;
    const { across } = squaresOf(this.#grid);
    const vector = new Float64Array(dim);
    for (let place = 0; place < height * width; place++) {
      const [row, column] = [Math.floor(place / width), place % width];
      const square = Math.floor(row / BLOCK) * across + Math.floor(column / BLOCK);
      for (let k = 0; k < dim; k++) vector[k] = z[k * height * width + place]!;
      this.#counts[square]!++;
      for (let i = 0; i < dim; i++) {
        const value = vector[i]!;
        this.#sums[square * dim + i]! += value;
        const start = (square * dim + i) * dim;
        for (let j = 0; j <= i; j++) this.#products[start + j]! += value * vector[j]!;
      }
    }
  }

  density(): LocalDensity {
    const dim = this.#dim;
    const count = this.#counts.length;
    const mean = new Float32Array(count * dim);
    const map = new Float32Array(count * dim * dim);
    const logDeterminant = new Float64Array(count);
    for (let square = 0; square < count; square++) {
      const n = this.#counts[square]!;
      const own = this.#sums.subarray(square * dim, (square + 1) * dim).map((total) => total / n);
      const covariance = new Float64Array(dim * dim);
      for (let i = 0; i < dim; i++) {
        for (let j = 0; j <= i; j++) {
          const value = this.#products[(square * dim + i) * dim + j]! / n - own[i]! * own[j]!;
          covariance[i * dim + j] = value;
          covariance[j * dim + i] = value;
        }
      }
      let variance = 0;
      for (let i = 0; i < dim; i++) variance += covariance[i * dim + i]! / dim;
      if (!(variance > LEAST_VARIANCE)) {
        for (let i = 0; i < dim; i++) map[(square * dim + i) * dim + i] = 1;
        continue;
      }
      mean.set(own, square * dim);
      const { matrix, eigenvalues } = whitening(covariance, dim, { kind: "pca", shrinkage: SHRINKAGE });
      for (let i = 0; i < dim; i++) {
        for (let j = 0; j < dim; j++) map[(square * dim + j) * dim + i] = matrix[i * dim + j]!;
        logDeterminant[square]! += Math.log(eigenvalues[i]!);
      }
    }
    return { mean, map, logDeterminant };
  }
}

/**
 * Squared Mahalanobis distance of each place, float32 [rows, height, width]: to patches anywhere, or to those of its square.
 * @param z white vectors, float32 [rows, dim, height, width]
 */
export function squaredDistances(z: Tensor, local: LocalDensity | undefined): Tensor {
  if (local === undefined) return sum(square(z), [1]);
  const [rows, dim, height, width] = z.shape as [number | string, number, number, number];
  const { graph } = z;
  const { down, across, count } = squaresOf({ height, width });
  const edge = (length: number, squares: number): Tensor =>
    graph.root.indices(Array.from({ length: squares * BLOCK }, (_, k) => Math.min(k, length - 1)));
  const filled = gather(gather(z, edge(height, down), 2), edge(width, across), 3);
  const cut = transpose(reshape(filled, [rows, dim, down, BLOCK, across, BLOCK]), [0, 2, 4, 3, 5, 1]);
  const vectors = reshape(cut, [rows, count, BLOCK * BLOCK, dim]);
  const centred = sub(vectors, graph.constant("float32", [1, count, 1, dim], local.mean));
  const white = matmul(centred, graph.constant("float32", [1, count, dim, dim], local.map));
  const distances = reshape(sum(square(white), [3]), [rows, down, across, BLOCK, BLOCK]);
  const whole = reshape(transpose(distances, [0, 1, 3, 2, 4]), [rows, down * BLOCK, across * BLOCK]);
  return leading(leading(whole, 1, height), 2, width);
}

/** The raw map: logarithms, whose spread does not grow with the distance. */
export const logDistances = (z: Tensor, local: LocalDensity | undefined): Tensor =>
  log(add(squaredDistances(z, local), LEAST));

/** Mean logarithm of the determinants over the places of a grid. */
export function meanLogDeterminant(
  { logDeterminant }: LocalDensity,
  grid: Pick<PatchFeatures, "height" | "width">,
): number {
  const { across } = squaresOf(grid);
  let total = 0;
  for (let row = 0; row < grid.height; row++) {
    for (let column = 0; column < grid.width; column++) {
      total += logDeterminant[Math.floor(row / BLOCK) * across + Math.floor(column / BLOCK)]!;
    }
  }
  return total / (grid.height * grid.width);
}
