import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { count, evaluate, expectClose, numbers } from "../../test/graph/evaluate.js";
import { signed } from "../../test/graph/gradient-cases/case.js";
import { gradients } from "./gradients.js";
import { Graph } from "./graph.js";
import { serialize } from "./onnx/serialize.js";
import * as operators from "./ops/index.js";
import type { Tensor } from "./tensor.js";

describe("properties", () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 });
  /** A shape and another one that broadcasts to it: some axes shortened to 1, some leading ones dropped. */
  const shapeAndSource = shapes.chain((shape) =>
    fc
      .tuple(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(shape.length))
      .map(([ones, dropped]) => ({
        shape,
        source: shape.map((dim, axis) => (ones[axis] ? 1 : dim)).slice(dropped),
      })),
  );

  /** Position in an array of shape `source` of element `index` of the array of shape `shape` that it is repeated to. */
  function sourceIndex(index: number, shape: readonly number[], source: readonly number[]): number {
    let position = 0;
    let stride = 1;
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const coordinate = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      const length = source[axis - shape.length + source.length];
      if (length === undefined) continue;
      if (length !== 1) position += coordinate * stride;
      stride *= length;
    }
    return position;
  }

  const values = (length: number, seed: number): Float64Array =>
    Float64Array.from({ length }, (_, k) => signed((k * 0.618 + seed * 0.377) % 1));

  it("sumTo adds up what broadcasting repeats", async () => {
    await fc.assert(
      fc.asyncProperty(shapeAndSource, async ({ shape, source }) => {
        const graph = new Graph();
        const data = values(count(shape), 1);
        const summed = operators.sumTo(graph.input("x", "float64", shape), source);
        expect(summed.shape).toEqual(source);
        graph.output("summed", summed);
        const result = await evaluate(graph, { x: { dtype: "float64", shape, data } });
        const expected = Array.from({ length: count(source) }, () => 0);
        data.forEach((value, k) => {
          expected[sourceIndex(k, shape, source)]! += value;
        });
        expect(result.summed!.shape).toEqual(source);
        expectClose(numbers(result.summed!), expected, 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it("operands of any two fitting shapes get their gradients", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAndSource,
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        fc.boolean(),
        async ({ shape, source }, ones, swapped) => {
          const other = shape.map((dim, axis) => (ones[axis] ? 1 : dim));
          const [aShape, bShape] = swapped ? [other, source] : [source, other];
          const graph = new Graph();
          const a = graph.input("a", "float64", aShape);
          const b = graph.input("b", "float64", bShape);
          const y = operators.div(a, b);
          const outShape = y.shape as number[];
          const loss = operators.sum(operators.mul(y, graph.input("w", "float64", outShape)));
          const [da, db] = gradients(loss, [a, b]);
          graph.output("da", da!);
          graph.output("db", db!);

          const [x, z, w] = [values(count(aShape), 1), values(count(bShape), 2), values(count(outShape), 3)];
          const result = await evaluate(graph, {
            a: { dtype: "float64", shape: aShape, data: x },
            b: { dtype: "float64", shape: bShape, data: z },
            w: { dtype: "float64", shape: outShape, data: w },
          });
          const expectedA = Array.from(x, () => 0);
          const expectedB = Array.from(z, () => 0);
          w.forEach((weight, k) => {
            const i = sourceIndex(k, outShape, aShape);
            const j = sourceIndex(k, outShape, bShape);
            expectedA[i]! += weight / z[j]!;
            expectedB[j]! -= (weight * x[i]!) / z[j]! ** 2;
          });
          expectClose(numbers(result.da!), expectedA, 1e-12);
          expectClose(numbers(result.db!), expectedB, 1e-12);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("differentiation is linear", async () => {
    type Expression = (x: Tensor) => Tensor;
    const { add, exp, mean, mul, sigmoid, square, sub, sum, tanh, transpose } = operators;
    const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 4, depthSize: "medium" },
        fc.constant<Expression>((x) => x),
        fc
          .tuple(
            fc.constantFrom<(y: Tensor) => Tensor>(
              tanh,
              sigmoid,
              (y) => square(tanh(y)),
              (y) => exp(tanh(y)),
              (y) => transpose(y, [1, 0]),
              (y) => add(y, mean(y, [0], { keepDims: true })),
            ),
            tie("expression"),
          )
          .map(
            ([operator, inner]): Expression =>
              (x) =>
                operator(inner(x)),
          ),
        fc.tuple(fc.constantFrom(add, sub, mul), tie("expression"), tie("expression")).map(
          ([operator, left, right]): Expression =>
            (x) =>
              operator(left(x), right(x)),
        ),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(expression, expression, async (f, g) => {
        const graph = new Graph();
        const x = graph.input("x", "float64", [2, 2]);
        const [fx, gx] = [sum(f(x)), sum(g(x))];
        const both = add(mul(fx, 2.5), mul(gx, -0.5));
        [fx, gx, both].forEach((loss, k) => {
          graph.output(`d${k}`, gradients(loss, [x])[0]!);
        });
        const result = await evaluate(graph, { x: { dtype: "float64", shape: [2, 2], data: values(4, 1) } });
        const [df, dg] = [numbers(result.d0!), numbers(result.d1!)];
        expectClose(
          numbers(result.d2!),
          df.map((value, k) => 2.5 * value - 0.5 * dg[k]!),
          1e-12,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("goes through chains of any length", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float64", []);
    let y = x;
    for (let step = 0; step < 20_000; step++) y = operators.add(operators.mul(y, 0.9), 0.1);
    const [gradient] = gradients(y, [x]);
    graph.output("gradient", gradient!);
    expect(serialize(graph).length).toBeGreaterThan(20_000);
  });
});
