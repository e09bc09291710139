import { describe, expect, it } from "vitest";
import { expectClose, numbers, runtime } from "../../../test/graph/evaluate.js";
import { graphOf } from "../../../test/graph/finite-differences.js";
import { binary } from "../../../test/graph/gradient-cases/binary.js";
import type { Case } from "../../../test/graph/gradient-cases/case.js";
import { convolutions } from "../../../test/graph/gradient-cases/convolutions.js";
import { elementwise } from "../../../test/graph/gradient-cases/elementwise.js";
import { products } from "../../../test/graph/gradient-cases/products.js";
import { programs } from "../../../test/graph/gradient-cases/programs.js";
import { rearrangements } from "../../../test/graph/gradient-cases/rearrangements.js";
import { reductions } from "../../../test/graph/gradient-cases/reductions.js";
import { sequences } from "../../../test/graph/gradient-cases/sequences.js";
import { gradients } from "../gradients.js";
import { Graph } from "../graph.js";
import * as operators from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { decodeModel } from "./decode.js";
import { decodeGraph } from "./nodes.js";
import { rebuild } from "./rebuild.js";
import { serialize } from "./serialize.js";

/** Whole programs, and of the others those that have an operator which none before has. */
const seen = new Set<string>();
const cases = [binary, convolutions, elementwise, products, rearrangements, reductions]
  .flat()
  .filter((test) => {
    const { nodes } = decodeGraph(decodeModel(serialize(graphOf(test).graph)).graph);
    const fresh = nodes.filter(({ type }) => !seen.has(type));
    for (const { type } of fresh) seen.add(type);
    return fresh.length > 0;
  })
  .concat(programs, sequences);

describe("a written graph that is built again", () => {
  it.each(cases)("has the derivatives that it had: $name", async (test: Case) => {
    const { graph, feeds } = graphOf(test);
    const file = serialize(graph);
    const again = new Graph();
    const given = new Map<string, Tensor>(
      Object.entries(feeds).map(([name, { dtype, shape }]) => [name, again.input(name, dtype, shape)]),
    );
    const loss = rebuild(again, file, given, "loss");
    const names = Object.keys(test.inputs);
    const found = gradients(
      loss,
      names.map((name) => given.get(name)!),
    );
    again.output("loss", loss);
    names.forEach((name, k) => {
      again.output(`d_${name}`, found[k]!);
    });
    const [before, after] = await Promise.all([
      runtime.createSession(file),
      runtime.createSession(serialize(again)),
    ]);
    const [expected, results] = [await before.run(feeds), await after.run(feeds)];
    for (const name of ["loss", ...names.map((each) => `d_${each}`)])
      expectClose(numbers(results[name]!), numbers(expected[name]!), 2e-5, name);
    await before.release();
    await after.release();
  });

  it("writes out the turns of a Loop, and says what it cannot build or was not given", async () => {
    const { add, gather, loop, mul, sum } = operators;
    const graph = new Graph();
    const x = graph.input("x", "float64", ["rows", 2]);
    const table = graph.initializer("table", "float64", [3, 2], Float64Array.of(1, 2, 3, 4, 5, 6));
    const turns = loop(graph, graph.index(3), [x], (turn, [total]) => ({
      carried: [mul(add(total!, gather(table, turn)), x)],
      collected: [sum(total!, [1])],
    }));
    graph.output("carried", turns.carried[0]!);
    graph.output("collected", turns.collected[0]!);
    const open = graph.input("count", "int64", []);
    graph.output(
      "open",
      loop(graph, open, [x], (_, [total]) => ({ carried: [mul(total!, x)], collected: [] })).carried[0]!,
    );
    graph.output("sized", operators.resize(graph.input("image", "float32", ["rows", 1, "h", "w"]), 2, 2));
    const file = serialize(graph);

    const again = new Graph();
    const given = new Map([["x", again.input("x", "float64", [1, 2])]]);
    const carried = rebuild(again, file, given, "carried");
    again.output("carried", carried);
    again.output("collected", rebuild(again, file, given, "collected"));
    again.output("slopes", gradients(sum(carried), [given.get("x")!])[0]!);
    const session = await runtime.createSession(serialize(again));
    const [a, b] = [2, -1];
    const results = await session.run({
      x: { dtype: "float64", shape: [1, 2], data: Float64Array.of(a, b) },
    });
    await session.release();
    // (((x + t1) x + t2) x + t3) x = x^4 + t1 x^3 + t2 x^2 + t3 x
    const value = (v: number, [p, q, r]: number[]) => v ** 4 + p! * v ** 3 + q! * v ** 2 + r! * v;
    const slope = (v: number, [p, q, r]: number[]) => 4 * v ** 3 + 3 * p! * v ** 2 + 2 * q! * v + r!;
    expect(numbers(results["carried"]!)).toEqual([value(a, [1, 3, 5]), value(b, [2, 4, 6])]);
    expect(numbers(results["slopes"]!)).toEqual([slope(a, [1, 3, 5]), slope(b, [2, 4, 6])]);
    expect(results["collected"]!.shape).toEqual([3, 1]);
    expect(numbers(results["collected"]!)[0]).toBe(a + b);
    expect(() => rebuild(again, file, given, "open")).toThrow(/count is not given|Loop has no derivative/);
    const image = new Map([["image", again.input("image", "float32", [1, 1, 4, 4])]]);
    expect(() => rebuild(again, file, image, "sized")).toThrow("Resize has no derivative.");
  });
});
