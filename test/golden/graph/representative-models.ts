import {
  type DataType,
  Graph,
  gradients,
  type ModelOptions,
  type Shape,
  serialize,
  type Tensor,
  type TensorContents,
} from "../../../src/graph/index.js";
import * as operators from "../../../src/graph/ops/index.js";
import type { TensorValue } from "../../../src/runtime/index.js";

/** A model that the package could write, with data to run it on. */
export interface RepresentativeModel {
  readonly name: string;
  readonly model: Uint8Array;
  readonly feeds: Readonly<Record<string, TensorValue>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Names of the operator functions that the models use. */
export const used = new Set<string>();

/** The operators, which remember that they were used. */
const o = Object.fromEntries(
  Object.entries(operators).map(([name, operator]) => [
    name,
    (...args: unknown[]) => {
      used.add(name);
      return (operator as (...args: unknown[]) => unknown)(...args);
    },
  ]),
) as unknown as typeof operators;

class Builder {
  readonly graph = new Graph();
  readonly feeds: Record<string, TensorValue> = {};

  /** An input, and what is fed to it: rows of the data stand for the open length. */
  input(name: string, dtype: DataType, shape: Shape, data: TensorContents): Tensor {
    const fixed = shape
      .filter((dim) => typeof dim === "number")
      .reduce<number>((product, dim) => product * dim, 1);
    const lengths = shape.map((dim) => (typeof dim === "number" ? dim : data.length / fixed));
    this.feeds[name] = { dtype, shape: lengths, data: data as Float32Array };
    return this.graph.input(name, dtype, shape);
  }
}

function waves(length: number, phase = 0): Float32Array {
  return Float32Array.from({ length }, (_, k) => Math.sin(1.7 * k + phase));
}

const models: Record<string, (builder: Builder) => Record<string, Tensor>> = {
  unary: (b) => {
    const x = b.input("x", "float32", ["rows", 3], waves(12));
    const positive = o.add(o.square(x), 0.1);
    const { neg, abs, exp, sigmoid, tanh, relu, elu, identity, sign, floor, sqrt, log, clamp, leakyRelu } = o;
    return {
      ...Object.fromEntries(
        Object.entries({ neg, abs, exp, sigmoid, tanh, relu, elu, identity, sign, floor }).map(
          ([name, operator]) => [name, operator(x)],
        ),
      ),
      sqrt: sqrt(positive),
      log: log(positive),
      clamp: clamp(x, -0.5, 0.5),
      leaky_relu: leakyRelu(x, 0.1),
    };
  },
  binary: (b) => {
    const x = b.input("x", "float64", ["rows", 3], Float64Array.from(waves(6)));
    const y = b.input("y", "float64", [3], Float64Array.of(0.5, -2, 3));
    const { add, sub, mul, div, maximum, minimum, greater, greaterOrEqual, less, lessOrEqual, equal } = o;
    const all = { add, sub, mul, div, maximum, minimum, greater, greaterOrEqual, less, lessOrEqual, equal };
    return {
      ...Object.fromEntries(Object.entries(all).map(([name, operator]) => [name, operator(x, y)])),
      number: div(1, add(mul(x, 2), 7)),
      selected: o.where(o.not(greater(x, y)), x, 9),
    };
  },
  products: (b) => {
    const x = b.input("x", "float32", ["rows", 3], waves(12));
    const w = b.input("w", "float32", [3, 2], waves(6, 1));
    const batch = b.input("batch", "float32", ["rows", 2, 3], waves(24, 2));
    return {
      product: o.matmul(x, w),
      gram: o.gemm(x, x, { transA: true }),
      both: o.gemm(w, x, { transA: true, transB: true }),
      batched: o.matmul(batch, o.transpose(batch, [0, 2, 1])),
      distance: o.squaredDistance(o.matmul(x, w), b.graph.constant("float32", [2], Float32Array.of(1, -1))),
    };
  },
  convolutions: (b) => {
    const x = b.input("x", "float32", [2, 2, 6, 6], waves(144));
    const w = b.input("w", "float32", [2, 2, 3, 3], waves(36, 1));
    const series = b.input("series", "float32", ["rows", 2, 9], waves(36, 2));
    const causal = b.input("causal", "float32", [3, 2, 2], waves(12, 3));
    const pooled = o.maxPool(o.conv(x, w, { pads: 1 }), 2);
    const [dx, dw] = gradients(o.sum(o.square(pooled)), [x, w]) as [Tensor, Tensor];
    return {
      pooled,
      x_gradient: dx,
      w_gradient: dw,
      dilated: o.conv(series, causal, { pads: [4, 0], dilations: 4 }),
      transposed: o.convTranspose(series, o.transpose(causal, [1, 0, 2]), { strides: 2 }),
      patches: o.patches(o.detach(x), [
        [0, 1],
        [1, -1],
      ]),
      normalized: o.normalizeBatch(
        o.reshape(x, [2, 2, 36]),
        o.mean(x, [0, 2, 3]),
        o.mean(o.square(x), [0, 2, 3]),
        1e-4,
      ),
      smaller: o.resize(x, 4, 3),
      larger: o.resize(x, 9, 12),
    };
  },
  sequences: (b) => {
    const x = b.input("x", "float32", ["rows", 5, 2], waves(40));
    const w = b.input("w", "float32", [6, 8], waves(48, 1));
    const recurrent = b.input("recurrent", "float32", [2, 8], waves(16, 2));
    const taps = o.windows(o.pad(x, 1, 2, 0), 3);
    const gates = o.reshape(o.matmul(o.reshape(taps, ["positions", 6]), w), ["rows", 5, 8]);
    const { last, all } = o.lstm(o.transpose(gates, [1, 0, 2]), recurrent);
    const [dw, dr] = gradients(o.sum(o.square(last)), [w, recurrent]) as [Tensor, Tensor];
    return {
      last,
      all,
      shares: o.softmax(x),
      read: o.attention(x, x, o.rmsNormalize(x, 1e-5)),
      w_gradient: dw,
      recurrent_gradient: dr,
    };
  },
  reductions: (b) => {
    const x = b.input("x", "float32", ["rows", 2, 3], waves(24));
    return {
      sum: o.sum(x),
      sum_kept: o.sum(x, [0, 2], { keepDims: true }),
      mean: o.mean(x, [-1]),
      mean_over: o.meanOver(x, 1),
      max: o.max(x, [1, 2]),
      sum_to: o.sumTo(x, [2, 1]),
      open_mean_gradient: gradients(o.sum(o.square(o.mean(x, [0]))), [x])[0]!,
      max_gradient: gradients(o.sum(o.max(x, [1])), [x])[0]!,
    };
  },
  rearrangements: (b) => {
    const x = b.input("x", "float32", ["rows", 6], waves(12));
    const [left, right] = o.split(x, 1, [2, 4]) as [Tensor, Tensor];
    return {
      reshaped: o.reshape(x, ["rows", 2, 3]),
      transposed: o.transpose(x, [1, 0]),
      expanded: o.expand(o.sum(x, [0], { keepDims: true }), ["rows", 6], x),
      swapped: o.concat([right, left], 1),
      gathered: o.gather(x, b.input("index", "int64", ["picks"], BigInt64Array.of(1n, 0n, 1n)), 0),
      column: o.gather(x, b.graph.index(2), 1),
      shape: o.shapeOf(x),
    };
  },
  types: (b) => {
    const x = b.input("x", "float32", ["rows"], Float32Array.of(1.5, -2.5, Number.NaN, 0));
    return {
      missing: o.isNaN(x),
      as_float64: o.cast(x, "float64"),
      as_int32: o.cast(o.where(o.isNaN(x), 0, x), "int32"),
      as_int64: o.cast(o.where(o.isNaN(x), 0, x), "int64"),
      as_bool: o.cast(x, "bool"),
      flags: o.cast(b.input("flags", "bool", ["rows"], Uint8Array.of(0, 1, 1, 0)), "float32"),
    };
  },
  trees: (b) => {
    const stump = {
      feature: Int32Array.of(1, -1, -1),
      threshold: Float32Array.of(0.2, 0, 0),
      left: Int32Array.of(1, 0, 0),
      right: Int32Array.of(2, 0, 0),
      value: Float32Array.of(0, 3, 5),
    };
    return { sum: o.treeSum(b.input("x", "float32", ["rows", 3], waves(12)), [stump, stump]) };
  },
  searches: (b) => {
    const x = b.input("x", "float32", ["rows", 4], waves(12));
    const { values, positions } = o.smallest(x, 2);
    const rows = o.reshape(o.split(o.shapeOf(x), 0, [1, 1])[0]!, []);
    return { values, positions, numbers: o.range(rows, "rows") };
  },
  labels: (b) => {
    const color = b.input("color", "string", ["rows", 1], ["red", "", "grün", "blue", "Red"]);
    return { codes: o.encodeLabels(color, ["red", "grün", ""], 3), texts: o.identity(color) };
  },
  initializers: (b) => {
    const { graph } = b;
    const of = (name: string, dtype: DataType, shape: Shape, contents: TensorContents): Tensor =>
      o.identity(graph.initializer(`stored_${name}`, dtype, shape, contents));
    return {
      float32: of("float32", "float32", [2, 2], Float32Array.of(1, -0, 1e-40, Number.POSITIVE_INFINITY)),
      float64: of("float64", "float64", [2], Float64Array.of(Math.PI, -1e-300)),
      int32: of("int32", "int32", [2], Int32Array.of(-1, 2 ** 31 - 1)),
      int64: of("int64", "int64", [2], BigInt64Array.of(-1n, 2n ** 53n)),
      bool: of("bool", "bool", [3], Uint8Array.of(1, 0, 1)),
      string: of("string", "string", [3], ["", "zwei Wörter", "三"]),
      scalar: of("scalar", "float32", [], Float32Array.of(7)),
      empty: of("empty", "float32", [0, 3], new Float32Array(0)),
      unwrapped: graph.initializer("unwrapped", "float32", [1], Float32Array.of(3)),
    };
  },
  training: (b) => {
    const x = b.input("x", "float32", ["rows", 4], waves(48));
    const steps = b.input("steps", "int64", [], BigInt64Array.of(12n));
    const batches = b.input(
      "batches",
      "int64",
      ["steps", 3],
      BigInt64Array.from({ length: 36 }, (_, k) => BigInt(k % 12)),
    );
    const rates = b.input("rates", "float32", ["steps"], new Float32Array(12).fill(0.05));
    const start = [
      b.input("w1", "float32", [4, 8], waves(32)),
      b.input("w2", "float32", [8, 2], waves(16, 1)),
      b.input("m1", "float32", [4, 8], new Float32Array(32)),
      b.input("m2", "float32", [8, 2], new Float32Array(16)),
    ];
    const center = b.graph.initializer("center", "float32", [2], Float32Array.of(0.5, -0.5));
    const { carried, collected } = o.loop(b.graph, steps, start, (step, state) => {
      const [w1, w2, ...momenta] = state as [Tensor, Tensor, Tensor, Tensor];
      const rows = o.gather(x, o.gather(batches, step));
      const embedded = o.matmul(o.leakyRelu(o.matmul(rows, w1), 0.1), w2);
      const loss = o.mean(o.squaredDistance(embedded, center));
      const next = gradients(loss, [w1, w2]).map((gradient, k) => o.add(o.mul(momenta[k]!, 0.9), gradient));
      const rate = o.gather(rates, step);
      const weights = [w1, w2].map((w, k) => o.sub(w, o.mul(next[k]!, rate)));
      return { carried: [...weights, ...next], collected: [loss] };
    });
    return { w1_out: carried[0]!, w2_out: carried[1]!, losses: collected[0]! };
  },
  nested_loops: (b) => {
    const x = b.input("x", "float32", [2], Float32Array.of(0.5, -0.25));
    const outer = o.loop(b.graph, b.graph.index(3), [x], (_, [a], scope) => {
      const inner = o.loop(scope, b.graph.index(2), [a!], (step, [c]) => ({
        carried: [o.add(o.mul(c!, o.square(x)), o.cast(step, "float32"))],
        collected: [c!, x],
      }));
      return { carried: inner.carried, collected: inner.collected };
    });
    return { y: outer.carried[0]!, seen: outer.collected[0]!, captured: outer.collected[1]! };
  },
};

export const operatorNames = Object.keys(operators);

export function representativeModels(): RepresentativeModel[] {
  return Object.entries(models).map(([name, build]) => {
    const builder = new Builder();
    for (const [output, tensor] of Object.entries(build(builder))) {
      // Readable names, and none that an input has.
      builder.graph.output(`${output}_result`, tensor);
    }
    const options: ModelOptions = {
      description: `Check: ${name}`,
      metadata: { name, text: '{"µ": "≥ 0"}', empty: "" },
    };
    return {
      name,
      model: serialize(builder.graph, options),
      feeds: builder.feeds,
      metadata: options.metadata!,
    };
  });
}
