import type { FeatureMatrix } from "../features/index.js";
import { eigenSymmetric } from "../math/eigen.js";
import type { LatentPicture } from "./report.js";

/** Rows that directions are found from, where the space has more dimensions than that. */
const FEW_ROWS = 256;

/** Rows of a space, seen along the two directions in which they vary most, and its centre beside them. */
export function planeOf(
  latent: FeatureMatrix,
  centre?: Float32Array,
): Pick<LatentPicture, "x" | "y" | "centre" | "shares"> {
  const { rows, columns } = latent;
  const mean = new Float64Array(columns);
  for (let k = 0; k < latent.data.length; k++) mean[k % columns]! += latent.data[k]! / rows;
  const centred = Float64Array.from(latent.data, (value, k) => value - mean[k % columns]!);
  const [first, second] = columns <= FEW_ROWS ? byColumns(centred, columns) : byRows(centred, columns);
  const along = (direction: Float64Array, at: (column: number) => number): number =>
    direction.reduce((sum, weight, column) => sum + weight * at(column), 0);
  const seen = (direction: Float64Array): Float32Array =>
    Float32Array.from({ length: rows }, (_, row) =>
      along(direction, (column) => centred[row * columns + column]!),
    );
  const [x, y] = [seen(first!), seen(second!)];
  const total = centred.reduce((sum, value) => sum + value * value, 0) || 1;
  const share = (values: Float32Array): number =>
    values.reduce((sum, value) => sum + value * value, 0) / total;
  const from = (direction: Float64Array): number =>
    along(direction, (column) => centre![column]! - mean[column]!);
  return {
    x,
    y,
    ...(centre?.length === columns && { centre: [from(first!), from(second!)] as const }),
    shares: [share(x), share(y)],
  };
}

type Directions = readonly [Float64Array, Float64Array];

function byColumns(centred: Float64Array, columns: number): Directions {
  const products = new Float64Array(columns * columns);
  for (let start = 0; start < centred.length; start += columns) {
    for (let a = 0; a < columns; a++) {
      const value = centred[start + a]!;
      for (let b = 0; b <= a; b++) products[a * columns + b]! += value * centred[start + b]!;
    }
  }
  const { vectors } = eigenSymmetric(mirrored(products, columns), columns);
  const direction = (k: number): Float64Array =>
    k < columns ? (vectors.slice(k * columns, (k + 1) * columns) as Float64Array) : new Float64Array(columns);
  return [direction(0), direction(1)];
}

/** From fewer rows than dimensions: the products of rows with rows have the same eigenvalues (Turk and Pentland 1991). */
function byRows(centred: Float64Array, columns: number): Directions {
  const rows = Math.min(FEW_ROWS, centred.length / columns);
  const rowOf = (row: number): Float64Array => centred.subarray(row * columns, (row + 1) * columns);
  const products = new Float64Array(rows * rows);
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      const [one, other] = [rowOf(a), rowOf(b)];
      products[a * rows + b] = one.reduce((sum, value, k) => sum + value * other[k]!, 0);
    }
  }
  const { vectors } = eigenSymmetric(mirrored(products, rows), rows);
  const direction = (k: number): Float64Array => {
    const sum = new Float64Array(columns);
    for (let row = 0; row < rows && k < rows; row++) {
      const weight = vectors[k * rows + row]!;
      rowOf(row).forEach((value, column) => {
        sum[column]! += weight * value;
      });
    }
    const norm = Math.sqrt(sum.reduce((total, value) => total + value * value, 0)) || 1;
    return sum.map((value) => value / norm);
  };
  return [direction(0), direction(1)];
}

/** A matrix of which the lower triangle was computed, whole. */
function mirrored(lower: Float64Array, d: number): Float64Array {
  for (let a = 0; a < d; a++) for (let b = 0; b < a; b++) lower[b * d + a] = lower[a * d + b]!;
  return lower;
}
