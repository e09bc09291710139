import { describe, expect, it } from "vitest";
import { evaluate, expectClose, numbers } from "../../test/graph/evaluate.js";
import { called, compareWithFiniteDifferences } from "../../test/graph/finite-differences.js";
import { binary } from "../../test/graph/gradient-cases/binary.js";
import { convolutions } from "../../test/graph/gradient-cases/convolutions.js";
import { elementwise } from "../../test/graph/gradient-cases/elementwise.js";
import { products } from "../../test/graph/gradient-cases/products.js";
import { programs } from "../../test/graph/gradient-cases/programs.js";
import { rearrangements } from "../../test/graph/gradient-cases/rearrangements.js";
import { reductions } from "../../test/graph/gradient-cases/reductions.js";
import { secondOrder } from "../../test/graph/gradient-cases/second-order.js";
import { sequences } from "../../test/graph/gradient-cases/sequences.js";
import { gradients } from "./gradients.js";
import { Graph } from "./graph.js";
import * as operators from "./ops/index.js";
import type { Tensor } from "./tensor.js";

/** Operators through which no gradient flows. Everything else that ops/index.ts exports needs a case in test/graph/gradient-cases. */
const WITHOUT_GRADIENT = [
  "resize",
  ...["equal", "greater", "greaterOrEqual", "less", "lessOrEqual", "not", "isNaN"],
  ...["sign", "floor", "detach", "gather", "loop", "shapeOf", "encodeLabels"],
  ...["range", "smallest", "treeSum"],
];

describe("derivatives agree with finite differences", () => {
  describe.each([
    ["element by element", elementwise],
    ["two operands", binary],
    ["matrix products", products],
    ["sequences", sequences],
    ["reductions", reductions],
    ["rearrangements", rearrangements],
    ["convolutions and pooling", convolutions],
    ["whole programs", programs],
    ["second derivatives", secondOrder],
  ])("%s", (_, cases) => {
    it.each(cases)("$name", compareWithFiniteDifferences);
  });

  it("covers every operator", () => {
    const exported = Object.keys(operators);
    expect(exported.filter((name) => !called.has(name) && !WITHOUT_GRADIENT.includes(name))).toEqual([]);
    expect(WITHOUT_GRADIENT.filter((name) => !exported.includes(name))).toEqual([]);
  });
});

describe("kinks", () => {
  async function gradientAt(values: number[], build: (x: Tensor) => Tensor): Promise<number[]> {
    const graph = new Graph();
    const x = graph.input("x", "float32", [values.length]);
    graph.output("gradient", gradients(operators.sum(build(x)), [x])[0]!);
    const data = Float32Array.from(values);
    const { gradient } = await evaluate(graph, { x: { dtype: "float32", shape: [values.length], data } });
    return numbers(gradient!);
  }

  it("relu and leakyRelu take the lower slope at zero, as PyTorch does", async () => {
    expect(await gradientAt([0, -1, 2, 1e20, -1e20], operators.relu)).toEqual([0, 0, 1, 1, 0]);
    expectClose(await gradientAt([0, -1, 2], (x) => operators.leakyRelu(x, 0.25)), [0.25, 0.25, 1], 0);
  });

  it("clamp passes the gradient at its ends and nothing outside", async () => {
    expect(await gradientAt([-2, -1, 0, 1, 2], (x) => operators.clamp(x, -1, 1))).toEqual([0, 1, 1, 1, 0]);
  });

  it("detach passes values and no gradient, also beside an identity of the same tensor", async () => {
    const { add, detach, identity, mul } = operators;
    expect(await gradientAt([3, -2], (x) => mul(x, detach(x)))).toEqual([3, -2]);
    expect(await gradientAt([3, -2], (x) => add(detach(x), identity(x)))).toEqual([1, 1]);
    expect(await gradientAt([3, -2], (x) => add(identity(x), detach(x)))).toEqual([1, 1]);
  });

  it("tied maxima share one gradient", async () => {
    expect(await gradientAt([3, 1, 3], (x) => operators.max(x))).toEqual([0.5, 0, 0.5]);
  });

  it("tied operands: the first takes all", async () => {
    const { maximum, minimum, neg } = operators;
    expect(await gradientAt([0], (x) => maximum(x, neg(x)))).toEqual([1]);
    expect(await gradientAt([0], (x) => minimum(neg(x), x))).toEqual([-1]);
  });

  it("gradient penalties stay finite where a network's units are exactly at zero", async () => {
    const { leakyRelu, square, sum } = operators;
    const penalty = (x: Tensor) => square(gradients(sum(square(leakyRelu(x, 0.5))), [x])[0]!);
    // d/dx (2 s^2 x)^2 = 8 s^4 x
    expect(await gradientAt([0, 1, -1], penalty)).toEqual([0, 8, -0.5]);
  });
});

describe("gradients inside of a Loop body", () => {
  const { gather, loop, matmul, mean, mul, reshape, square, sub } = operators;
  const xs = [0.5, -1, 2, 0.25, 1.5, -0.75];
  const ys = [1, -2, 0.5];
  /** Least squares with three rows, by hand: loss and gradient at w. */
  function leastSquares(w: readonly number[]): { loss: number; gradient: number[] } {
    const residuals = ys.map((y, row) => xs[2 * row]! * w[0]! + xs[2 * row + 1]! * w[1]! - y);
    return {
      loss: residuals.reduce((total, r) => total + r * r, 0) / 3,
      gradient: [0, 1].map((k) =>
        residuals.reduce((total, r, row) => total + (2 / 3) * r * xs[2 * row + k]!, 0),
      ),
    };
  }
  const setup = () => {
    const graph = new Graph();
    const x = graph.initializer("x", "float64", [3, 2], Float64Array.from(xs));
    const y = graph.initializer("y", "float64", [3], Float64Array.from(ys));
    const w = graph.initializer("w", "float64", [2], Float64Array.of(0.3, -0.2));
    const loss = (at: Tensor) => mean(square(sub(reshape(matmul(x, reshape(at, [2, 1])), [3]), y)));
    return { graph, w, loss };
  };

  it("descends: the carried value is differentiated, the data are captured", async () => {
    const { graph, w, loss } = setup();
    const { carried, collected } = loop(graph, graph.index(5), [w], (_, [current]) => {
      const value = loss(current!);
      return { carried: [sub(current!, mul(gradients(value, [current!])[0]!, 0.1))], collected: [value] };
    });
    graph.output("w_out", carried[0]!);
    graph.output("losses", collected[0]!);
    const result = await evaluate(graph, {});

    let expected = [0.3, -0.2];
    const losses: number[] = [];
    for (let step = 0; step < 5; step++) {
      const { loss: value, gradient } = leastSquares(expected);
      losses.push(value);
      expected = expected.map((weight, k) => weight - 0.1 * gradient[k]!);
    }
    expectClose(numbers(result.w_out!), expected, 1e-12);
    expectClose(numbers(result.losses!), losses, 1e-12);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  it("differentiates with respect to a captured value", async () => {
    const { graph, w, loss } = setup();
    const factors = graph.initializer("factors", "float64", [3], Float64Array.of(1, 2, -1));
    const { collected } = loop(graph, graph.index(3), [], (step) => {
      const scaled = loss(mul(w, gather(factors, step)));
      return { carried: [], collected: gradients(scaled, [w]) };
    });
    graph.output("gradients", collected[0]!);
    const result = await evaluate(graph, {});
    const expected = [1, 2, -1].flatMap((factor) =>
      leastSquares([0.3 * factor, -0.2 * factor]).gradient.map((value) => value * factor),
    );
    expectClose(numbers(result.gradients!), expected, 1e-12);
  });
});

describe("what cannot be differentiated", () => {
  const { add, cast, floor, gather, loop, mul, square, sum } = operators;
  const setup = () => {
    const graph = new Graph();
    return { graph, x: graph.input("x", "float32", [3]), other: graph.input("other", "float32", [3]) };
  };

  it("a loss that is not a floating-point scalar", () => {
    const { x } = setup();
    expect(() => gradients(x, [x])).toThrow(
      new TypeError("Only a scalar can be differentiated, and the loss has the shape [3]."),
    );
    expect(() => gradients(cast(sum(x), "int64"), [x])).toThrow("A loss of int64 cannot be differentiated.");
  });

  it("a target that the loss does not depend on", () => {
    const { x, other } = setup();
    expect(() => gradients(sum(x), [x, other])).toThrow("The loss does not depend on other.");
    expect(() => gradients(sum(floor(x)), [x])).toThrow("The loss does not depend on x.");
    expect(() => gradients(sum(cast(cast(x, "int64"), "float32")), [x])).toThrow(
      "The loss does not depend on x.",
    );
  });

  it("a way through an operator without a derivative", () => {
    const { graph, x } = setup();
    const picked = gather(x, graph.index(1));
    expect(() => gradients(sum(picked), [x])).toThrow("Gather has no derivative.");
    // Next to the way, it does no harm.
    expect(() =>
      gradients(sum(mul(square(x), gather(graph.input("y", "float32", [3]), graph.index(1)))), [x]),
    ).not.toThrow();
  });

  it("a way through a Loop, whether fed, carried or captured", () => {
    const { graph, x, other } = setup();
    const looped = (body: (carried: Tensor, scope: Graph) => Tensor) =>
      loop(graph, graph.index(2), [other], (_, [carried], scope) => ({
        carried: [body(carried!, scope)],
        collected: [],
      })).carried[0]!;
    const fed = loop(graph, graph.index(2), [x], (_, [carried]) => ({
      carried: [square(carried!)],
      collected: [],
    }));
    expect(() => gradients(sum(add(x, fed.carried[0]!)), [x])).toThrow("Loop has no derivative.");
    expect(() =>
      gradients(
        sum(
          add(
            x,
            looped((carried) => mul(carried, x)),
          ),
        ),
        [x],
      ),
    ).toThrow("Loop has no derivative.");
    expect(() =>
      gradients(
        sum(
          add(
            x,
            looped(() => square(x)),
          ),
        ),
        [x],
      ),
    ).toThrow("Loop has no derivative.");
    const nested = looped(
      (carried, scope) =>
        loop(scope, graph.index(2), [carried], (_, [inner]) => ({ carried: [mul(inner!, x)], collected: [] }))
          .carried[0]!,
    );
    expect(() => gradients(sum(add(x, nested)), [x])).toThrow("Loop has no derivative.");
    const unrelated = looped((carried) => square(carried));
    expect(() => gradients(sum(mul(x, unrelated)), [x])).not.toThrow();
  });
});
