import { add, cast, div, gather, greater, less, mul, sub, type Tensor } from "../graph/index.js";

/**
 * Conformal p-values inside the graph: p(s) = (1 + #{calibration >= s}) / (n + 1), see scoring/conformal.ts. The count
 * comes from a binary search, unrolled: log2(n) look-ups per row instead of n comparisons.
 *
 * @param score float32 [rows]
 * @param calibration ascending scores of held-out normals, [n]
 */
export function pValueGraph(score: Tensor, calibration: Float32Array): Tensor {
  const graph = score.graph;
  const n = calibration.length;
  const levels = Math.ceil(Math.log2(n + 1));
  const padded = new Float32Array(2 ** levels - 1).fill(Number.POSITIVE_INFINITY);
  padded.set(calibration);
  const table = graph.initializer("calibration", "float32", [padded.length], padded);

  // Position of the first calibration score that is not below the row's.
  let below: Tensor | undefined;
  for (let step = 2 ** (levels - 1); step >= 1; step /= 2) {
    const probe =
      below === undefined ? gather(table, graph.index(step - 1)) : gather(table, add(below, step - 1));
    const advance = mul(cast(less(probe, score), "int64"), step);
    below = below === undefined ? advance : add(below, advance);
  }
  return div(cast(sub(n + 1, below!), "float32"), n + 1);
}

/** Whether a score is above the threshold, strictly: bool [rows]. */
export function decisionGraph(score: Tensor, threshold: number): Tensor {
  return greater(score, score.graph.initializer("threshold", "float32", [], Float32Array.of(threshold)));
}
