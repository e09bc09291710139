import { describe, expect, it } from "vitest";
import { evaluateNumbers, example, float32 } from "../../test/graph/evaluate.js";
import { add, cast, exp, Graph, greater, loop, mul, square, sum, type Tensor } from "./index.js";

const nodeTypes = (graph: Graph): string[] => graph.nodes.map(({ operator }) => operator.type);

describe("Loop", () => {
  it("moves out of its body what does not depend on the iteration", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const { carried } = loop(graph, graph.index(3), [x], (_, [current], scope) => {
      const invariant = add(exp(x), 1);
      expect(invariant.graph).toBe(graph);
      expect(greater(current!, 0).graph).toBe(scope);
      return { carried: [add(current!, invariant)], collected: [] };
    });
    expect(nodeTypes(graph)).toEqual(["Exp", "Add", "Loop"]);
    graph.output("y", carried[0]!);
    const { y } = await evaluateNumbers(graph, { x: float32([2], 0, 1) });
    expect(y![0]).toBeCloseTo(6, 5);
    expect(y![1]).toBeCloseTo(1 + 3 * (Math.E + 1), 5);
  });

  it("collects one entry per step, and runs as often as an input says", async () => {
    const graph = new Graph();
    const steps = graph.input("steps", "int64", []);
    const { carried, collected } = loop(graph, steps, [graph.scalar(1), graph.scalar(1)], (step, [a, b]) => ({
      carried: [b!, add(a!, b!)],
      collected: [a!, cast(step, "float32"), graph.scalar(7)],
    }));
    expect(collected.map(({ shape }) => shape)).toEqual([["steps"], ["steps"], ["steps"]]);
    carried.forEach((tensor, k) => {
      graph.output(`carried_${k}`, tensor);
    });
    collected.forEach((tensor, k) => {
      graph.output(`collected_${k}`, tensor);
    });
    const run = (count: number) =>
      evaluateNumbers(graph, { steps: { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(count)) } });
    expect(await run(6)).toEqual({
      carried_0: [13],
      carried_1: [21],
      collected_0: [1, 1, 2, 3, 5, 8],
      collected_1: [0, 1, 2, 3, 4, 5],
      collected_2: [7, 7, 7, 7, 7, 7],
    });
    expect(await run(0)).toMatchObject({ carried_0: [1], carried_1: [1], collected_0: [] });
  });

  it("takes its body's outputs from anywhere: its inputs, captured values, one value twice", async () => {
    const { graph } = example();
    const outer = graph.scalar(5);
    const computed = square(outer);
    const initial = [1, 2, 3, 4].map((value) => graph.scalar(value));
    const { carried, collected } = loop(graph, graph.index(2), initial, (_, [a, b, c]) => {
      const next = add(c!, 1);
      return { carried: [b!, a!, next, computed], collected: [next, outer, a!] };
    });
    [...carried, ...collected].forEach((tensor, k) => {
      graph.output(`y${k}`, tensor);
    });
    const { x: _x, ...results } = await evaluateNumbers(graph, { x: float32([0, 3]) });
    expect(results).toEqual({ y0: [1], y1: [2], y2: [5], y3: [25], y4: [4, 5], y5: [5, 5], y6: [1, 2] });
  });

  it("may stand beside another one and read its results", async () => {
    const graph = new Graph();
    const double = (from: Tensor) =>
      loop(graph, graph.index(3), [from], (_, [value]) => ({
        carried: [mul(value!, 2)],
        collected: [value!],
      }));
    const first = double(graph.scalar(1));
    const second = double(add(first.carried[0]!, sum(first.collected[0]!)));
    graph.output("y", second.carried[0]!);
    // 1 -> 8, having seen 1 + 2 + 4.
    expect(await evaluateNumbers(graph)).toEqual({ y: [120] });
  });

  it("may stand inside of another one; each value goes as far out as it can", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const scopes: Graph[] = [];
    const outer = loop(graph, graph.index(2), [x], (_, [a], outerScope) => {
      const inner = loop(outerScope, graph.index(3), [a!], (step, [b], innerScope) => {
        scopes.push(square(x).graph, square(a!).graph, square(b!).graph, cast(step, "float32").graph);
        expect(scopes).toEqual([graph, outerScope, innerScope, innerScope]);
        return { carried: [add(add(b!, mul(square(a!), 0.5)), square(x))], collected: [] };
      });
      return { carried: inner.carried, collected: [sum(inner.carried[0]!)] };
    });
    graph.output("y", outer.carried[0]!);
    graph.output("sums", outer.collected[0]!);
    const { y, sums } = await evaluateNumbers(graph, { x: float32([2], 1, -0.5) });

    const expectedSums: number[] = [];
    let expected = [1, -0.5];
    for (let step = 0; step < 2; step++) {
      expected = expected.map((a, k) => a + 3 * (0.5 * a * a + [1, 0.25][k]!));
      expectedSums.push(expected[0]! + expected[1]!);
    }
    expected.forEach((value, k) => {
      expect(y![k]).toBeCloseTo(value, 4);
    });
    expectedSums.forEach((value, k) => {
      expect(sums![k]).toBeCloseTo(value, 4);
    });
  });

  it("says what does not fit", () => {
    const { graph, x } = example();
    const run = (body: (carried: Tensor) => Tensor[]) => () =>
      loop(graph, graph.index(2), [x], (_, [carried]) => ({ carried: body(carried!), collected: [] }));
    expect(run((carried) => [sum(carried, [1])])).toThrow(
      "Carried tensor 0 enters the loop as float32 [rows, 3] and leaves as float32 [rows].",
    );
    expect(run((carried) => [cast(carried, "float64")])).toThrow("leaves as float64 [rows, 3]");
    expect(run(() => [])).toThrow("1 tensors enter the loop and 0 leave it.");
    expect(run((carried) => [carried, carried])).toThrow("1 tensors enter the loop and 2 leave it.");
  });

  it("does not let a body's values escape", () => {
    const { graph, x } = example();
    let escaped = x;
    const { carried } = loop(graph, graph.index(2), [x], (_, [current]) => {
      escaped = square(current!);
      return { carried: [escaped], collected: [] };
    });
    expect(() => graph.output("y", escaped)).toThrow(
      "y is computed outside of the scope that it should leave.",
    );
    loop(graph, graph.index(2), carried, (_, [current]) => {
      expect(() => add(escaped, current!)).toThrow(
        /^Add: \w+ belongs to another model, or to another Loop's body/,
      );
      return { carried: [current!], collected: [] };
    });
    expect(() => add(x, new Graph().input("x", "float32", ["rows", 3]))).toThrow("belongs to another model");
  });
});
