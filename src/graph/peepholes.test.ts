import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { count, evaluateNumbers, example, float32 } from "../../test/graph/evaluate.js";
import type { TensorValue } from "../runtime/port.js";
import {
  add,
  cast,
  clamp,
  div,
  exp,
  expand,
  Graph,
  greater,
  maximum,
  mul,
  neg,
  type Shape,
  sub,
  type Tensor,
} from "./index.js";

describe("peepholes", () => {
  it("drop a factor of one, unless it gives the product its shape", () => {
    const { graph, x } = example();
    expect(mul(x, 1)).toBe(x);
    expect(mul(1, x)).toBe(x);
    expect(mul(expand(graph.scalar(1), ["rows", 3], x), x)).toBe(x);
    const row = graph.input("row", "float32", [3]);
    expect(mul(row, expand(graph.scalar(1), [4, 3])).shape).toEqual([4, 3]);
    expect(mul(row, graph.constant("float32", [2, 1, 1], Float32Array.of(1, 1))).shape).toEqual([2, 1, 3]);
  });

  it("see through a repetition that broadcasting does anyway", () => {
    const { graph, x } = example();
    const row = graph.input("row", "float32", [1, 3]);
    const repeated = expand(row, ["rows", 3], x);
    expect(add(x, repeated)).toBe(add(x, row));
    expect(add(repeated, x)).toBe(add(row, x));
    // The arithmetic with a number is done before the repetition.
    expect(exp(mul(repeated, 2)).node!.inputs[0]!.node!.operator.type).toBe("Expand");
  });

  /** A row-major array, and what each operator means for it: the calculation as in a textbook, without any graph. */
  interface Plain {
    readonly shape: readonly number[];
    readonly at: (index: readonly number[]) => number;
  }
  const repeat = (x: Plain, shape: readonly number[]): Plain => ({
    shape,
    at: (index) => {
      const tail = index.slice(shape.length - x.shape.length);
      return x.at(tail.map((position, axis) => (x.shape[axis] === 1 ? 0 : position)));
    },
  });
  const broadcast = (a: readonly number[], b: readonly number[]): number[] => {
    const rank = Math.max(a.length, b.length);
    return Array.from({ length: rank }, (_, k) =>
      Math.max(a[k - rank + a.length] ?? 1, b[k - rank + b.length] ?? 1),
    );
  };
  const combine = (a: Plain, b: Plain, f: (a: number, b: number) => number): Plain => {
    const shape = broadcast(a.shape, b.shape);
    const [left, right] = [repeat(a, shape), repeat(b, shape)];
    return { shape, at: (index) => f(left.at(index), right.at(index)) };
  };
  const flatten = ({ shape, at }: Plain): number[] => {
    let indices: number[][] = [[]];
    for (const length of shape) {
      indices = indices.flatMap((index) => Array.from({ length }, (_, position) => [...index, position]));
    }
    return indices.map(at);
  };
  const array = (shape: readonly number[], values: readonly number[]): Plain => ({
    shape,
    at: (index) => values[index.reduce((position, k, axis) => position * shape[axis]! + k, 0)]!,
  });

  interface Pair {
    readonly tensor: Tensor;
    readonly plain: Plain;
  }
  const operations = {
    add: [add, (a: number, b: number) => a + b],
    sub: [sub, (a: number, b: number) => a - b],
    mul: [mul, (a: number, b: number) => a * b],
    div: [div, (a: number, b: number) => a / b],
    maximum: [maximum, Math.max],
    greater: [
      (a: Tensor | number, b: Tensor | number) => cast(greater(a, b), "float64"),
      (a: number, b: number) => Number(a > b),
    ],
  } as const;
  type Step =
    | { kind: "leaf"; shape: number[] }
    | { kind: "expand"; of: Step; shape: number[] }
    | { kind: "one"; shape: number[] }
    | { kind: "neg"; of: Step }
    | { kind: "number"; operation: keyof typeof operations; of: Step; value: number; first: boolean }
    | { kind: "pair"; operation: keyof typeof operations; left: Step; right: Step };

  // All shapes are [2, 3, 4] with axes dropped or shortened to 1, so that any two broadcast.
  const full = [2, 3, 4];
  const shape = fc
    .tuple(fc.nat(3), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([dropped, ones]) => full.map((dim, axis) => (ones[axis] ? 1 : dim)).slice(dropped));
  const operation = fc.constantFrom(...(Object.keys(operations) as (keyof typeof operations)[]));
  const { step } = fc.letrec<{ step: Step }>((tie) => ({
    step: fc.oneof(
      { maxDepth: 4, depthSize: "medium" },
      fc.record({ kind: fc.constant("leaf"), shape }),
      fc.record({ kind: fc.constant("one"), shape }),
      fc.record({ kind: fc.constant("expand"), of: tie("step"), shape }),
      fc.record({ kind: fc.constant("neg"), of: tie("step") }),
      fc.record({
        kind: fc.constant("number"),
        operation,
        of: tie("step"),
        value: fc.constantFrom(1, 2, -0.5),
        first: fc.boolean(),
      }),
      fc.record({ kind: fc.constant("pair"), operation, left: tie("step"), right: tie("step") }),
    ) as fc.Arbitrary<Step>,
  }));

  it("change neither shapes nor values", async () => {
    await fc.assert(
      fc.asyncProperty(step, async (program) => {
        const graph = new Graph();
        const feeds: Record<string, TensorValue> = {};
        const build = (node: Step): Pair => {
          switch (node.kind) {
            case "leaf": {
              const name = `x${graph.inputs.length}`;
              const length = count(node.shape);
              const values = Array.from(
                { length },
                (_, k) => 0.25 + ((k * 0.618 + graph.inputs.length * 0.37) % 1),
              );
              feeds[name] = { dtype: "float64", shape: node.shape, data: Float64Array.from(values) };
              return { tensor: graph.input(name, "float64", node.shape), plain: array(node.shape, values) };
            }
            case "one": {
              const one = graph.scalar(1, "float64");
              return { tensor: expand(one, node.shape), plain: repeat(array([], [1]), node.shape) };
            }
            case "expand": {
              const { tensor, plain } = build(node.of);
              const target = broadcast(plain.shape, node.shape);
              return { tensor: expand(tensor, target), plain: repeat(plain, target) };
            }
            case "neg": {
              const { tensor, plain } = build(node.of);
              return { tensor: neg(tensor), plain: { ...plain, at: (index) => -plain.at(index) } };
            }
            case "number": {
              const { tensor, plain } = build(node.of);
              const [apply, f] = operations[node.operation];
              const { value, first } = node;
              return first
                ? { tensor: apply(value, tensor), plain: combine(array([], [value]), plain, f) }
                : { tensor: apply(tensor, value), plain: combine(plain, array([], [value]), f) };
            }
            case "pair": {
              const [left, right] = [build(node.left), build(node.right)];
              const [apply, f] = operations[node.operation];
              return { tensor: apply(left.tensor, right.tensor), plain: combine(left.plain, right.plain, f) };
            }
          }
        };
        const { tensor, plain } = build(program);
        expect(tensor.shape as Shape).toEqual(plain.shape);
        graph.output("y", tensor);
        const { y } = await evaluateNumbers(graph, feeds);
        const expected = flatten(plain);
        expect(y!.length).toBe(expected.length);
        y!.forEach((value, k) => {
          expect(
            Object.is(value, expected[k]) || Math.abs(value - expected[k]!) <= 1e-12 * Math.abs(value),
          ).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("clamp and its scalar bounds keep the shape", async () => {
    const graph = new Graph();
    const y = clamp(expand(graph.input("x", "float32", [2, 1]), [2, 2]), -1, 1);
    graph.output("y", y);
    expect(await evaluateNumbers(graph, { x: float32([2, 1], 3, 0.5) })).toEqual({ y: [1, 1, 0.5, 0.5] });
  });
});
