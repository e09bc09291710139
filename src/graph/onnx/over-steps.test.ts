import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import { conv1d } from "../../nn/series/conv1d.js";
import type { SeriesOptions } from "../../nn/series/layers.js";
import { tcn } from "../../nn/series/tcn.js";
import { float64, int64, type Runtime, type TensorData, type Values } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import {
  add,
  cast,
  concat,
  decodeModel,
  div,
  Graph,
  gemm,
  isNaN as isMissing,
  max,
  maximum,
  mean,
  mul,
  overSteps,
  pad,
  relu,
  reshape,
  serialize,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  WINDOW_STARTS,
  where,
  windows,
} from "../index.js";

const random = createRandom(11).stream("numbers");
const numbers = (length: number): Float64Array<ArrayBuffer> =>
  Float64Array.from({ length }, () => random.normal());

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(() => runtime.close());

type Build = (x: Tensor) => Tensor;

/** A model of windows: float64 [rows, steps, channels] to what is built. */
function modelOf([steps, channels]: readonly [number, number], build: Build): Uint8Array {
  const graph = new Graph();
  graph.output(
    "y",
    graph.reproducible(() => build(graph.input("x", "float64", ["rows", steps, channels]))),
  );
  return serialize(graph);
}

async function run(model: Uint8Array, feeds: Values) {
  const session = await runtime.createSession(model);
  try {
    return (await session.run(feeds))["y"]!;
  } finally {
    await session.release();
  }
}

/** What a model says of windows, and what the one over steps says of the same. */
async function bothOf(shape: readonly [number, number], build: Build, starts = [0, 1, 2, 3, 5, 9, 4]) {
  const [steps, channels] = shape;
  const length = Math.max(...starts) + steps;
  const series = numbers(length * channels);
  series[3] = Number.NaN;
  const cut = new Float64Array(starts.length * steps * channels);
  starts.forEach((start, k) =>
    cut.set(series.subarray(start * channels, (start + steps) * channels), k * steps * channels),
  );
  const model = modelOf(shape, build);
  const shared = overSteps(model)!;
  return {
    plain: await run(model, { x: float64([starts.length, steps, channels], cut) }),
    over: await run(shared.model, {
      x: float64([length, channels], series),
      [WINDOW_STARTS]: int64([starts.length], BigInt64Array.from(starts, BigInt)),
    }),
    shared,
  };
}

/** But for the order of sums. */
const expectClose = (actual: TensorData, expected: TensorData): void =>
  (expected as Float64Array).forEach((value, k) => expect(actual[k]).toBeCloseTo(value, 12));

const steps = (x: Tensor, channels: number): Tensor => reshape(x, ["steps", channels]);
const known = (x: Tensor): Tensor => where(isMissing(x), x.graph.scalar(0, "float64"), x);
const flat = (x: Tensor): Tensor => reshape(x, ["rows", (x.shape[1] as number) * (x.shape[2] as number)]);
const constant = (x: Tensor, shape: readonly number[], values = numbers(shape.reduce((a, b) => a * b, 1))) =>
  x.graph.constant("float64", shape, values);
const tiled = (count: number, values: Float64Array): Float64Array<ArrayBuffer> =>
  Float64Array.from({ length: count * values.length }, (_, k) => values[k % values.length]!);

/** What windows of 12 steps and 3 channels can have computed over their steps: with how many numbers a window at most. */
const SHARED: readonly (readonly [what: string, build: Build, perWindow: number])[] = [
  [
    "scaling step by step",
    (x) => {
      const scaled = div(sub(known(steps(x, 3)), constant(x, [3])), constant(x, [3]));
      return reshape(scaled, ["rows", 36]);
    },
    36,
  ],
  [
    "constants that are the same at each step",
    (x) => mul(flat(known(x)), constant(x, [36], tiled(12, numbers(3)))),
    36,
  ],
  ["the mean over time", (x) => mean(known(x), [1]), 1],
  ["the sum over time of what lies flat", (x) => sum(flat(known(x)), [1], { keepDims: true }), 1],
  ["the largest step", (x) => max(sqrt(mean(square(known(x)), [2])), [1]), 1],
  [
    "halves of a window",
    (x) => {
      const [before, after] = split(known(x), 1, [5, 7]).map((half) => mean(half, [1]));
      return sub(after!, before!);
    },
    1,
  ],
  [
    "parts of what lies flat",
    (x) => {
      const [early, late] = split(flat(known(x)), 1, [15, 21]);
      return add(max(early!, [1]), sum(late!, [1]));
    },
    1,
  ],
  [
    "channels apart and together",
    (x) => {
      const [a, b] = split(known(x), 2, [1, 2]);
      return sum(concat([b!, mul(a!, 2)], 2), [1]);
    },
    1,
  ],
  [
    "a convolution of pairs, with maxima between",
    (x) => {
      const first = reshape(windows(known(x), 4, 2), ["positions", 12]);
      const response = reshape(gemm(first, constant(x, [12, 5])), ["rows", 5, 5]);
      const next = reshape(windows(relu(response), 3), ["positions", 15]);
      return sum(reshape(gemm(next, constant(x, [4, 15]), { transB: true }), ["rows", 3, 4]), [1]);
    },
    1,
  ],
  [
    "steps that are taken together",
    (x) => {
      const pairs = reshape(known(x), ["rows", 6, 6]);
      return sum(mul(pairs, constant(x, [6])), [1]);
    },
    1,
  ],
  [
    "a longer history beside a shorter",
    (x) => {
      const all = known(x);
      const [, late] = split(all, 1, [2, 10]);
      const [early] = split(all, 1, [10, 2]);
      return sum(maximum(late!, early!), [1]);
    },
    1,
  ],
];

/** What has to see each window. */
const LAID_OUT: readonly (readonly [what: string, build: Build])[] = [
  ["constants that differ from step to step", (x) => sum(mul(flat(known(x)), constant(x, [36])), [1])],
  [
    "a window less its own mean",
    (x) => sum(square(sub(known(x), mean(known(x), [1], { keepDims: true }))), [1]),
  ],
  ["zeros around a window", (x) => sum(square(windows(pad(known(x), 1, 2, 0), 3)), [1])],
  ["one matrix for all of a window", (x) => gemm(flat(known(x)), constant(x, [36, 2]))],
  ["blocks of windows in a loop", (x) => inRowBlocks(flat(known(x)), 3, (block) => sum(square(block), [1]))],
];

describe("a model over steps", () => {
  it.each(SHARED)("computes once a step: %s", async (_, build, perWindow) => {
    const { plain, over, shared } = await bothOf([12, 3], build);
    expect(over.shape).toEqual(plain.shape);
    expectClose(over.data, plain.data);
    expect(shared.perWindow).toBe(perWindow);
  });

  it.each(LAID_OUT)("lays windows out for: %s", async (_, build) => {
    const { plain, over, shared } = await bothOf([12, 3], build);
    expect(over.shape).toEqual(plain.shape);
    expectClose(over.data, plain.data);
    expect(shared.perWindow).toBe(36);
  });

  it("is what the model says of windows of any length, wherever they begin", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 9 }),
        async (length, starts) => {
          const { plain, over } = await bothOf(
            [length, 2],
            (x) => {
              const level = reshape(mean(known(x), [1]), ["rows", 2]);
              return concat([level, max(known(x), [1]), sum(square(known(x)), [1])], 1);
            },
            starts,
          );
          expectClose(over.data, plain.data);
        },
      ),
      { numRuns: 20 },
    );
  });

  const options: SeriesOptions = {
    ...{ latentDim: 4, activation: "leaky-relu" as const, slope: 0.1, bias: true },
    ...{ initialization: "he" as const, reconstruction: "linear" as const },
  };

  const ofEncoder =
    ({ encoder }: EncoderDesign): Build =>
    (x) => {
      const layout = new ParameterLayout(encoder.parameters);
      const stored = Float32Array.from(numbers(layout.size));
      const parameters = layout.tensors(x.graph.initializer("weights", "float32", [layout.size], stored));
      return cast(encoder.forward(cast(flat(known(x)), "float32"), parameters), "float64");
    };

  it.each([26, 27, 37, 64])("slides the convolutions of conv1d along windows of %d steps", async (length) => {
    const { plain, over, shared } = await bothOf([length, 2], ofEncoder(conv1d([length, 2], options)));
    expect(over).toEqual(plain);
    // Nothing is laid out but what the window comes to.
    expect(shared.perWindow).toBeLessThanOrEqual(options.latentDim);
  });

  it("lays windows out for a tcn, whose zeros before a window are of that window", async () => {
    const { plain, over, shared } = await bothOf([20, 2], ofEncoder(tcn([20, 2], options)));
    expect(over).toEqual(plain);
    // Of the first block what goes past its convolutions: 64 numbers at every second step.
    expect(shared.perWindow).toBe(10 * 64);
  });

  it("is none where rows are no windows, or windows have one step", () => {
    const table = new Graph();
    table.output("y", sum(table.input("x", "float64", ["rows", 3]), [1]));
    expect(overSteps(serialize(table))).toBeUndefined();
    expect(overSteps(modelOf([1, 3], (x) => sum(flat(x), [1])))).toBeUndefined();
    expect(() => overSteps(Uint8Array.of(1, 2, 3))).toThrow(/not an ONNX model/);
  });

  it("keeps inputs that are of no window, and has no more than outputs need", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float64", ["rows", 4, 2]);
    const table = graph.initializer("table", "float64", [8], tiled(4, Float64Array.of(1, 10)));
    graph.output(
      "y",
      add(sum(mul(reshape(x, ["rows", 8]), table), [1]), graph.input("time", "float64", ["rows"])),
    );
    const { model } = overSteps(serialize(graph))!;
    const { inputs, initializerNames } = decodeModel(model);
    expect(inputs.map(({ name, shape }) => [name, ...shape])).toEqual([
      ["time", "rows"],
      ["x", "steps", 2],
      [WINDOW_STARTS, "rows"],
    ]);
    expect(initializerNames).not.toContain("table");
    const series = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    const y = await run(model, {
      x: float64([5, 2], series),
      time: float64([2], Float64Array.of(0.5, 0.25)),
      [WINDOW_STARTS]: int64([2], BigInt64Array.of(0n, 1n)),
    });
    expect(Array.from(y.data as Float64Array)).toEqual([216.5, 304.25]);
  });
});
