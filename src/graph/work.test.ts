import { describe, expect, it } from "vitest";
import { conv, convTranspose, Graph, gemm, loop, matmul, type Tensor, transpose } from "./index.js";
import { multiplications } from "./work.js";

const count = (build: (graph: Graph) => Tensor): number => {
  const graph = new Graph();
  graph.output("y", build(graph));
  return multiplications(graph);
};

describe("multiplications", () => {
  it.each<[string, number, (graph: Graph) => Tensor]>([
    ["a product", 2 * 3 * 5, (g) => gemm(g.input("a", "float32", [2, 3]), g.input("b", "float32", [3, 5]))],
    [
      "a product with transposes",
      2 * 3 * 5,
      (g) =>
        gemm(g.input("a", "float32", [3, 2]), g.input("b", "float32", [5, 3]), {
          transA: true,
          transB: true,
        }),
    ],
    [
      "products in batches, one side repeated",
      4 * 6 * 2 * 3 * 5,
      (g) => matmul(g.input("a", "float32", [1, 6, 2, 3]), g.input("b", "float32", [4, 6, 3, 5])),
    ],
    [
      "a convolution",
      2 * 6 * 3 * 3 * (4 * 2 * 2),
      (g) => conv(g.input("x", "float32", [2, 4, 4, 4]), g.input("w", "float32", [6, 4, 2, 2])),
    ],
    [
      "a transposed convolution",
      2 * 4 * 4 * 4 * (6 * 2 * 2),
      (g) => convTranspose(g.input("x", "float32", [2, 4, 4, 4]), g.input("w", "float32", [4, 6, 2, 2])),
    ],
    [
      "an open length counts as one",
      3 * 5,
      (g) => gemm(g.input("a", "float32", ["rows", 3]), g.input("b", "float32", [3, 5])),
    ],
    ["nothing else", 0, (g) => transpose(g.input("a", "float32", [200, 300]), [1, 0])],
    [
      "a loop's body, once",
      4 * 4 * 4,
      (g) =>
        loop(g, g.input("steps", "int64", []), [g.input("a", "float32", [4, 4])], (_, [a]) => ({
          carried: [gemm(a!, a!)],
          collected: [],
        })).carried[0]!,
    ],
  ])("of %s", (_, expected, build) => {
    expect(count(build)).toBeCloseTo(expected, 6);
  });
});
