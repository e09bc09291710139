import { describe, expect, it } from "vitest";
import { Graph } from "../graph/index.js";
import { createRandom, type RandomStream } from "../math/random.js";
import { denseParameters } from "./dense.js";
import { type MlpOptions, mlp } from "./mlp.js";
import { fanInUniform, ParameterLayout, parameter, sparseUniform } from "./parameters.js";

const random = createRandom(11);
const streamOf = (name: string): RandomStream => random.stream(name);

const options: MlpOptions = {
  inputDim: 30,
  hiddenDims: [64, 32],
  latentDim: 8,
  activation: "leaky-relu",
  slope: 0.1,
  bias: false,
  reconstruction: "linear",
  initialization: "he",
  inputsPerUnit: 0,
};

describe("a parameter layout", () => {
  const zeros = (): void => {};
  const layout = new ParameterLayout([
    { name: "a", shape: [2, 3], initialize: zeros },
    { name: "b", shape: [4], initialize: zeros },
    { name: "c", shape: [], initialize: zeros },
  ]);

  it("counts elements, a scalar as one", () => {
    expect(layout.size).toBe(11);
    expect(new ParameterLayout([]).size).toBe(0);
  });

  it("hands out views that lie end to end and write through", () => {
    const vector = Float32Array.from({ length: 11 }, (_, k) => k);
    const views = layout.views(vector);
    expect(views.map(({ spec }) => spec.name)).toEqual(["a", "b", "c"]);
    expect(views.flatMap(({ view }) => Array.from(view))).toEqual(Array.from(vector));
    views[1]!.view[0] = -1;
    expect(vector[6]).toBe(-1);
  });

  it("cuts a vector in a graph into tensors of the same names and shapes", () => {
    const graph = new Graph();
    const tensors = layout.tensors(graph.input("p", "float32", [11]));
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      ["a", [2, 3]],
      ["b", [4]],
      ["c", []],
    ]);
    expect(() => parameter(tensors, "d")).toThrow("There is no parameter d.");
  });

  it("starts a parameter from its own stream: another layer before it changes nothing", () => {
    const [first, second] = denseParameters({
      name: "n",
      widths: [4, 5, 6],
      bias: false,
      activation: "relu",
      slope: 0,
      outputActivation: "linear",
      initialization: "pytorch",
      inputsPerUnit: 0,
    });
    const both = new ParameterLayout([first!, second!]).initialize(streamOf);
    const alone = new ParameterLayout([second!]).initialize(streamOf);
    expect(both.subarray(20)).toEqual(alone);
    expect(new ParameterLayout([first!, second!]).initialize(streamOf)).toEqual(both);
  });
});

describe("an MLP", () => {
  it("has an encoder without biases and a mirrored decoder with them", () => {
    const { encoder, decoder, inputShape, latentDim } = mlp(options);
    const shapes = (parameters: typeof encoder.parameters) =>
      parameters.map(({ name, shape }) => [name, shape]);
    expect(shapes(encoder.parameters)).toEqual([
      ["encoder.0.weight", [30, 64]],
      ["encoder.1.weight", [64, 32]],
      ["encoder.2.weight", [32, 8]],
    ]);
    expect(shapes(decoder.parameters)).toEqual([
      ["decoder.0.weight", [8, 32]],
      ["decoder.0.bias", [32]],
      ["decoder.1.weight", [32, 64]],
      ["decoder.1.bias", [64]],
      ["decoder.2.weight", [64, 30]],
      ["decoder.2.bias", [30]],
    ]);
    expect([inputShape, latentDim]).toEqual([[30], 8]);
  });

  it("is a single layer without hidden ones", () => {
    const { encoder, decoder } = mlp({ ...options, hiddenDims: [] });
    expect(encoder.parameters.map(({ shape }) => shape)).toEqual([[30, 8]]);
    expect(decoder.parameters.map(({ shape }) => shape)).toEqual([[8, 30], [30]]);
  });
});

describe("starting weights", () => {
  const start = (changes: Partial<MlpOptions>) => {
    const layout = new ParameterLayout(mlp({ ...options, ...changes }).encoder.parameters);
    return layout.views(layout.initialize(streamOf)).map(({ view }) => view);
  };

  /** A uniform sample fills its range: its extremes are near the bound, its deviation is bound / sqrt 3. */
  const expectUniform = (values: Float32Array, bound: number): void => {
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(largest).toBeGreaterThan(0.95 * bound);
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    expect(deviation / (bound / Math.sqrt(3))).toBeGreaterThan(0.9);
    expect(deviation / (bound / Math.sqrt(3))).toBeLessThan(1.1);
    expect(Math.abs(values.reduce((sum, v) => sum + v, 0) / values.length)).toBeLessThan(0.15 * bound);
  };

  it("are uniform in 1 / sqrt(fan in), PyTorch's way", () => {
    start({ initialization: "pytorch" }).forEach((values, k) => {
      expectUniform(values, 1 / Math.sqrt([30, 64, 32][k]!));
    });
  });

  it("are uniform in sqrt(6 / fan in) before rectifiers and sqrt(3 / fan in) before the output, He's way", () => {
    start({ initialization: "he" }).forEach((values, k) => {
      expectUniform(values, Math.sqrt([6, 6, 3][k]! / [30, 64, 32][k]!));
    });
  });

  it("connect each unit of the first layer to as many inputs as asked, evenly, and all of later layers", () => {
    const [first, second] = start({ inputsPerUnit: 3, hiddenDims: [256, 32] });
    const perInput = new Float64Array(30);
    for (let unit = 0; unit < 256; unit++) {
      let connected = 0;
      for (let input = 0; input < 30; input++) {
        if (first![input * 256 + unit] === 0) continue;
        connected++;
        perInput[input]!++;
      }
      expect(connected).toBe(3);
    }
    // 256 * 3 / 30 = 25.6 on average; 8 is beyond three binomial deviations either way.
    expect(Math.min(...perInput)).toBeGreaterThan(8);
    expect(Math.max(...perInput)).toBeLessThan(45);
    expectUniform(
      first!.filter((value) => value !== 0),
      Math.sqrt(6 / 3),
    );
    expect(second!.every((value) => value !== 0)).toBe(true);
  });

  it("are dense where a unit may see as many inputs as there are", () => {
    for (const inputsPerUnit of [0, 30, 31]) {
      const [first] = start({ inputsPerUnit });
      expectUniform(first!, Math.sqrt(6 / 30));
    }
  });

  it("may be filled by hand as well", () => {
    const dense = new Float32Array(64);
    fanInUniform(16)(dense, streamOf("x"));
    expectUniform(dense, 0.25);
    const sparse = new Float32Array(12);
    sparseUniform(4, 3, 4, 1)(sparse, streamOf("x"));
    expect(sparse.every((value) => value !== 0 && Math.abs(value) <= 0.5)).toBe(true);
  });
});
