import {
  gather,
  gemm,
  max,
  mul,
  neg,
  reshape,
  smallest,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";
import type { PatchMemory } from "./memory.js";

/**
 * Distances of embeddings to the nearest normal ones.
 *
 * For a memory of anywhere, |y|^2 - 2 x y says which is nearest, and its distance is measured from the difference, which
 * cancels nothing.
 * @param embeddings float32 [rows, positions, dim]
 * @returns [rows, positions]
 */
export function nearestDistances(embeddings: Tensor, memory: PatchMemory, name: string): Tensor {
  const [rows, positions, dim] = embeddings.shape as [number | string, number, number];
  const root = embeddings.graph.root;
  const centre = root.initializer(`${name}.centre`, "float32", [dim], memory.centre);
  const centred = reshape(sub(embeddings, centre), ["queries", dim]);
  const queries =
    memory.whitening === undefined
      ? centred
      : gemm(centred, root.initializer(`${name}.whitening`, "float32", [dim, dim], memory.whitening), {
          transB: true,
        });
  const { kept, vectors } = memory;
  if (memory.perPosition) {
    const table = root.initializer(`${name}.memory`, "float32", [positions, kept, dim], vectors);
    const squares = sum(square(sub(reshape(queries, [rows, positions, 1, dim]), table)), [3]);
    return sqrt(neg(max(neg(squares), [2])));
  }
  const table = root.initializer(`${name}.memory`, "float32", [kept, dim], vectors);
  const found = root.reproducible(() => {
    const products = gemm(queries, table, { transB: true });
    return smallest(sub(sum(square(table), [1]), mul(products, 2)), 1).positions;
  }, false);
  const nearest = reshape(gather(table, found), ["queries", dim]);
  return reshape(sqrt(sum(square(sub(queries, nearest)), [1])), [rows, positions]);
}
