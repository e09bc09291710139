import { throwIfAborted } from "../../errors.js";
import { Graph, serialize, type Tensor } from "../../graph/index.js";
import type { RowReader } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";

/**
 * Hands over what a graph computes from each image, one at a time.
 * @param compute from features [rows, numbers of an image] to float32 of any shape; may be an output of the graph itself
 */
export async function eachImage(
  runtime: Runtime,
  sets: readonly RowReader[],
  compute: (features: Tensor) => Tensor,
  take: (values: Float32Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { columns } = sets[0]!;
  const graph = new Graph();
  graph.output("computed", compute(graph.input("features", "float32", ["rows", columns])));
  const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
  try {
    for (const images of sets) {
      for (let row = 0; row < images.rows; row++) {
        throwIfAborted(signal);
        const results = await session.run({ features: float32([1, columns], await images.read(row)) });
        take(results["computed"]!.data as Float32Array);
      }
    }
  } finally {
    await session.release();
  }
}
