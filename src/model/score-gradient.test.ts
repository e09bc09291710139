import { expect, test } from "vitest";
import { type Dataset, seriesFromTable, tableFromColumns } from "../data/index.js";
import { detectors } from "../detectors/registry.js";
import { createRandom } from "../math/random.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { scoreGradient } from "./score-gradient.js";

provideBackend(nodeBackend());
const stream = createRandom(1).stream("rows");
const a = Array.from({ length: 300 }, () => stream.normal());
const few = tableFromColumns({ a, b: a.map((value) => value + 0.3 * stream.normal()) });
const wide = tableFromColumns(
  Object.fromEntries(
    Array.from({ length: 60 }, (_, column) => [`c${column}`, a.map((value) => value + stream.normal())]),
  ),
);
const windows = seriesFromTable(
  tableFromColumns({ level: a.map((value, k) => Math.sin(k / 3) + 0.1 * value) }),
  {
    window: 10,
    stride: 2,
  },
);

/** Searches for neighbours in float64 and in float32, centres of rows and windows, and a recurrence. */
const cases: [string, object, Dataset][] = [
  ["knn", {}, few],
  ["knn", { method: "mean", k: 3 }, wide],
  ["kmeans", { clusters: 10 }, few],
  ["kmeans", { clusters: 10 }, windows],
  ["deep-svdd", { encoder: "lstm", steps: 4, pretrainSteps: 4, members: 1 }, windows],
];

test.each(cases)(
  "along a line, slopes of %s %j add up to the difference between its scores",
  async (name, options, data) => {
    await using model = await detectors[name]!.create({ ...options, seed: 1 }).fit(data);
    const gradient = await scoreGradient(model);
    const { points, columns } = gradient;
    const random = createRandom(5).stream("lines");
    for (let line = 0; line < 3; line++) {
      const from = Float32Array.from({ length: columns }, () => random.normal());
      const step = Float32Array.from(from, () => random.normal());
      const at = (share: (point: number) => number): Float32Array =>
        Float32Array.from(
          { length: points * columns },
          (_, k) => from[k % columns]! + share(Math.floor(k / columns)) * step[k % columns]!,
        );
      const { scores } = await gradient.run(at((point) => (point === 0 ? 0 : 1)));
      // Slopes have kinks where another neighbour comes nearer: many points.
      let slopes = 0;
      for (let part = 0; part < 8; part++) {
        const { gradients } = await gradient.run(at((point) => (part + (point + 0.5) / points) / 8));
        slopes += gradients.reduce((sum, slope, k) => sum + (slope * step[k % columns]!) / (8 * points), 0);
      }
      const difference = scores[1]! - scores[0]!;
      expect(Math.abs(slopes - difference)).toBeLessThan(
        0.02 * (Math.abs(difference) + Math.abs(scores[0]!)),
      );
      expect(Math.abs(difference)).toBeGreaterThan(0);
    }
    await gradient.release();
  },
);

test("a score that jumps where neighbours change has no slopes", async () => {
  await using model = await detectors["auto"]!.create({ seed: 1 }).fit(few);
  await expect(scoreGradient(model)).rejects.toThrow(
    /auto cannot be differentiated: it jumps where other rows/,
  );
});
