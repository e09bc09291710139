import type { Graph } from "./graph.js";
import type { Shape, Tensor } from "./tensor.js";

/**
 * Multiplications in the matrix products and convolutions of a graph, with bodies of Loops counted once: how much there
 * is to share between threads. Lengths that are only known when the graph runs count as one.
 */
export function multiplications(graph: Graph): number {
  let total = 0;
  for (const { operator, inputs, outputs, attributes } of graph.nodes) {
    const [first, second] = inputs as [Tensor, Tensor];
    switch (operator.type) {
      case "Gemm":
      case "MatMul":
        // Each number of the result takes as many as the operands share.
        total +=
          Math.sqrt(
            (lengthOf(first.shape.slice(-2)) * lengthOf(second.shape.slice(-2))) /
              lengthOf(outputs[0]!.shape.slice(-2)),
          ) * lengthOf(outputs[0]!.shape);
        break;
      case "Conv":
        total += lengthOf(outputs[0]!.shape) * lengthOf(second.shape.slice(1));
        break;
      case "ConvTranspose":
        total += lengthOf(first.shape) * lengthOf(second.shape.slice(1));
        break;
    }
    for (const attribute of Object.values(attributes))
      if (attribute.kind === "graph") total += multiplications(attribute.value);
  }
  return total;
}

const lengthOf = (shape: Shape): number =>
  shape.reduce<number>((product, dim) => product * (typeof dim === "number" ? dim : 1), 1);
