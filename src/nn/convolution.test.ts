import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  conv,
  Graph,
  gradients,
  maxPool,
  mul,
  serialize,
  sum,
  type Tensor,
  transpose,
} from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { float32, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { type Convolution, convolve, convolvePooled, enlarged, type Pads } from "./convolution.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(async () => {
  await runtime.close();
});

interface Case {
  readonly name: string;
  /** [rows, channels, height, width] */
  readonly x: readonly [number, number, number, number];
  readonly outputs: number;
  readonly taps: number;
  readonly pads: Pads;
  readonly upsample?: number;
}

const same = (padding: number): Pads => [padding, padding, padding, padding];
const cases: Case[] = [
  { name: "one channel, laid out as patches", x: [3, 1, 8, 10], outputs: 4, taps: 5, pads: same(2) },
  { name: "patches without padding", x: [2, 3, 12, 12], outputs: 3, taps: 3, pads: same(0) },
  { name: "odd sides", x: [2, 3, 9, 7], outputs: 3, taps: 3, pads: same(1) },
  { name: "many channels", x: [4, 8, 8, 8], outputs: 6, taps: 5, pads: same(2) },
  { name: "larger maps, one axis after the other", x: [2, 6, 20, 14], outputs: 5, taps: 5, pads: same(2) },
  { name: "more padding on one side", x: [2, 5, 6, 7], outputs: 3, taps: 3, pads: [1, 0, 2, 3] },
  { name: "enlarged", x: [3, 5, 4, 5], outputs: 4, taps: 5, pads: same(2), upsample: 2 },
  { name: "few channels enlarged", x: [3, 2, 4, 4], outputs: 4, taps: 5, pads: same(1), upsample: 2 },
  { name: "a kernel too wide for tiles", x: [2, 5, 9, 9], outputs: 4, taps: 7, pads: same(3) },
  { name: "enlarged, too wide for tiles", x: [2, 5, 5, 4], outputs: 4, taps: 7, pads: same(3), upsample: 2 },
  { name: "down to one pixel", x: [2, 5, 5, 5], outputs: 7, taps: 5, pads: same(0) },
];

const toPositions = (x: Tensor): Tensor => transpose(x, [2, 3, 1, 0]);
const toRows = (x: Tensor): Tensor => transpose(x, [3, 2, 0, 1]);

/** Results and both derivatives, here and by ONNX Runtime's own operators. */
function compared({ x: shape, outputs, taps, pads, upsample = 1 }: Case, pooled: boolean): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", shape);
  const weight = graph.input("weight", "float32", [outputs, shape[1], taps, taps]);
  const layer: Convolution = { taps, pads, upsample };
  const plain = conv(enlarged(x, upsample), weight, { pads });
  const expected = pooled ? maxPool(plain, 2) : plain;
  const positions = toPositions(x);
  const found = toRows(
    pooled ? convolvePooled(positions, weight, layer).maxima : convolve(positions, weight, layer),
  );
  // A different factor for every element, so that no two errors cancel.
  const factors = graph.input("factors", "float32", expected.shape);
  for (const [name, y] of Object.entries({ expected, found })) {
    graph.output(name, y);
    const [dx, dw] = gradients(sum(mul(y, factors)), [x, weight]);
    graph.output(`${name}_dx`, dx!);
    graph.output(`${name}_dw`, dw!);
  }
  return serialize(graph);
}

describe("convolutions in matrix products", () => {
  const possible = cases.flatMap((each) =>
    [false, true]
      .filter((pooled) => !pooled || each.name !== "down to one pixel")
      .map((pooled) => [`${each.name}${pooled ? ", pooled" : ""}`, each, pooled] as const),
  );
  it.each(possible)("agree with ONNX Runtime's, %s", async (name, each, pooled) => {
    const random = createRandom(3).stream(name);
    const session = await runtime.createSession(compared(each, pooled));
    const [rows, channels, height, width] = each.x;
    const { taps, outputs, upsample = 1, pads } = each;
    const side = (length: number, padding: number): number => {
      const full = length * upsample + padding - taps + 1;
      return pooled ? Math.floor(full / 2) : full;
    };
    const sides = [side(height, pads[0] + pads[2]), side(width, pads[1] + pads[3])] as const;
    const values = (shape: readonly number[]) => {
      const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
      random.fillNormal(data);
      return float32(shape, data);
    };
    const results = await session.run({
      x: values(each.x),
      weight: values([outputs, channels, taps, taps]),
      factors: values([rows, outputs, ...sides]),
    });
    await session.release();
    for (const suffix of ["", "_dx", "_dw"]) {
      const expected = results[`expected${suffix}`]!.data as Float32Array;
      const found = results[`found${suffix}`]!.data as Float32Array;
      const scale = Math.max(...expected.map(Math.abs));
      const worst = expected.reduce((most, value, k) => Math.max(most, Math.abs(found[k]! - value)), 0);
      expect(found.length).toBe(expected.length);
      // What is lost at the points of 4 x 4 tiles for 5 x 5 taps, see convolution-transforms.test.ts.
      expect(worst / scale).toBeLessThan(3e-5);
    }
  });

  it("give everything to the statistics, also what pooling leaves over", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [7, 9, 5, 2]);
    const weight = graph.input("weight", "float32", [3, 5, 3, 3]);
    const layer: Convolution = { taps: 3, pads: same(1), upsample: 1 };
    const { all } = convolvePooled(x, weight, layer);
    graph.output("all", sum(all, [0]));
    graph.output("expected", sum(convolve(x, weight, layer), [0, 1]));
    const session = await runtime.createSession(serialize(graph));
    const data = new Float32Array(7 * 9 * 5 * 2);
    createRandom(4).stream("x").fillNormal(data);
    const kernel = new Float32Array(3 * 5 * 9);
    createRandom(4).stream("weight").fillNormal(kernel);
    const results = await session.run({
      x: float32([7, 9, 5, 2], data),
      weight: float32([3, 5, 3, 3], kernel),
    });
    await session.release();
    expect(all.shape).toEqual([63, 3, 2]);
    (results["all"]!.data as Float32Array).forEach((value, k) => {
      expect(value).toBeCloseTo((results["expected"]!.data as Float32Array)[k]!, 3);
    });
  });
});
