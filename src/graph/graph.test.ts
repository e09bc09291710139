import { describe, expect, it } from "vitest";
import { evaluateNumbers, example, float32 } from "../../test/graph/evaluate.js";
import {
  add,
  cast,
  concat,
  encodeLabels,
  expand,
  Graph,
  gather,
  gemm,
  greater,
  leakyRelu,
  loop,
  matmul,
  max,
  mean,
  mul,
  reshape,
  shapeOf,
  split,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  where,
} from "./index.js";

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
    expect(await evaluateNumbers(graph, { Add_0: zero, Add_1: zero, constant_2: zero })).toEqual({ y: [8] });
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
    expect(await evaluateNumbers(graph, { x: float32([2, 3], 1, 2, 3, 4, 5, 6) })).toEqual({
      concat: [1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6],
      gather: [2, 4, 6],
      shape: [2, 6],
    });
  });
});
