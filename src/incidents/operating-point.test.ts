import { beforeAll, expect, test } from "vitest";
import { samplesOf } from "../data/samples.js";
import { seriesFromTable } from "../data/series/series-from-table.js";
import { tableFromColumns } from "../data/table/table-from.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { createRandom } from "../math/random.js";
import type { Model } from "../model/index.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { otherOperatingPoint } from "./operating-point.js";

provideBackend(nodeBackend({ cores: 1 }));

const random = createRandom(8);

/** Three sensors as of a pump, each at a level and with a spread of its own. */
function pump(seed: number, steps: number, change: (value: number, step: number, sensor: number) => number) {
  const stream = random.stream("pump", seed);
  const sensors = [0, 1, 2].map((sensor) => {
    let drift = 0;
    return Array.from({ length: steps }, (_, step) => {
      drift = 0.8 * drift + stream.normal();
      return change(10 * sensor + (1 + sensor) * drift, step, sensor);
    });
  });
  const table = tableFromColumns({ flow: sensors[0]!, pressure: sensors[1]!, current: sensors[2]! });
  return samplesOf(seriesFromTable(table, { window: 8, cover: true }), {
    ...{ rows: "time-steps", rowCount: steps },
  });
}

let model: Model;
beforeAll(async () => {
  model = await new Knn({ seed: 2 }).fit(pump(1, 800, (value) => value));
});

const judged = async (samples: ReturnType<typeof pump>) =>
  otherOperatingPoint(model, samples, await model.score(samples));

test("another level and scale of each sensor is another operating point, with the sensors that show it", async () => {
  const shifts = [12, -25, 0];
  const scales = [1.5, 0.8, 1];
  const found = await judged(pump(2, 400, (value, _, k) => scales[k]! * value + shifts[k]!));
  expect(found).toMatchObject({ steps: 400 });
  expect(found!.above).toBeGreaterThan(390);
  expect(found!.columns.map(({ name }) => name).sort()).toEqual(["flow", "pressure"]);
  for (const { outside } of found!.columns) expect(outside).toBeGreaterThan(0.8);
  // A larger scale alone is seen where it takes windows away from the normal ones.
  expect(await judged(pump(3, 400, (value, _, k) => 10 * k + 8 * (value - 10 * k)))).toBeDefined();
});

test("normal rows, long incidents and a few rows are none", async () => {
  expect(await judged(pump(4, 400, (value) => value))).toBeUndefined();
  const faulty = pump(5, 400, (value, step) => value + (step % 200 < 60 ? 40 : 0));
  expect(await judged(faulty)).toBeUndefined();
  expect(await judged(pump(6, 12, (value) => value + 40))).toBeUndefined();
  const windows = pump(7, 400, (value) => value + 40).data;
  expect(otherOperatingPoint(model, windows, await model.score(windows))).toBeUndefined();
});
