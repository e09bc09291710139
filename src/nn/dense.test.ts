/** A stack of wide layers as models score by it: with rows as columns, against sums made here. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Graph, serialize } from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { float32, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { loadWasmRuntime } from "../runtime/web/wasm.js";
import { type DenseStack, dense, denseParameters } from "./dense.js";
import type { Parameters } from "./parameters.js";

const ROWS = 9;
const WIDTHS = [160, 128, 3] as const;
const stack = (bias: boolean): DenseStack => ({
  name: "stack",
  widths: WIDTHS,
  bias,
  activation: "leaky-relu",
  slope: 0.1,
  outputActivation: "linear",
  initialization: "pytorch",
  inputsPerUnit: 0,
});
const stream = createRandom("dense").stream("values");
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => stream.normal());
const x = normals(ROWS * WIDTHS[0]);
const values = Object.fromEntries(
  denseParameters(stack(true)).map(({ name, shape }) => [
    name,
    normals(shape.reduce((size, length) => size * length, 1)),
  ]),
);

const runtimes: Runtime[] = [];
beforeAll(async () => {
  runtimes.push(await loadNativeRuntime(), await loadWasmRuntime());
});
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

async function scored(runtime: Runtime, bias: boolean, rows: number): Promise<Float32Array[]> {
  const graph = new Graph();
  const input = graph.input("x", "float32", ["rows", WIDTHS[0]]);
  const parameters: Parameters = new Map(
    denseParameters(stack(bias)).map(({ name, shape }) => [
      name,
      graph.initializer(name, "float32", shape, values[name]!),
    ]),
  );
  const layers = graph.reproducible(() => dense(stack(bias), input, parameters));
  layers.forEach((layer, k) => graph.output(`layer${k}`, layer));
  const session = await runtime.createSession(serialize(graph));
  const results = await session.run({ x: float32([rows, WIDTHS[0]], x.slice(0, rows * WIDTHS[0])) });
  await session.release();
  return layers.map((_, k) => results[`layer${k}`]!.data as Float32Array);
}

/** [rows, in] by [in, out], the offset, and the activation of hidden layers. */
function layerHere(input: ArrayLike<number>, k: number, bias: boolean): Float32Array {
  const [fanIn, width] = [WIDTHS[k]!, WIDTHS[k + 1]!];
  const [weight, offset] = [values[`stack.${k}.weight`]!, values[`stack.${k}.bias`]!];
  return Float32Array.from({ length: ROWS * width }, (_, at) => {
    const [row, unit] = [Math.floor(at / width), at % width];
    let total = 0;
    for (let i = 0; i < fanIn; i++) total += input[row * fanIn + i]! * weight[i * width + unit]!;
    const sum = Math.fround(Math.fround(total) + (bias ? offset[unit]! : 0));
    return k === WIDTHS.length - 2 || sum > 0 ? sum : sum * 0.1;
  });
}

it.each([true, false])(
  "answers what the layers say of each row, biases %s, however many rows there are",
  async (bias) => {
    const first = layerHere(x, 0, bias);
    const second = layerHere(first, 1, bias);
    for (const runtime of runtimes) {
      const [hidden, last] = await scored(runtime, bias, ROWS);
      hidden!.forEach((value, at) => expect(value).toBeCloseTo(first[at]!, 5));
      last!.forEach((value, at) => expect(value).toBeCloseTo(second[at]!, 4));
      const [alone] = await scored(runtime, bias, 1);
      expect(alone).toEqual(hidden!.slice(0, WIDTHS[1]));
    }
  },
);
