import {
  add,
  div,
  type Graph,
  gather,
  loop,
  maximum,
  minimum,
  mul,
  range,
  reshape,
  shapeOf,
  split,
  sub,
  type Tensor,
} from "../graph/index.js";

/**
 * Applies a function of rows to a matrix block by block, in a Loop inside the graph. What it holds per row (say,
 * distances to thousands of others) then exists for one block at a time, for any caller and any number of
 * rows.
 *
 * @param x [rows, columns]; its number of rows may be open
 * @param compute from [block, columns] to one value per row, [block], or to several, [block, n]; gets the Loop's body for nodes
 * without inputs in it
 * @returns [rows], or [rows, n]
 */
export function inRowBlocks(
  x: Tensor,
  most: number,
  compute: (block: Tensor, scope: Graph) => Tensor,
): Tensor {
  return severalInRowBlocks(x, most, (block, scope) => [compute(block, scope)])[0]!;
}

/** The same of several functions at once. */
export function severalInRowBlocks(
  x: Tensor,
  most: number,
  compute: (block: Tensor, scope: Graph) => readonly Tensor[],
): Tensor[] {
  const graph = x.graph;
  const rows = reshape(split(shapeOf(x), 0, [1, 1])[0]!, []);
  const block = maximum(minimum(rows, graph.index(most)), graph.index(1));
  const steps = div(sub(add(rows, block), graph.index(1)), block);
  const within = range(block, "block");
  const last = sub(rows, graph.index(1));
  const { collected } = loop(graph, steps, [], (iteration, _, scope) => {
    // The last block is filled up with copies of the last row.
    const chosen = minimum(add(mul(iteration, block), within), last);
    return { carried: [], collected: compute(gather(x, chosen), scope) };
  });
  return collected.map((values) =>
    gather(reshape(values, ["padded", ...values.shape.slice(2)]), range(rows, x.shape[0]!)),
  );
}
