import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { samplesOf, seriesFromTable, seriesFromWindows, tableFromMatrix } from "../../data/index.js";
import { Graph, serialize } from "../../graph/index.js";
import { Kmeans } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { perRow } from "../../train/per-row.js";
import { singleSteps } from "./single-steps.js";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/single-steps/single_steps.json", import.meta.url), "utf8"),
) as { shape: [number, number]; windows: number[][]; saliency: number[] }[];

it.each(golden)("agrees with numpy's Fourier transform, windows of $shape", async (given) => {
  const { shape, windows } = given;
  const runtime = await loadNativeRuntime();
  const matrix = {
    rows: windows.length,
    columns: shape[0] * shape[1],
    data: Float32Array.from(windows.flat()),
  };
  const found = await perRow(runtime, matrix, (x) => singleSteps(x, shape));
  given.saliency.forEach((value, k) => {
    expect(found[k]!, `window ${k}`).toBeCloseTo(value, 3);
  });
});

/** The same with all frequencies and no shortcut, of one channel. */
function plainSaliency(window: readonly number[]): number {
  const steps = window.length;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = window.map((value) => value - mean(window));
  const places = centred.map((_, k) => k);
  const angle = (t: number, k: number): number => (2 * Math.PI * t * k) / steps;
  const along = (of: (angle: number) => number): number[] =>
    places.map((k) => places.reduce((sum, t) => sum + centred[t]! * of(angle(t, k)), 0));
  const [real, imaginary] = [along(Math.cos), along((by) => -Math.sin(by))];
  const logs = places.map((k) => Math.log(real[k]! ** 2 + imaginary[k]! ** 2 + steps * 0.01 ** 2) / 2);
  const own = (k: number): number => logs[k === 0 ? 1 : k]!;
  const usual = places.map((k) =>
    steps < 6 ? mean(logs) : mean([own((k + steps - 1) % steps), own(k), own((k + 1) % steps)]),
  );
  const residual = places.map((t) => {
    const terms = places.map((k) => {
      const back = real[k]! * Math.cos(angle(t, k)) - imaginary[k]! * Math.sin(angle(t, k));
      return Math.exp(-usual[k]!) * back;
    });
    return Math.abs(mean(terms));
  });
  const edge = Math.floor(steps / 4);
  const level = mean(residual) + 0.01 / Math.sqrt(steps);
  return Math.max(...residual.slice(edge, steps - edge)) / level;
}

it.each([2, 3, 4, 5, 6, 7, 8, 33])(
  "is the same from half of the frequencies, windows of %d steps",
  async (steps) => {
    const stream = createRandom("half").stream("windows", steps);
    const windows = Array.from({ length: 5 }, () => Array.from({ length: steps }, () => stream.normal()));
    const matrix = { rows: 5, columns: steps, data: Float32Array.from(windows.flat()) };
    const found = await perRow(await loadNativeRuntime(), matrix, (x) => singleSteps(x, [steps, 1]));
    windows.forEach((window, k) => expect(found[k]! / plainSaliency(window)).toBeCloseTo(1, 4));
  },
);

it("needs no table of steps times steps in the model file", () => {
  const graph = new Graph();
  graph.output("y", singleSteps(graph.input("x", "float32", ["rows", 1000]), [1000, 1]));
  expect(serialize(graph).length).toBeLessThan(40_000);
});

/** A swing with some noise; at step 300 a spike that no level or threshold would show. */
function swing(steps: number, part: string, spike = 0): number[][] {
  const stream = createRandom("residual").stream(part);
  return Array.from({ length: steps }, (_, step) => [
    Math.sin(step / 6) + 0.03 * stream.normal() + (step === 300 ? spike : 0),
  ]);
}

it("finds a single step within the usual range, and says where", async () => {
  const windows = (rows: number[][]) => seriesFromTable(tableFromMatrix(rows), { window: 32, stride: 1 });
  const model = await new Kmeans({ singleSteps: true }).fit(windows(swing(800, "past")));
  expect(model.card.views).toEqual(["centres", "single-steps", "deviation", "shift"]);
  const today = windows(swing(600, "today", -0.8));
  const { scores, views } = await model.score({ ...samplesOf(today), rows: "time-steps" });
  const highest = (values: Float32Array): number => values.indexOf(Math.max(...values));
  expect(Math.abs(highest(views!["single-steps"]!) - 300)).toBeLessThan(8);
  expect(Math.abs(highest(scores) - 300)).toBeLessThan(8);
});

it("scores windows of two steps, still ones and flat ones", async () => {
  const stream = createRandom(0).stream("short");
  const data = Float32Array.from({ length: 200 }, () => stream.normal());
  const model = await new Kmeans({ singleSteps: true, movement: true }).fit(
    seriesFromWindows({ data, windows: 100, steps: 2, channels: 1 }),
  );
  const odd = Float32Array.of(0, 0, 1e6, 1e6, -1e30, 1e30);
  const { scores } = await model.score(seriesFromWindows({ data: odd, windows: 3, steps: 2, channels: 1 }));
  expect(scores.every(Number.isFinite)).toBe(true);
});
