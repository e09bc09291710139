import { cast, Graph, gemm, serialize, sub } from "../graph/index.js";
import { float32, float64, type Runtime } from "../runtime/index.js";

const ROWS_PER_RUN = 4096;

/**
 * Covariance of the rows of a matrix about their mean, divided by rows - 1, in double precision. The products run in
 * ONNX Runtime: latent spaces are wide, and this is an order of magnitude faster than loops.
 * @param data [rows, dim] row-major, at least two rows
 */
export async function covarianceOf(runtime: Runtime, data: Float32Array, dim: number): Promise<Float64Array> {
  const rows = data.length / dim;
  const mean = new Float64Array(dim);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < dim; k++) mean[k]! += data[row * dim + k]! / rows;
  }

  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", dim]);
  const centred = sub(cast(x, "float64"), graph.input("mean", "float64", [dim]));
  graph.output("products", gemm(centred, centred, { transA: true }));
  const session = await runtime.createSession(serialize(graph));
  await session.bind({ mean: float64([dim], mean) });
  const sum = new Float64Array(dim * dim);
  for (let from = 0; from < rows; from += ROWS_PER_RUN) {
    const to = Math.min(rows, from + ROWS_PER_RUN);
    const { products } = await session.run({
      x: float32([to - from, dim], data.slice(from * dim, to * dim)),
    });
    const part = products!.data as Float64Array;
    for (let k = 0; k < sum.length; k++) sum[k]! += part[k]! / (rows - 1);
  }
  await session.release();
  return sum;
}
