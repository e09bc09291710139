import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadNativeRuntime } from "../runtime/node/native.js";
import type { Runtime, TensorValue } from "../runtime/port.js";
import {
  add,
  cast,
  clamp,
  concat,
  div,
  encodeLabels,
  exp,
  expand,
  Graph,
  gather,
  gemm,
  gradients,
  greater,
  leakyRelu,
  loop,
  matmul,
  max,
  maximum,
  mean,
  mul,
  neg,
  reshape,
  type Shape,
  serialize,
  shapeOf,
  split,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  where,
} from "./index.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

async function evaluate(
  graph: Graph,
  feeds: Record<string, TensorValue> = {},
): Promise<Record<string, number[]>> {
  const session = await runtime.createSession(serialize(graph));
  try {
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [
        name,
        Array.from(data as ArrayLike<number>, Number),
      ]),
    );
  } finally {
    await session.release();
  }
}

const float32 = (shape: readonly number[], ...values: number[]): TensorValue => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});
const nodeTypes = (graph: Graph): string[] => graph.nodes.map(({ operator }) => operator.type);

function example(): { graph: Graph; x: Tensor; w: Tensor } {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", 3]);
  const w = graph.initializer("w", "float32", [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
  return { graph, x, w };
}

describe("one value, one node", () => {
  it("gives the same tensor for the same operator on the same tensors", () => {
    const { graph, x, w } = example();
    expect(matmul(x, w)).toBe(matmul(x, w));
    expect(add(x, 1)).toBe(add(x, 1));
    expect(split(x, 1, [1, 2])[1]).toBe(split(x, 1, [1, 2])[1]);
    expect(graph.nodes).toHaveLength(3);
  });

  it("tells operators, operands, attributes and types apart", () => {
    const { x, w } = example();
    const different = [
      gemm(x, w),
      gemm(w, x, { transA: true, transB: true }),
      gemm(x, x, { transB: true }),
      leakyRelu(x, 0.1),
      leakyRelu(x, 0.2),
      add(x, 1),
      add(x, 2),
      sub(x, 1),
      sub(1, x),
      sum(x, [1]),
      sum(x, [1], { keepDims: true }),
      mean(x, [1]),
    ];
    expect(new Set(different).size).toBe(different.length);
  });

  it("keeps open lengths of different names apart", () => {
    const { x } = example();
    expect(reshape(x, ["windows", 1, 3]).shape).toEqual(["windows", 1, 3]);
    expect(reshape(x, ["rows", 1, 3]).shape).toEqual(["rows", 1, 3]);
  });

  it("shares equal small constants, but not 0 and -0, nor other types or shapes", () => {
    const graph = new Graph();
    expect(graph.scalar(2)).toBe(graph.scalar(2));
    expect(graph.scalar(Number.NaN)).toBe(graph.scalar(Number.NaN));
    const different = [
      graph.scalar(0),
      graph.scalar(-0),
      graph.scalar(0, "float64"),
      graph.index(0),
      graph.indices([0]),
      graph.constant("float32", [1], Float32Array.of(0)),
      graph.constant("string", [1], ["0"]),
    ];
    expect(new Set(different).size).toBe(different.length);
  });

  it("works inside of a Loop body as well", () => {
    const { graph, x } = example();
    loop(graph, graph.index(2), [x], (_, [carried], scope) => {
      expect(square(carried!)).toBe(square(carried!));
      expect(scope.nodes).toHaveLength(1);
      return { carried: [square(carried!)], collected: [] };
    });
  });
});

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
    const { y } = await evaluate(graph, { x: float32([2], 0, 1) });
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
      evaluate(graph, { steps: { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(count)) } });
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
    const { x: _x, ...results } = await evaluate(graph, { x: float32([0, 3]) });
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
    expect(await evaluate(graph)).toEqual({ y: [120] });
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
    const { y, sums } = await evaluate(graph, { x: float32([2], 1, -0.5) });

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
    expect((await evaluate(graph, { x: float32([], 0) })).y![0]).toBeCloseTo(Math.E ** 2, 4);
  });

  it("lets inputs, initializers and one value under two names leave", async () => {
    const { graph, x, w } = example();
    const product = matmul(x, w);
    graph.output("x_again", x);
    graph.output("w_again", w);
    graph.output("product", product);
    graph.output("product_again", product);
    graph.output("more", add(product, 1));
    expect(await evaluate(graph, { x: float32([1, 3], 1, 0, -1) })).toEqual({
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
    expect(await evaluate(graph, { x: float32([0, 3]) })).toEqual({ distance: [], flat: [], gradient: [] });
  });
});

describe("names", () => {
  it("are given out once", () => {
    const { graph } = example();
    expect(() => graph.input("x", "float32", [])).toThrow("The name x is taken.");
    expect(() => graph.output("w", graph.scalar(1))).toThrow("The name w is taken.");
    expect(() => graph.initializer("x", "float32", [], Float32Array.of(1))).toThrow("The name x is taken.");
  });

  it("never clash with those of nodes and constants, in whatever order they come", async () => {
    const graph = new Graph();
    for (const name of ["Add_0", "Add_1", "constant_2"]) graph.input(name, "float32", []);
    let y: Tensor = graph.inputs[0]!;
    for (let k = 0; k < 4; k++) y = add(y, k + 0.5);
    for (const tensor of [...graph.nodes.flatMap(({ outputs }) => outputs), ...graph.initializers]) {
      expect(() => graph.input(tensor.name, "float32", [])).toThrow("is taken");
    }
    graph.output("y", y);
    const zero = float32([], 0);
    expect(await evaluate(graph, { Add_0: zero, Add_1: zero, constant_2: zero })).toEqual({ y: [8] });
  });
});

describe("mistakes are found when the graph is built", () => {
  const { graph, x, w } = example();
  const wide = graph.input("wide", "float64", ["rows", 3]);
  const cases: [what: string, build: () => unknown, message: string][] = [
    [
      "broadcasting",
      () => add(x, w),
      "Add([rows, 3], [3, 2]): Shapes [rows, 3] and [3, 2] cannot be broadcast",
    ],
    [
      "element types",
      () => mul(x, wide),
      "Mul([rows, 3], [rows, 3]): element types float32 and float64 differ.",
    ],
    ["gemm", () => gemm(x, w, { transB: true }), "Gemm([rows, 3], [3, 2]): inner lengths 3 and 2 differ."],
    [
      "gemm of types",
      () => gemm(wide, w),
      "Gemm([rows, 3], [3, 2]): element types float64 and float32 differ.",
    ],
    ["gemm of vectors", () => gemm(x, sum(w, [1])), "Gemm([rows, 3], [3]): matrices have two axes."],
    [
      "matmul",
      () => matmul(reshape(w, [2, 3, 1]), reshape(w, [3, 1, 2])),
      "MatMul([2, 3, 1], [3, 1, 2]): Shapes [2] and [3] cannot be broadcast together.",
    ],
    ["matmul of ranks", () => matmul(reshape(w, [1, 3, 2]), w), "MatMul([1, 3, 2], [3, 2]): batches of"],
    ["where", () => where(greater(x, 0), x, w), "Where([rows, 3], [rows, 3], [3, 2]): Shapes"],
    ["sum", () => sum(x, [2]), "ReduceSum([rows, 3], [1]): axis 2 does not exist in [rows, 3]."],
    ["mean", () => mean(x, [-3]), "ReduceMean([rows, 3], [1]): axis -3 does not exist in [rows, 3]."],
    ["max", () => max(x, [1, 5]), "ReduceMax([rows, 3], [2]): axis 5 does not exist in [rows, 3]."],
    ["reshape", () => reshape(w, [4, 2]), "Reshape([3, 2], [2]): 6 elements do not fit the shape [4, 2]."],
    ["two open lengths", () => reshape(x, ["a", "b"]), "[a, b] has more than one open length."],
    ["transpose", () => transpose(w, [0]), "Transpose([3, 2]): the order [0] does not fit."],
    ["transpose twice", () => transpose(w, [1, 1]), "Transpose([3, 2]): the order [1,1] does not fit."],
    ["expand", () => expand(w, [3, 4]), "Expand([3, 2], [2]): Shapes [3, 2] and [3, 4] cannot be broadcast"],
    ["expand to less", () => expand(w, [1, 2]), "Expand([3, 2], [2]): only axes of length 1 can be repeated"],
    ["expand, open", () => expand(sum(x, [0]), ["rows", 3]), "[rows, 3] has an open length."],
    [
      "concat",
      () => concat([w, transpose(w, [1, 0])], 0),
      "Concat([3, 2], [2, 3]): shapes differ off the axis.",
    ],
    ["concat, axis", () => concat([w, w], 2), "Concat([3, 2], [3, 2]): axis 2 does not exist in [3, 2]."],
    ["concat of nothing", () => concat([], 0), "Concat: there is nothing to put together."],
    [
      "concat of types",
      () => concat([cast(w, "float64"), w], 0),
      "Concat([3, 2], [3, 2]): element types float64",
    ],
    ["split", () => split(w, 0, [1, 1]), "Split([3, 2], [2]): parts of 1 + 1 do not add up."],
    ["split into one", () => split(w, 0, [2]), "Split([3, 2], [1]): parts of 2 do not add up."],
    ["gather", () => gather(w, graph.index(0), 2), "Gather([3, 2], []): axis 2 does not exist in [3, 2]."],
    ["leakyRelu", () => leakyRelu(x, 1.5), "LeakyRelu: the slope 1.5 is not between 0 and 1."],
    [
      "encodeLabels",
      () => encodeLabels(x, ["a"], 0),
      "LabelEncoder([rows, 3]): texts are encoded, not float32.",
    ],
    ["two numbers", () => add(1, 2), "One of the operands has to be a tensor."],
    [
      "a number and a flag",
      () => add(greater(x, 0), 1),
      "A number cannot be combined with a tensor of bool.",
    ],
    [
      "an initializer's length",
      () => graph.initializer("v", "float32", [2, 2], new Float32Array(3)),
      "v has 3 elements, but its shape is [2, 2].",
    ],
    [
      "an initializer's contents",
      () => graph.initializer("v", "float32", [2], new Float64Array(2)),
      "v is of float32, which is given as Float32Array.",
    ],
    [
      "an open initializer",
      () => graph.initializer("v", "float32", ["rows"], new Float32Array(2)),
      "v has 2 elements, but its shape is [rows].",
    ],
  ];
  it.each(cases)("%s", (_, build, message) => {
    expect(build).toThrow(TypeError);
    expect(build).toThrow(message);
  });
});

describe("axes counted from the end", () => {
  it("mean the same as from the front", async () => {
    const { graph, x, w } = example();
    expect(sum(x, [-1]).shape).toEqual(["rows"]);
    expect(concat([x, x], -1).shape).toEqual(["rows", 6]);
    expect(split(x, -1, [1, 2]).map(({ shape }) => shape)).toEqual([
      ["rows", 1],
      ["rows", 2],
    ]);
    expect(gather(w, graph.indices([0, 1, 0]), -1).shape).toEqual([3, 3]);
    graph.output("concat", concat([w, w], -1));
    graph.output("gather", gather(w, graph.indices([1]), -1));
    graph.output("shape", shapeOf(concat([x, x], -1)));
    expect(await evaluate(graph, { x: float32([2, 3], 1, 2, 3, 4, 5, 6) })).toEqual({
      concat: [1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6],
      gather: [2, 4, 6],
      shape: [2, 6],
    });
  });
});

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
              const length = node.shape.reduce((product, dim) => product * dim, 1);
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
        const { y } = await evaluate(graph, feeds);
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
    expect(await evaluate(graph, { x: float32([2, 1], 3, 0.5) })).toEqual({ y: [1, 1, 0.5, 0.5] });
  });
});
