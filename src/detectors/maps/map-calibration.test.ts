import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph, reshape, serialize, type Tensor } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { evenMap } from "./even-map.js";
import { blurred, blurredMaps } from "./gaussian-blur.js";
import { calibratedMap, calibrateMaps } from "./map-calibration.js";

let native: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
});
afterAll(() => native.close());

const [HEIGHT, WIDTH] = [12, 18];
const AREA = HEIGHT * WIDTH;
const stream = createRandom("calibration").stream("values");
const rowsOf = (count: number, value: (place: number) => number): Float32Array =>
  Float32Array.from({ length: count * AREA }, (_, k) => value(k % AREA));
const reader = (data: Float32Array): RowReader => ({
  rows: data.length / AREA,
  columns: AREA,
  read: async (row) => data.subarray(row * AREA, (row + 1) * AREA),
});
const asMap = (features: Tensor): Tensor => reshape(features, [features.shape[0]!, HEIGHT, WIDTH]);

async function run(x: Float32Array, shape: readonly number[], compute: (x: Tensor) => Tensor) {
  const graph = new Graph();
  graph.output("y", compute(graph.input("x", "float32", [...shape])));
  const session = await native.createSession(serialize(graph));
  const { y } = await session.run({ x: float32(shape, x) });
  await session.release();
  return y!;
}

describe("blur", () => {
  it("is the same in a graph as outside, and leaves what is alike everywhere", async () => {
    const data = rowsOf(1, () => stream.normal());
    const outside = blurred({ height: HEIGHT, width: WIDTH, data: Float64Array.from(data) }, 1.5).data;
    const inside = (await run(data, [1, HEIGHT, WIDTH], (x) => blurredMaps(x, 1.5))).data as Float32Array;
    inside.forEach((value, place) => expect(value).toBeCloseTo(outside[place]!, 5));
    const flat = blurred({ height: HEIGHT, width: WIDTH, data: new Float64Array(AREA).fill(7) }, 3).data;
    for (const value of flat) expect(value).toBeCloseTo(7, 12);
  });
});

describe("calibration", () => {
  it("makes normal maps zero on average and alike in spread, however places differ", async () => {
    // The right half is ten times as noisy as the left, and about 5 higher.
    const right = (place: number): boolean => place % WIDTH >= WIDTH / 2;
    const normal = (place: number): number => (right(place) ? 5 + 10 * stream.normal() : stream.normal());
    const options = { mapCalibration: "pixel", mapSmoothing: 0 } as const;
    const shape = [1, HEIGHT, WIDTH] as const;
    const normals = [reader(rowsOf(300, normal)), reader(rowsOf(100, normal))];
    const calibration = await calibrateMaps(native, normals, shape, asMap, options, undefined);
    const fresh = rowsOf(200, normal);
    const { data } = await run(fresh, [200, AREA], (x) =>
      calibratedMap(asMap(x), calibration, shape, options, undefined),
    );
    const far = { left: [] as number[], right: [] as number[] };
    (data as Float32Array).forEach((value, k) => {
      const column = k % WIDTH;
      if (column < 3) far.left.push(value);
      if (column >= WIDTH - 3) far.right.push(value);
    });
    for (const [side, deviation] of [
      ["left", 1],
      ["right", 10],
    ] as const) {
      const values = far[side];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      expect(Math.abs(mean), side).toBeLessThan(0.1);
      // A quarter of the mean deviation over the whole map, some 5.5, is added to each.
      expect(spread, side).toBeGreaterThan(0.9 * (deviation / (deviation + 0.25 * 6.5)));
      expect(spread, side).toBeLessThan(1.1 * (deviation / (deviation + 0.25 * 4.5)));
    }
  });

  it("takes all pixels alike where it is told to", async () => {
    const options = { mapCalibration: "image", mapSmoothing: 0 } as const;
    const shape = [1, HEIGHT, WIDTH] as const;
    const normals = [reader(rowsOf(50, (place) => place))];
    const calibration = await calibrateMaps(native, normals, shape, asMap, options, undefined);
    const middle = (AREA - 1) / 2;
    expect(calibration.mean[0]).toBeCloseTo(middle, 4);
    expect(calibration.deviation[0]).toBeCloseTo(Math.sqrt((AREA ** 2 - 1) / 12), 3);
  });
});

describe("maps with strides that do not divide the image", () => {
  it("are cut off where the image ends, every place over its own pixels", async () => {
    const map = Float32Array.from({ length: 6 }, (_, k) => (k === 3 ? 1 : 0));
    const { shape, data } = await run(map, [1, 2, 3], (x) => evenMap(x, 4, [7, 10]));
    expect(shape).toEqual([1, 7, 10]);
    const values = data as Float32Array;
    const peak = values.indexOf(Math.max(...values));
    // The second row of places begins at line 4, its first place ends at column 3.
    expect([Math.floor(peak / 10) >= 5, peak % 10 <= 1]).toEqual([true, true]);
    expect(await run(map, [1, 2, 3], (x) => evenMap(x, 4, [8, 12]))).toMatchObject({ shape: [1, 2, 3] });
  });
});
