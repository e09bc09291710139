import { add, matmul, mul, split, square, sub, sum, type Tensor, transpose } from "../../graph/index.js";
import { oasShrinkage } from "../../math/oas.js";
import { pivotedInverse } from "../../math/pivoted-cholesky.js";
import type { Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { ROTATIONS } from "../turned/views.js";

/** A Gaussian for each rotation, of one of the vectors. */
export interface Gaussians {
  readonly width: number;
  /** [rotations, width] */
  readonly means: Float32Array;
  /** [rotations, width, width]: (v - mean) times it is white. */
  readonly maps: Float32Array;
}

const TURNS = ROTATIONS.length;

/**
 * One vector of every image in one rotation, [images, width].
 * @param vectors [images, rotations, whole]
 */
export function turnedRows(
  vectors: Float32Array,
  whole: number,
  { rotation, offset, width }: { readonly rotation: number; readonly offset: number; readonly width: number },
): Float32Array {
  const images = vectors.length / (TURNS * whole);
  const rows = new Float32Array(images * width);
  for (let image = 0; image < images; image++) {
    const from = (image * TURNS + rotation) * whole + offset;
    rows.set(vectors.subarray(from, from + width), image * width);
  }
  return rows;
}

/**
 * Fits one for each vector.
 * @param vectors [images, rotations, all widths]
 */
export async function fitGaussians(
  runtime: Runtime,
  vectors: Float32Array,
  widths: readonly number[],
): Promise<Gaussians[]> {
  const whole = widths.reduce((total, width) => total + width, 0);
  const images = vectors.length / (TURNS * whole);
  const fitted: Gaussians[] = [];
  let offset = 0;
  for (const width of widths) {
    const means = new Float32Array(TURNS * width);
    const maps = new Float32Array(TURNS * width * width);
    for (const rotation of ROTATIONS) {
      const rows = turnedRows(vectors, whole, { rotation, offset, width });
      const centre = new Float64Array(width);
      for (let k = 0; k < rows.length; k++) centre[k % width]! += rows[k]! / images;
      means.set(centre, rotation * width);
      const covariance = await covarianceOf(runtime, rows, width);
      maps.set(whiteningMap(covariance, width, images), rotation * width * width);
    }
    fitted.push({ width, means, maps });
    offset += width;
  }
  return fitted;
}

/** Of the covariance shrunk by OAS. What does not vary at all has no distances. @param covariance divided by images - 1 */
function whiteningMap(covariance: Float64Array, width: number, images: number): Float64Array {
  const biased = covariance.map((value) => (value * (images - 1)) / images);
  const shrinkage = oasShrinkage(biased, width, images);
  let average = 0;
  for (let k = 0; k < width; k++) average += biased[k * width + k]! / width;
  const shrunk = biased.map((value) => (1 - shrinkage) * value);
  for (let k = 0; k < width; k++) shrunk[k * width + k]! += (shrinkage + LEAST_SHRINKAGE) * average;
  const map = new Float64Array(width * width);
  if (average <= 0) return map;
  const { pivots, inverse } = pivotedInverse(shrunk, width, LEAST_SHRINKAGE ** 2);
  const rank = pivots.length;
  pivots.forEach((row, k) => {
    for (let column = 0; column < rank; column++) map[row * width + column] = inverse[k * rank + column]!;
  });
  return map;
}

/** Where images are so many that nothing has to be shrunk, rounding must not decide. */
const LEAST_SHRINKAGE = 1e-6;

/**
 * Squared Mahalanobis distances, [rotations, images] for each vector.
 * @param vectors [images, rotations, all widths]
 */
export function gaussianDistances(vectors: Tensor, gaussians: readonly Gaussians[]): Tensor[] {
  const { root } = vectors.graph;
  const parts = split(
    vectors,
    2,
    gaussians.map(({ width }) => width),
  );
  return gaussians.map(({ width, means, maps }, k) => {
    const turned = transpose(parts[k]!, [1, 0, 2]);
    const centred = sub(turned, root.constant("float32", [TURNS, 1, width], means));
    const white = matmul(centred, root.constant("float32", [TURNS, width, width], maps));
    return sum(square(white), [2]);
  });
}

/**
 * The sum over rotations and vectors of the distances over their means on held-out images: [images].
 * @param distances of each vector, [rotations, images]
 * @param scales their means, [vectors][rotations]
 */
export function relativeDistance(
  distances: readonly Tensor[],
  scales: readonly (readonly number[])[],
): Tensor {
  return distances
    .map((own, k) => {
      const factors = Float32Array.from(scales[k]!, (scale) => (scale > 0 ? 1 / scale : 0));
      return sum(mul(own, own.graph.root.constant("float32", [TURNS, 1], factors)), [0]);
    })
    .reduce((total, each) => add(total, each));
}
