import { describe, expect, it } from "vitest";
import { evaluateNumbers, example, float32 } from "../../../test/graph/evaluate.js";
import {
  add,
  exp,
  Graph,
  gradients,
  leakyRelu,
  loop,
  matmul,
  mean,
  mul,
  reshape,
  serialize,
  square,
  sub,
  sum,
} from "../index.js";

describe("serialize", () => {
  function training(): Graph {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", 3]);
    const start = graph.initializer("start", "float32", [3, 1], Float32Array.of(0.1, 0.2, 0.3));
    const { carried, collected } = loop(graph, graph.index(4), [start], (_, [w]) => {
      const loss = mean(square(sub(matmul(x, w!), 1)));
      return { carried: [sub(w!, mul(gradients(loss, [w!])[0]!, 0.1))], collected: [loss] };
    });
    graph.output("w", carried[0]!);
    graph.output("losses", collected[0]!);
    return graph;
  }

  it("gives the same bytes for the same graph, and again for one built the same way", () => {
    const graph = training();
    const bytes = serialize(graph, { metadata: { a: "1" } });
    expect(serialize(graph, { metadata: { a: "1" } })).toEqual(bytes);
    expect(serialize(training(), { metadata: { a: "1" } })).toEqual(bytes);
    expect(serialize(training())).not.toEqual(bytes);
  });

  it("leaves out nodes and initializers that no output needs, in bodies too", () => {
    const build = (extra: boolean): Uint8Array => {
      const { graph, x, w } = example();
      const used = matmul(x, w);
      const result = loop(graph, graph.index(2), [used], (_, [carried]) => {
        const next = add(carried!, 1);
        if (extra) {
          exp(carried!);
          exp(graph.initializer("unused", "float32", [100], new Float32Array(100)));
        }
        return { carried: [next], collected: [] };
      });
      graph.output("y", result.carried[0]!);
      if (extra) exp(result.carried[0]!);
      return serialize(graph);
    };
    expect(new TextDecoder().decode(build(true))).not.toMatch(/Exp|unused/);
    expect(build(true).length).toBe(build(false).length);
  });

  it("keeps what only a Loop body needs", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", []);
    const needed = exp(add(x, 1));
    const { carried } = loop(graph, graph.index(2), [graph.scalar(1)], (_, [value]) => ({
      carried: [mul(value!, needed)],
      collected: [],
    }));
    graph.output("y", carried[0]!);
    expect((await evaluateNumbers(graph, { x: float32([], 0) })).y![0]).toBeCloseTo(Math.E ** 2, 4);
  });

  it("lets inputs, initializers and one value under two names leave", async () => {
    const { graph, x, w } = example();
    const product = matmul(x, w);
    graph.output("x_again", x);
    graph.output("w_again", w);
    graph.output("product", product);
    graph.output("product_again", product);
    graph.output("more", add(product, 1));
    expect(await evaluateNumbers(graph, { x: float32([1, 3], 1, 0, -1) })).toEqual({
      x_again: [1, 0, -1],
      w_again: [1, 2, 3, 4, 5, 6],
      product: [-4, -4],
      product_again: [-4, -4],
      more: [-3, -3],
    });
  });

  it("runs on no rows at all", async () => {
    const { graph, x, w } = example();
    const y = leakyRelu(matmul(sub(x, mean(x, [1], { keepDims: true })), w), 0.1);
    graph.output("distance", sum(square(y), [1]));
    graph.output("flat", reshape(y, ["rows", 2, 1]));
    graph.output("gradient", gradients(sum(square(y)), [x])[0]!);
    expect(await evaluateNumbers(graph, { x: float32([0, 3]) })).toEqual({
      distance: [],
      flat: [],
      gradient: [],
    });
  });
});
