/** Convolutions of reproducible graphs: the same on both runtimes, where plain ones are not, and near to those of double precision. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conv, Graph, serialize, type Tensor } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { loadWasmRuntime } from "../../runtime/web/wasm.js";
import { patchProducts } from "./patch-products.js";
import { preciseConv } from "./precise-conv.js";

const [CHANNELS, HEIGHT, WIDTH, OUTPUTS, SIDE] = [24, 13, 17, 20, 5];
const random = createRandom("precise").stream("numbers");
const drawn = (count: number, scale: number, mean = 0): Float32Array =>
  Float32Array.from({ length: count }, () => mean + scale * random.normal());
const image = drawn(2 * CHANNELS * HEIGHT * WIDTH, 1, 2);
const weights = drawn(OUTPUTS * CHANNELS * SIDE * SIDE, 0.3);
const offset = drawn(OUTPUTS, 1);

let native: Runtime;
let wasm: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
  wasm = await loadWasmRuntime();
});
afterAll(() => Promise.all([native.close(), wasm.close()]));

async function run(
  runtime: Runtime,
  build: (x: Tensor) => Tensor,
  reproducible = true,
): Promise<Float32Array> {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", CHANNELS, HEIGHT, WIDTH]);
  graph.output(
    "y",
    graph.reproducible(() => build(x), reproducible),
  );
  const session = await runtime.createSession(serialize(graph));
  try {
    const { y } = await session.run({ x: float32([2, CHANNELS, HEIGHT, WIDTH], image) });
    return y!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** By four loops, in double precision. */
function expected(stride: number, shift: Float32Array | undefined): number[] {
  const places = (length: number) => Math.floor((length - SIDE) / stride) + 1;
  const values: number[] = [];
  for (let row = 0; row < 2; row++)
    for (let output = 0; output < OUTPUTS; output++)
      for (let top = 0; top < places(HEIGHT); top++)
        for (let left = 0; left < places(WIDTH); left++) {
          let sum = shift?.[output] ?? 0;
          for (let k = 0; k < CHANNELS * SIDE * SIDE; k++) {
            const [y, x] = [Math.floor(k / SIDE) % SIDE, k % SIDE];
            const channel = Math.floor(k / SIDE ** 2);
            const line = (row * CHANNELS + channel) * HEIGHT + top * stride + y;
            sum += weights[output * CHANNELS * SIDE ** 2 + k]! * image[line * WIDTH + left * stride + x]!;
          }
          values.push(sum);
        }
  return values;
}

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a).toHaveLength(b.length);
  return Math.max(...Array.from(a, (value, k) => Math.abs(value - b[k]!)));
};

const kernel = (x: Tensor): Tensor => x.graph.constant("float32", [OUTPUTS, CHANNELS, SIDE, SIDE], weights);

describe("convolutions", () => {
  it("are nearer to the truth, and to each other, than in single precision", async () => {
    const truth = expected(1, undefined);
    const plain = (x: Tensor) => conv(x, kernel(x));
    const precise = (x: Tensor) => preciseConv(x, kernel(x));
    const [ours, theirs] = [await run(native, precise), await run(wasm, precise)];
    const [here, there] = [await run(native, plain), await run(wasm, plain)];
    // Half of the last digit of a float32 between 32 and 64, and what is left beside.
    expect(Math.max(...truth.map(Math.abs))).toBeGreaterThan(32);
    expect(Math.max(apart(ours, truth), apart(theirs, truth))).toBeLessThan(6e-6);
    expect(apart(ours, theirs)).toBeLessThan(4e-6);
    expect(apart(here, there)).toBeGreaterThan(1.5e-5);
    // Elsewhere it is a plain one.
    expect(await run(native, precise, false)).toEqual(await run(native, plain, false));
  });

  it("of patches are matrix products in double precision, for any stride", async () => {
    for (const stride of [1, 3]) {
      const build = (x: Tensor) => patchProducts(x, { weights, offset, side: SIDE, stride });
      const [ours, theirs] = [await run(native, build), await run(wasm, build)];
      expect(ours).toEqual(theirs);
      expect(apart(ours, expected(stride, offset))).toBeLessThan(8e-6);
    }
  });

  it("of patches are cut into blocks of lines, the last of which is filled up", async () => {
    const [height, width] = [70, 190];
    const pixels = drawn(height * width, 1);
    const graph = new Graph();
    const x = graph.input("x", "float32", ["rows", 1, height, width]);
    const parts = { weights: Float32Array.of(1, 2, 3, 4), offset: Float32Array.of(5), side: 2, stride: 1 };
    graph.output("y", patchProducts(x, parts));
    const session = await native.createSession(serialize(graph));
    const { y } = await session.run({ x: float32([1, 1, height, width], pixels) });
    await session.release();
    expect(y!.shape).toEqual([1, 1, height - 1, width - 1]);
    for (const [top, left] of [
      [0, 0],
      [20, 188],
      [21, 0],
      [68, 100],
      [68, 188],
    ] as const) {
      const at = (down: number, across: number) => pixels[(top + down) * width + left + across]!;
      const sum = 5 + at(0, 0) + 2 * at(0, 1) + 3 * at(1, 0) + 4 * at(1, 1);
      expect((y!.data as Float32Array)[top * (width - 1) + left]).toBeCloseTo(sum, 4);
    }
  });
});
