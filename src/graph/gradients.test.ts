import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import type { Runtime, TensorValue } from "../runtime/port.js";
import { gradients } from "./gradients.js";
import { Graph } from "./graph.js";
import { serialize } from "./onnx/serialize.js";
import * as operators from "./ops/index.js";
import type { Shape, Tensor } from "./tensor.js";

/** Operators through which no gradient flows. Everything else that ops/index.ts exports needs a case below. */
const WITHOUT_GRADIENT = [
  "resize",
  ...["equal", "greater", "greaterOrEqual", "less", "lessOrEqual", "not", "isNaN"],
  ...["sign", "floor", "detach", "gather", "loop", "shapeOf", "encodeLabels"],
  ...["range", "smallest", "treeSum"],
];

type Float = "float32" | "float64";
type Operators = typeof operators;
/** Adds up a tensor with a different factor for every element, so that no two errors cancel. */
type Weigh = (y: Tensor) => Tensor;
type Build = (ops: Operators, x: Record<string, Tensor>, graph: Graph, weigh: Weigh) => Tensor;

interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly build: Build;
  /** float64 unless ONNX Runtime has no kernel for it. */
  readonly dtype?: Float;
  /** Element types of single inputs, where they differ. */
  readonly dtypes?: Readonly<Record<string, Float>>;
  /** From a uniform number and a position; by default of size 0.3 to 1.5 and either sign, away from kinks at 0. */
  readonly value?: (uniform: number, index: number) => number;
}

/** What the symbolic lengths in a case's shapes stand for. */
const LENGTHS: Readonly<Record<string, number>> = { rows: 4, columns: 3 };

const called = new Set<string>();

/** The operators, which remember that they were called by a case. */
const recorded = Object.fromEntries(
  Object.entries(operators).map(([name, operator]) => [
    name,
    (...args: unknown[]) => {
      called.add(name);
      return (operator as (...args: unknown[]) => unknown)(...args);
    },
  ]),
) as unknown as Operators;

const signed = (uniform: number): number =>
  uniform < 0.5 ? -0.3 - 2.4 * uniform : 0.3 + 2.4 * (uniform - 0.5);
const between =
  (low: number, high: number) =>
  (uniform: number): number =>
    low + uniform * (high - low);
/** Every element in a cell of its own: no two within 0.05 of each other. */
const distinct = (uniform: number, index: number): number =>
  (((index * 7) % 24) - 11.5) * 0.2 + 0.1 * uniform;

const unary = (
  name: string,
  build: (ops: Operators, x: Tensor) => Tensor,
  options: Partial<Case> = {},
): Case => ({ name, inputs: { x: [2, 3] }, build: (ops, { x }) => build(ops, x!), ...options });

const elementwise: Case[] = [
  unary("neg", (o, x) => o.neg(x)),
  unary("sqrt", (o, x) => o.sqrt(x), { value: between(0.4, 3) }),
  unary("exp", (o, x) => o.exp(x)),
  unary("log", (o, x) => o.log(x), { value: between(0.4, 3) }),
  unary("abs", (o, x) => o.abs(x)),
  unary("sigmoid", (o, x) => o.sigmoid(x)),
  unary("tanh", (o, x) => o.tanh(x)),
  unary("relu", (o, x) => o.relu(x)),
  unary("leakyRelu", (o, x) => o.leakyRelu(x, 0.1), { dtype: "float32" }),
  unary("leakyRelu with slope 0", (o, x) => o.leakyRelu(x, 0), { dtype: "float32" }),
  unary("elu", (o, x) => o.elu(x), { dtype: "float32" }),
  unary("identity", (o, x) => o.identity(x)),
  unary("square", (o, x) => o.square(x)),
  unary("mul of a tensor with itself", (o, x) => o.mul(x, x)),
  unary("clamp", (o, x) => o.clamp(x, -0.8, 0.7), { inputs: { x: [12] }, value: (_, k) => (k - 5.7) / 4 }),
  unary("cast to float32 and back", (o, x) => o.cast(o.square(o.cast(x, "float32")), "float64"), {
    dtypes: { x: "float64" },
    dtype: "float32",
  }),
  unary("cast to float64 and back", (o, x) => o.cast(o.exp(o.cast(x, "float64")), "float32"), {
    dtype: "float32",
  }),
  unary("a float that also passes an integer", (o, x) =>
    o.mul(x, o.cast(o.cast(o.mul(x, 10), "int64"), "float64")),
  ),
  unary("floor and sign, flat between jumps", (o, x) => o.mul(x, o.add(o.sign(x), o.floor(o.mul(x, 4)))), {
    value: (_, k) => (k - 2.6) / 4,
  }),
  {
    name: "where, both branches",
    inputs: { a: [2, 3], b: [2, 3] },
    build: (o, { a, b }) => o.where(o.greater(a!, 0), o.square(a!), o.mul(a!, b!)),
  },
  {
    name: "where, branches and condition broadcast",
    inputs: { a: [3], b: [2, 1] },
    build: (o, { a, b }, graph) =>
      o.where(graph.constant("bool", [2, 2, 3], Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0)), a!, b!),
  },
  {
    name: "where with a number",
    inputs: { a: [2, 3] },
    build: (o, { a }) => o.add(o.where(o.less(a!, 0), a!, 2), o.where(o.less(a!, 0), 2, o.square(a!))),
  },
];

const broadcasts: [string, Shape, Shape][] = [
  ["same shape", [2, 3], [2, 3]],
  ["right repeated", [2, 3], [3]],
  ["left repeated", [3], [2, 3]],
  ["both repeated", [2, 1], [1, 3]],
  ["higher rank", [2], [2, 3, 1]],
  ["scalar", [2, 3], []],
  ["open length", ["rows", 3], [3]],
  ["open length against one", [1, 3], ["rows", 1]],
];
const binary = (["add", "sub", "mul", "div", "maximum", "minimum"] as const).flatMap((operator) => [
  ...broadcasts.map(
    ([how, a, b]): Case => ({
      name: `${operator}, ${how}`,
      inputs: { a, b },
      build: (o, x) => o[operator](x.a!, x.b!),
      // The second operand's first element has index 0 as well: shifted, so that maxima are never tied.
      value: (uniform, index) => signed((uniform + index * 0.381966) % 1),
    }),
  ),
  unary(`${operator} with a number`, (o, x) => o[operator](x, 0.6), { value: distinct }),
  unary(`${operator} of a number`, (o, x) => o[operator](0.6, x), { value: distinct }),
  unary(`${operator} of a repeated tensor and a number`, (o, x) =>
    o.mul(o[operator](o.expand(o.reshape(x, [2, 1, 3]), [2, 2, 3]), 0.6), 3),
  ),
  {
    name: `${operator} of repeated tensors`,
    inputs: { a: [2, 1], b: [1, 3] },
    value: (uniform: number, index: number) => signed((uniform + index * 0.381966) % 1),
    build: (o: Operators, { a, b }: Record<string, Tensor>) =>
      o[operator](o.expand(a!, [2, 3]), o.expand(b!, [2, 3])),
  },
]);

const gemms = [false, true].flatMap((transA) =>
  [false, true].map(
    (transB): Case => ({
      name: `gemm${transA ? ", A transposed" : ""}${transB ? ", B transposed" : ""}`,
      inputs: { a: transA ? [4, 2] : [2, 4], b: transB ? [3, 4] : [4, 3] },
      build: (o, { a, b }) => o.gemm(a!, b!, { transA, transB }),
    }),
  ),
);

const products: Case[] = [
  ...gemms,
  {
    name: "gemm with open rows",
    inputs: { a: ["rows", 2], b: [3, 2] },
    build: (o, { a, b }) => o.gemm(a!, b!, { transB: true }),
  },
  {
    name: "matmul in batches, one side repeated",
    inputs: { a: [1, 2, 1, 2, 3], b: [3, 2, 2, 3, 2] },
    build: (o, { a, b }) => o.add(o.matmul(a!, b!), o.sum(o.matmul(b!, o.transpose(b!, [0, 1, 2, 4, 3])))),
  },
  { name: "matmul", inputs: { a: [2, 3], b: [3, 4] }, build: (o, { a, b }) => o.matmul(a!, b!) },
  {
    name: "matmul in batches",
    inputs: { a: ["rows", 2, 3], b: ["rows", 3, 2] },
    build: (o, { a, b }) => o.matmul(a!, b!),
  },
  {
    name: "matmul in batches on two axes",
    inputs: { a: [2, 2, 1, 3], b: [2, 2, 3, 2] },
    build: (o, { a, b }) => o.matmul(a!, b!),
  },
  {
    name: "squaredDistance",
    inputs: { x: ["rows", 3], c: [3] },
    build: (o, { x, c }) => o.squaredDistance(x!, c!),
  },
];

const sequences: Case[] = [
  unary("softmax", (o, x) => o.softmax(x)),
  unary("softmax in batches", (o, x) => o.softmax(x), { inputs: { x: ["rows", 2, 3] } }),
  unary("rmsNormalize", (o, x) => o.rmsNormalize(x, 0.1), { inputs: { x: ["rows", 2, 3] } }),
  {
    name: "attention",
    inputs: { q: ["rows", 3, 2], k: ["rows", 3, 2], v: ["rows", 3, 2] },
    build: (o, { q, k, v }) => o.attention(q!, k!, v!),
  },
  unary("attention to oneself", (o, x) => o.attention(x, x, x), { inputs: { x: [2, 2, 3, 2] } }),
  unary("pad", (o, x) => o.pad(x, -1, 2, 1)),
  unary("pad of nothing", (o, x) => o.pad(x, 1, 0, 0)),
  ...[
    [7, 3, 1],
    [7, 3, 2],
    [8, 5, 2],
    [9, 3, 3],
    [9, 2, 2],
    [4, 4, 1],
  ].map(([steps, length, stride]) =>
    unary(
      `windows of ${length} of ${steps} steps at a distance of ${stride}`,
      (o, x) => o.windows(x, length!, stride),
      {
        inputs: { x: ["rows", steps!, 2] },
      },
    ),
  ),
  ...(["rows", 3] as const).flatMap((rows): Case[] => [
    {
      name: `lstm, its last state, ${rows} rows`,
      inputs: { gates: [5, rows, 8], weight: [2, 8] },
      build: (o, { gates, weight }) => o.lstm(gates!, weight!).last,
    },
    {
      name: `lstm, all states, ${rows} rows`,
      inputs: { gates: [5, rows, 8], weight: [2, 8] },
      build: (o, { gates, weight }) => o.lstm(gates!, weight!).all,
    },
  ]),
  {
    name: "lstm, both, of gates and weights with a common origin",
    inputs: { x: [5, 3, 2], weight: [2, 8] },
    build: (o, { x, weight }, _, weigh) => {
      const gates = o.reshape(o.gemm(o.reshape(x!, [15, 2]), weight!), [5, 3, 8]);
      const { last, all } = o.lstm(gates, weight!);
      return o.add(weigh(all), weigh(last));
    },
  },
];

const reductions = (["sum", "mean", "max"] as const).flatMap((operator) => {
  const axesCases: [string, Shape, readonly number[] | undefined][] = [
    ["over everything", [2, 3], undefined],
    ["over the first axis", [2, 3], [0]],
    ["over the last axis", [2, 3, 2], [-1]],
    ["over two axes", [2, 3, 2], [0, 2]],
    ["over no axis", [2, 3], []],
    ["over an axis of length 1", [2, 1, 3], [1]],
    ["over a fixed axis beside an open one", ["rows", 3], [1]],
    ["over an open axis", ["rows", 3], [0]],
    ["over everything, with an open axis", ["rows", 3], undefined],
    ["of a scalar", [], undefined],
  ];
  return axesCases.flatMap(([how, shape, axes]) =>
    [false, true].map(
      (keepDims): Case => ({
        name: `${operator} ${how}${keepDims ? ", axes kept" : ""}`,
        inputs: { x: shape },
        build: (o, { x }) => o[operator](x!, axes, { keepDims }),
        value: distinct,
      }),
    ),
  );
});

const rearrangements: Case[] = [
  unary("meanOver", (o, x) => o.meanOver(x, -1)),
  unary("sumTo a row", (o, x) => o.sumTo(x, [3])),
  unary("sumTo a column", (o, x) => o.sumTo(x, [2, 1])),
  unary("sumTo a scalar", (o, x) => o.sumTo(x, [])),
  unary("sumTo its own shape", (o, x) => o.sumTo(x, [2, 3])),
  unary("reshape", (o, x) => o.reshape(x, [3, 1, 2])),
  unary("reshape with an open length", (o, x) => o.reshape(x, ["rows", 2, 3]), {
    inputs: { x: ["rows", 6] },
  }),
  unary("transpose", (o, x) => o.transpose(x, [1, 0])),
  unary("transpose of four axes", (o, x) => o.transpose(x, [2, 0, 3, 1]), { inputs: { x: [2, 3, 1, 2] } }),
  unary("expand", (o, x) => o.expand(x, [2, 4, 3]), { inputs: { x: [4, 1] } }),
  {
    name: "expand to an open length",
    inputs: { x: [1, 3], model: ["rows", 3] },
    build: (o, { x, model }) => o.sub(o.exp(o.expand(x!, ["rows", 3], model!)), model!),
  },
  {
    name: "concat",
    inputs: { a: [2, 3], b: [2, 1], c: [2, 2] },
    build: (o, { a, b, c }) => o.concat([a!, b!, o.square(c!)], 1),
  },
  {
    name: "concat along a negative axis, of one tensor twice",
    inputs: { a: ["rows", 2] },
    build: (o, { a }) => o.concat([a!, a!], -1),
  },
  unary(
    "split, all parts used",
    (o, x) => {
      const [a, b, c] = o.split(x, 1, [2, 1, 3]) as [Tensor, Tensor, Tensor];
      return o.add(o.mul(a, b), o.sum(o.square(c)));
    },
    { inputs: { x: [2, 6] } },
  ),
  unary("split, one part used", (o, x) => o.exp(o.split(x, -1, [1, 3])[1]!), { inputs: { x: ["rows", 4] } }),
];

const convolution = (
  name: string,
  x: Shape,
  weight: Shape,
  options: operators.ConvOptions,
  operator: "conv" | "convTranspose" = "conv",
): Case => ({
  name: `${operator}, ${name}`,
  inputs: { x, weight },
  dtype: "float32",
  build: (o, { x, weight }) => o[operator](x!, weight!, options),
});

const convolutions: Case[] = [
  convolution("one spatial axis", [2, 3, 7], [4, 3, 3], {}),
  convolution("two spatial axes, padded", [2, 2, 5, 4], [3, 2, 3, 3], { pads: 1 }),
  convolution("many channels", [2, 16, 3, 4], [2, 16, 3, 2], { pads: [1, 1, 1, 0] }),
  convolution("many channels, unpadded", [1, 17, 4, 4], [2, 17, 3, 3], {}),
  convolution("causal and dilated", [2, 2, 9], [3, 2, 2], { pads: [4, 0], dilations: 4 }),
  convolution("strides that leave nothing over", [2, 2, 7], [3, 2, 3], { strides: 2 }),
  convolution("strides that leave rows over", [2, 2, 8, 9], [3, 2, 3, 2], { strides: 3, pads: 1 }),
  convolution("strides and dilations", [2, 1, 12], [2, 1, 3], { strides: 2, dilations: 2, pads: [1, 2] }),
  convolution("one axis", [2, 3, 5], [3, 2, 3], {}, "convTranspose"),
  convolution("cropped", [2, 2, 4, 3], [2, 3, 3, 3], { pads: 1 }, "convTranspose"),
  convolution("strided and dilated", [2, 2, 4], [2, 3, 3], { strides: 2, dilations: 2 }, "convTranspose"),
  ...(["few", "none"] as const).map(
    (left): Case => ({
      name: `patches, ${left === "few" ? "some positions in several or in none" : "all zeros but one"}`,
      inputs: { x: [4, 2, 3] },
      build: (o, { x }) =>
        o.square(
          o.patches(
            x!,
            left === "few"
              ? [
                  [0, 1, -1],
                  [1, 3, 1],
                ]
              : [
                  [-1, 2],
                  [-1, -1],
                ],
          ),
        ),
    }),
  ),
  ...[
    [2, 2, 6],
    [2, 2, 4, 6],
    [1, 2, 5, 7],
  ].map(
    (shape): Case => ({
      name: `maxPool of [${shape}]`,
      inputs: { x: shape },
      dtype: "float32",
      build: (o, { x }) => o.square(o.maxPool(x!, 2)),
      value: (uniform, index) => ((index * 37) % 101) * 0.03 - 1.5 + 0.01 * uniform,
    }),
  ),
];

const programs: Case[] = [
  {
    name: "three-layer network with a squared distance",
    dtype: "float32",
    inputs: { x: ["rows", 3], w1: [3, 4], w2: [4, 4], w3: [4, 2], c: [2] },
    build: (o, { x, w1, w2, w3, c }) => {
      const hidden = o.leakyRelu(o.matmul(o.leakyRelu(o.matmul(x!, w1!), 0.1), w2!), 0.1);
      return o.mean(o.squaredDistance(o.matmul(hidden, w3!), c!));
    },
  },
  {
    name: "a value used by several consumers",
    inputs: { x: [3] },
    build: (o, { x }) => {
      const y = o.tanh(x!);
      return o.add(o.mul(y, x!), o.div(o.exp(y), o.add(o.square(y), 1)));
    },
  },
  {
    name: "standardised columns",
    inputs: { x: ["rows", 3] },
    build: (o, { x }) => {
      const centred = o.sub(x!, o.mean(x!, [0], { keepDims: true }));
      return o.div(centred, o.sqrt(o.add(o.mean(o.square(centred), [0], { keepDims: true }), 1e-3)));
    },
  },
  {
    name: "log-sum-exp with the maximum taken out",
    inputs: { x: [2, 5] },
    value: distinct,
    build: (o, { x }) => {
      const top = o.max(x!, [1], { keepDims: true });
      return o.add(o.log(o.sum(o.exp(o.sub(x!, top)), [1], { keepDims: true })), top);
    },
  },
];

/** Gradients are graphs: those of these are compared with finite differences of the first gradient. */
const secondOrder = [
  ...elementwise,
  ...binary.filter(({ name }) => /same shape|right repeated|open length$/.test(name)),
  ...gemms,
  ...sequences.filter(({ name }) => !name.startsWith("lstm")),
  ...reductions.filter(({ name }) => /over (everything|the last axis)$/.test(name)),
  ...convolutions.filter(({ name }) => name.startsWith("conv")),
  ...programs,
].map(
  (first): Case => ({
    ...first,
    name: `gradient of ${first.name}`,
    build: (_, x, graph, weigh) => {
      const { add, cast, square } = operators;
      const y = first.build(operators, x, graph, weigh);
      // Squared, so that linear operators have a second derivative too.
      return gradients(weigh(square(y)), Object.values(x))
        .map((gradient) => cast(weigh(gradient), "float64"))
        .reduce((total, value) => add(total, value));
    },
  }),
);

function fixed(shape: Shape): number[] {
  return shape.map((dim) => (typeof dim === "number" ? dim : LENGTHS[dim]!));
}

const count = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function typed(dtype: string, values: readonly number[]): Float32Array | Float64Array {
  return dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
}

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

async function evaluate(
  graph: Graph,
  feeds: Record<string, TensorValue>,
): Promise<Record<string, TensorValue>> {
  const session = await runtime.createSession(serialize(graph));
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

const numbers = ({ data }: TensorValue): number[] => Array.from(data as ArrayLike<number>, Number);

async function compareWithFiniteDifferences(test: Case): Promise<void> {
  const { inputs, build, dtype = "float64", dtypes = {}, value = signed } = test;
  const graph = new Graph();
  const feeds: Record<string, TensorValue> = {};
  const feed = (name: string, type: Float, shape: Shape, values: (index: number) => number): Tensor => {
    const lengths = fixed(shape);
    const data = typed(
      type,
      Array.from({ length: count(lengths) }, (_, k) => values(k)),
    );
    feeds[name] = { dtype: type, shape: lengths, data };
    return graph.input(name, type, shape);
  };
  const weigh: Weigh = (y) => {
    const weights = feed(graph.unique("weights"), y.dtype as Float, y.shape, (k) => 0.5 + ((k * 0.618) % 1));
    return operators.sum(operators.mul(y, weights));
  };
  const random = createRandom(1).stream(test.name);
  const x = Object.fromEntries(
    Object.entries(inputs).map(([name, shape], position) => [
      name,
      feed(name, dtypes[name] ?? dtype, shape, (k) => value(random.uniform(), k + position)),
    ]),
  );
  const loss = weigh(build(recorded, x, graph, weigh));
  const found = gradients(loss, Object.values(x));
  graph.output("loss", loss);
  Object.keys(inputs).forEach((name, k) => {
    // Not only the values: the types have to be those of the inputs.
    expect(found[k]!.shape).toEqual(x[name]!.shape);
    expect(found[k]!.dtype).toBe(x[name]!.dtype);
    graph.output(`d_${name}`, found[k]!);
  });

  const single = dtype === "float32";
  const step = single ? 1e-2 : 1e-5;
  const tolerance = single ? 3e-3 : 1e-6;
  const session = await runtime.createSession(serialize(graph));
  try {
    const analytic = await session.run(feeds);
    const lossAt = async (): Promise<number> => numbers((await session.run(feeds)).loss!)[0]!;
    for (const name of Object.keys(inputs)) {
      const data = feeds[name]!.data as Float64Array;
      const expected: number[] = [];
      for (let k = 0; k < data.length; k++) {
        const middle = data[k]!;
        data[k] = middle + step;
        const [above, high] = [await lossAt(), data[k]!];
        data[k] = middle - step;
        const [below, low] = [await lossAt(), data[k]!];
        data[k] = middle;
        expected.push((above - below) / (high - low));
      }
      expectClose(numbers(analytic[`d_${name}`]!), expected, tolerance, `with respect to ${name}`);
    }
  } finally {
    await session.release();
  }
}

function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what = "",
): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(0, ...actual.map((value, k) => Math.abs(value - expected[k]!)));
  // Written so that NaN fails.
  if (!(worst <= tolerance * scale)) expect(actual, `${what}: off by ${worst}`).toEqual(expected);
}

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
