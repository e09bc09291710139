/** What views say, against plain numbers. */
import { expect, it } from "vitest";
import { mul, sum, type Tensor } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { perRow } from "../../train/per-row.js";
import { amplitudeViews } from "./amplitude.js";
import { crossFitted } from "./cross-fitted.js";
import { viewScorer } from "./fitted-view.js";
import { movementView } from "./movement.js";
import { normalisedWindows } from "./normalised.js";
import { Stretches } from "./stretches.js";

const evaluated = async (rows: readonly number[][], compute: (x: Tensor) => Tensor): Promise<Float32Array> =>
  perRow(
    await loadNativeRuntime(),
    { rows: rows.length, columns: rows[0]!.length, data: Float32Array.from(rows.flat()) },
    compute,
  );

it("normalises each channel of a window by itself, and leaves still ones at zero", async () => {
  const found = await evaluated([[1, 500, 2, 500, 3, 500, 6, 500]], (x) => normalisedWindows(x, [4, 2]));
  const deviation = Math.sqrt((4 + 1 + 0 + 9) / 4 + 1e-4);
  [-2, 0, -1, 0, 0, 0, 3, 0].forEach((value, k) => {
    expect(found[k]).toBeCloseTo(value / deviation, 5);
  });
});

it("tells how far the farthest step is, and how far the level moves, in robust deviations", async () => {
  // The first channel: 0 to 10, median 5, median deviation 3; the second is one value but once.
  const steps = Array.from({ length: 11 }, (_, k) => [k, k === 4 ? 11 : 0]).flat();
  const stretches = new Stretches(
    {
      rows: 8,
      columns: 8,
      data: Float32Array.from(steps),
      starts: Uint32Array.from({ length: 8 }, (_, k) => 2 * k),
    },
    [4, 2],
  );
  const [deviation, shift] = amplitudeViews(stretches);
  const usual = [3 * 1.4826022, Math.sqrt(11 - 1)];
  const window = [5, 0, 5, 0, 5, 10, 35, 0];
  const rms = (...values: number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / 2);
  expect((await evaluated([window], deviation!.value))[0]).toBeCloseTo(rms(30 / usual[0]!, 0), 4);
  expect((await evaluated([window], shift!.value))[0]).toBeCloseTo(rms(15 / usual[0]!, 5 / usual[1]!), 4);
});

it("tells how much less or more than usual channels move in a part of a window", async () => {
  // Two channels: one that moves by 1 to 4 a step, and one that never does. Windows of 5 steps have two parts of two differences.
  const random = createRandom(0).stream("moves");
  const data = new Float32Array(2 * 400);
  for (let step = 1; step < 400; step++)
    data[2 * step] = data[2 * step - 2]! + (random.uniform() < 0.5 ? -1 : 1) * (1 + 3 * random.uniform());
  const starts = Uint32Array.from({ length: 396 }, (_, k) => 2 * k);
  const { value } = movementView(new Stretches({ rows: 396, columns: 10, data, starts }, [5, 2]));
  const moved = (window: readonly number[]): [number, number] => {
    const by = (step: number): number => Math.abs(window[2 * step + 2]! - window[2 * step]!);
    return [(by(0) + by(1)) / 2, (by(2) + by(3)) / 2];
  };
  const all = [...starts].map((at) => moved([...data.subarray(at, at + 10)]));
  const floor = 0.01 * (all.flat().reduce((sum, each) => sum + each, 0) / 792);
  const scaled = (of: (...parts: number[]) => number, window: readonly number[]): number => {
    const logs = all.map((parts) => Math.log(of(...parts) + floor));
    const mean = logs.reduce((sum, each) => sum + each, 0) / 396;
    const deviation = Math.sqrt(logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 396);
    return (Math.log(of(...moved(window)) + floor) - mean) / deviation;
  };
  const stuck = [0, 0, 2, 0, 4, 0, 4, 0, 4, 0];
  const noisy = [0, 0, 20, 9, 0, 9, 2, 9, 0, 9];
  const usual = [0, 0, 2.5, 0, 0, 0, 2.5, 0, 0, 0];
  const found = await evaluated([stuck, noisy, usual], value);
  expect(found[0]).toBeCloseTo(-scaled(Math.min, stuck) / Math.SQRT2, 3);
  expect(found[1]).toBeCloseTo(scaled(Math.max, noisy) / Math.SQRT2, 3);
  expect(found[0]).toBeGreaterThan(5);
  expect(found[1]).toBeGreaterThan(3);
  expect(found[2]).toBeLessThan(1);
});

it("joins views by standardised logarithms, so that one alone is enough to be heard", async () => {
  const column = (k: number) => (x: Tensor) => {
    const picked = x.graph.constant("float32", [1, 2], Float32Array.from([1 - k, k]));
    return weightedSum(x, picked);
  };
  const held = Float64Array.from({ length: 9 }, (_, k) => 1 + k / 10);
  const scorer = viewScorer([
    { name: "a", value: column(0), held },
    { name: "b", value: column(1), held },
  ]);
  const rows = [
    [1.4, 1.4],
    [1.4, 14],
    [1e-9, 14],
  ];
  const score = await evaluated(rows, scorer.score);
  const [a, b] = await Promise.all([0, 1].map((k) => evaluated(rows, (x) => scorer.views!.values(x)[k]!)));
  rows.forEach((_, k) => {
    const joined = (Math.log1p(Math.exp(a![k]!)) + Math.log1p(Math.exp(b![k]!))) / 2;
    expect(score[k]).toBeCloseTo(joined, 4);
  });
  const logs = [...held].map((value) => Math.log(value + 0.14));
  const mean = logs.reduce((sum, value) => sum + value, 0) / 9;
  const spread = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 9);
  expect(b![1]).toBeCloseTo((Math.log(14.14) - mean) / spread, 3);
  expect(score[2]).toBeGreaterThan(0.45 * score[1]!);
});

it("asks each window of a fit to other times", async () => {
  const runtime = await loadNativeRuntime();
  const random = createRandom(0).stream("fits");
  const data = new Float32Array(90);
  random.fillNormal(data);
  const starts = Uint32Array.from({ length: 30 }, (_, k) => 3 * k);
  const matrix = { rows: 30, columns: 4, data, starts };
  const seen = { rows: 30, columns: 1, data: Float32Array.from({ length: 30 }, (_, k) => k) };
  const fitted: number[][] = [];
  const values = await crossFitted(runtime, seen, matrix, 5, async (rows) => {
    fitted.push([...rows.data]);
    const count = fitted.length;
    return (x) => weightedSum(x, x.graph.constant("float32", [1, 1], Float32Array.of(count)));
  });
  expect([...values]).toEqual(Array.from({ length: 30 }, (_, k) => k * (1 + Math.floor(k / 10))));
  // Windows of four numbers every three: the nearest on either side shares one.
  expect(fitted[0]).toEqual(Array.from({ length: 19 }, (_, k) => k + 11));
  expect(fitted[1]).toEqual([...Array(9).keys(), ...Array.from({ length: 9 }, (_, k) => k + 21)]);
  await runtime.close();
});

/** The sum of x [rows, n] times weights [1, n]. */
function weightedSum(x: Tensor, weights: Tensor): Tensor {
  return sum(mul(x, weights), [1]);
}
