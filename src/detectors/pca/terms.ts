import { div, gemm, maximum, mul, square, sum, type Tensor } from "../../graph/index.js";
import { eigenSymmetric } from "../../math/eigen.js";
import type { InnerValues, ScoreTerms } from "../../model/contract.js";

/**
 * Of the distance to the subspace, each feature adds its own square of what the reconstruction leaves. Mahalanobis' distance
 * is shared out by how far each part of a row is from what the other parts let expect of it.
 */
export const pcaTerms: ScoreTerms = {
  of(card, inside, partOf) {
    if (card.options["score"] === "mahalanobis") return conditionalTerms(inside, partOf);
    const residual = inside.value("member0.residual", "float64", ["rows", partOf.length]);
    return mul(square(residual), 1 / partOf.length);
  },
  missing: ({ normalise }, { timeSteps }) =>
    normalise === "window" && timeSteps !== undefined ? "it joins several views of a window" : undefined,
};

/** What divides where a distance is 0, and so is every share of it. */
const LEAST = 1e-300;
/** Eigenvalues below this share of the largest are roundings. */
const NEGLIGIBLE = 1e-12;

/**
 * With P the inverse covariance, g = P (x - m): the distance falls by g_I' inv(P_II) g_I where the features I of a part take
 * the values that are the likeliest given all others ("reconstruction-based contributions": Alcala and Qin, "Reconstruction-
 * based contribution for process monitoring", Automatica 45, 2009). Parts that depend on each other can each explain the same
 * distance, so that these falls are scaled to add up to it.
 */
function conditionalTerms(inside: InnerValues, partOf: Uint32Array): Tensor {
  const { length: d } = partOf;
  const whitened = inside.value("whitened", "float64", ["rows", d]);
  const { graph } = whitened;
  const root = inside.initializer("mahalanobis.whitening").data as Float64Array;
  const falls = square(gemm(whitened, graph.constant("float64", [d, d], fallsOf(root, partOf))));
  const all = sum(falls, [1], { keepDims: true });
  const distance = sum(square(whitened), [1], { keepDims: true });
  return mul(falls, div(distance, maximum(all, LEAST)));
}

/**
 * From whitened rows y = W (x - m), with P = W'W and g = W'y, to numbers whose squares are the falls: y W L, where L is block by
 * block a root of inv(P_II).
 * @param root W [d, d]
 */
function fallsOf(root: Float64Array, partOf: Uint32Array): Float64Array {
  const { length: d } = partOf;
  const result = new Float64Array(d * d);
  for (const part of new Set(partOf)) {
    const members = Array.from(partOf.keys()).filter((feature) => partOf[feature] === part);
    const block = inverseRoot(
      members.flatMap((a) => members.map((b) => product(root, d, a, b))),
      members.length,
    );
    for (let row = 0; row < d; row++) {
      members.forEach((to, j) => {
        let value = 0;
        members.forEach((from, i) => {
          value += root[row * d + from]! * block[i * members.length + j]!;
        });
        result[row * d + to] = value;
      });
    }
  }
  return result;
}

/** (W'W)[a, b] */
function product(root: Float64Array, d: number, a: number, b: number): number {
  let sum = 0;
  for (let row = 0; row < d; row++) sum += root[row * d + a]! * root[row * d + b]!;
  return sum;
}

/** The symmetric root of the inverse, without directions in which there is nothing. */
function inverseRoot(matrix: readonly number[], size: number): Float64Array {
  const { values, vectors } = eigenSymmetric(matrix, size);
  const result = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    if (values[k]! <= NEGLIGIBLE * values[0]!) continue;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        result[i * size + j]! += (vectors[k * size + i]! * vectors[k * size + j]!) / Math.sqrt(values[k]!);
      }
    }
  }
  return result;
}
