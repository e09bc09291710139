import { expect, it } from "vitest";
import { Graph, serialize } from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { designEncoder } from "../nn/encoders.js";
import { ParameterLayout } from "../nn/parameters.js";
import { float32 } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { Forward } from "./forward.js";
import { withRunningStatistics } from "./running-statistics.js";

const runtime = await loadNativeRuntime();
const options = {
  hiddenDims: [8],
  latentDim: 16,
  activation: "leaky-relu",
  slope: 0.01,
  bias: false,
  initialization: "he",
  inputsPerUnit: 0,
  reconstruction: "sigmoid",
} as const;
const random = createRandom(3);

function start(shape: readonly number[], name: "mlp" | "mnist-lenet") {
  const { encoder } = designEncoder(name, shape, options);
  const layout = new ParameterLayout(encoder.parameters);
  const rows = { rows: 64, columns: 784, data: new Float32Array(64 * 784) };
  random.stream("rows").fillUniform(rows.data, 0.2, 0.9);
  return { encoder, layout, rows, initial: layout.initialize((each) => random.stream(each)) };
}

it("makes a new network see rows as it will while it trains", async () => {
  const { encoder, layout, rows, initial } = start([1, 28, 28], "mnist-lenet");
  const measured = await withRunningStatistics(runtime, layout, encoder.forward, initial, rows);
  const graph = new Graph();
  const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
  const weights = graph.constant("float32", [64], new Float32Array(64).fill(1 / 64));
  const x = graph.input("x", "float32", [64, 784]);
  graph.output("latent", encoder.forward(x, parameters, { weights, record: () => {} }));
  const session = await runtime.createSession(serialize(graph));
  const feeds = { parameters: float32([layout.size], initial), x: float32([64, 784], rows.data) };
  const training = (await session.run(feeds))["latent"]!.data as Float32Array;
  const forward = await Forward.open(runtime, layout, 784, (input, p) => encoder.forward(input, p));
  const difference = async (values: Float32Array): Promise<number> => {
    const seen = await forward.run(values, rows);
    const square = seen.reduce((sum, value, k) => sum + (value - training[k]!) ** 2, 0);
    return Math.sqrt(square / training.reduce((sum, value) => sum + value ** 2, 0));
  };
  expect(await difference(measured)).toBeLessThan(1e-3);
  expect(await difference(initial)).toBeGreaterThan(0.1);
  // Weights are as they were.
  const [before, after] = [initial, measured].map((values) => layout.views(values));
  before!.forEach(({ spec, view }, k) => {
    if (!spec.statistic) expect(after![k]!.view).toEqual(view);
  });
});

it("leaves networks without statistics alone", async () => {
  const { encoder, layout, rows, initial } = start([784], "mlp");
  expect(await withRunningStatistics(runtime, layout, encoder.forward, initial, rows)).toBe(initial);
});
