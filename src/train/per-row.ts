import { type FeatureMatrix, rowsPerRun } from "../features/index.js";
import { Graph, serialize, type Tensor } from "../graph/index.js";
import { float32, type Runtime } from "../runtime/index.js";

/** Evaluates a function of features for every row: [rows] or [rows, width], row-major. */
export async function perRow(
  runtime: Runtime,
  { rows, columns, data }: FeatureMatrix,
  compute: (x: Tensor) => Tensor,
): Promise<Float32Array<ArrayBuffer>> {
  const graph = new Graph();
  graph.output("result", compute(graph.input("x", "float32", ["rows", columns])));
  const session = await runtime.createSession(serialize(graph));
  const parts: Float32Array[] = [];
  const piece = rowsPerRun(columns);
  try {
    for (let from = 0; from < rows; from += piece) {
      const to = Math.min(rows, from + piece);
      const x = float32([to - from, columns], data.slice(from * columns, to * columns));
      parts.push((await session.run({ x }))["result"]!.data as Float32Array);
    }
  } finally {
    await session.release();
  }
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
