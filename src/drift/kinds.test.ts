import { beforeAll, describe, expect, test } from "vitest";
import {
  driftMonitor,
  driftReport,
  type ImageSet,
  imagesFrom,
  Knn,
  Model,
  type ModelCard,
  Pca,
  samplesOf,
  seriesFromTable,
  type Table,
  tableFromColumns,
} from "../index.js";
import { createRandom } from "../math/random.js";
import { sealModel } from "../model/build.js";
import { monitorFor } from "./index.js";

const random = createRandom(8);
const carded = async (model: Model, edit: (card: ModelCard) => ModelCard): Promise<Model> =>
  Model.fromBytes(await sealModel(model.toBytes(), edit(model.card), undefined));

describe("a series", () => {
  /** White noise: windows that share no step are independent of each other. */
  const steps = (seed: number, rows: number, { shift = 0, from = 0, gaps = 0 } = {}): Table => {
    const stream = random.stream("steps", seed);
    return tableFromColumns({
      level: Float64Array.from({ length: rows }, (_, row) => stream.normal() + (row >= from ? shift : 0)),
      flow: Float64Array.from({ length: rows }, () =>
        stream.uniform() < gaps ? Number.NaN : stream.normal(),
      ),
      mode: Array.from({ length: rows }, () => (stream.uniform() < 0.5 ? "on" : "off")),
    });
  };
  const WINDOW = 10;
  const windows = (table: Table, stride = 2) => {
    const series = seriesFromTable(table, { window: WINDOW, stride });
    return samplesOf(series, { rows: "time-steps", rowCount: table.rowCount });
  };
  let model: Model;
  beforeAll(async () => {
    model = await new Knn().fit(windows(steps(1, 4000)));
  });

  test("has a model that knows its time steps, and which calibration windows share none", () => {
    const { reference, data } = model.card;
    expect(reference!.numeric.map(({ name }) => name)).toEqual(["level", "flow"]);
    expect(reference!.steps).toBe(reference!.rows);
    const places = data.calibrationApart!;
    expect(new Set(places).size).toBe(places.length);
    expect(Math.max(...places)).toBeLessThan(data.calibration);
    // Five windows share a step with the next one; blocks lose some at their rims.
    expect(data.calibration / places.length).toBeGreaterThan(4);
    expect(data.calibration / places.length).toBeLessThan(6);
    expect(monitorFor(model).state().scores).toHaveLength(places.length);
  });

  test("gives the martingale windows that share no step, and says how many it left out", async () => {
    const report = await driftReport(model, windows(steps(2, 1000)));
    expect(report).toMatchObject({ rows: 1000, observed: 100, drift: false, shifted: [] });
    expect(report.observed + report.overlapping).toBe(496);
    expect(report.martingale.pushed).toBe(100);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test("that drifts raises the alarm at a time step of the table, whatever its order", async () => {
    const table = steps(3, 1500, { shift: 3, from: 500 });
    const { drift, martingale, shifted, features } = await driftReport(model, windows(table));
    expect(drift).toBe(true);
    expect(martingale.row! % WINDOW).toBe(0);
    expect(martingale.row).toBeGreaterThan(500);
    expect(martingale.row).toBeLessThan(700);
    expect(shifted).toEqual(["level"]);
    expect(features.find(({ name }) => name === "level")!.outOfRange).toBeGreaterThan(0.1);

    // The same steps in a file from the last to the first.
    const backwards = tableFromColumns({
      time: Float64Array.from({ length: 1500 }, (_, row) => 1500 - row),
      ...Object.fromEntries(
        table.columns.map((column) => [
          column.name,
          column.kind === "numeric"
            ? column.values.toReversed()
            : Array.from(column.codes, (code) => column.levels[code]!).reverse(),
        ]),
      ),
    });
    const series = seriesFromTable(backwards, { window: WINDOW, stride: 2, timeColumn: "time" });
    const later = await driftReport(model, samplesOf(series, { rows: "time-steps", rowCount: 1500 }));
    expect(later.martingale.at).toBe(martingale.at);
    expect(later.martingale.row).toBe(1501 - martingale.row!);
  });

  test("has columns compared by its time steps, of which a window's count as one", async () => {
    const { features } = await driftReport(model, windows(steps(4, 1000, { gaps: 0.5 })));
    const flow = features.find(({ name }) => name === "flow")!;
    expect(flow).toMatchObject({ missingInTraining: 0, stability: { shifted: true } });
    expect(flow.missing).toBeCloseTo(0.5, 1);
    // 10 bins and one for missing cells, 100 windows now and those of training then.
    const pieces = 1 / (1000 / WINDOW) + 1 / (model.card.reference!.steps! / WINDOW);
    expect(flow.stability!.expectedByChance).toBeCloseTo(10 * pieces, 12);
  });

  test("of a model of version 0.1 is monitored, without columns", async () => {
    const old = await carded(model, ({ reference: _, data: { calibrationApart: __, ...data }, ...card }) => ({
      ...card,
      data,
    }));
    const { drift, features, observed } = await driftReport(old, windows(steps(2, 1000)));
    expect({ drift, observed }).toEqual({ drift: false, observed: 100 });
    for (const { stability, missingInTraining } of features)
      expect([stability, missingInTraining]).toEqual([null, null]);
    expect(monitorFor(old).state().scores).toHaveLength(Math.round(model.card.data.calibration / 5));
  });

  test("without drift keeps the promise over models and streams, which all of its windows would not", async () => {
    let [promised, careless] = [0, 0];
    for (let run = 0; run < 60; run++) {
      const own = await new Pca().fit(windows(steps(100 + run, 900)));
      const today = windows(steps(200 + run, 1200));
      if ((await driftReport(own, today, { delta: 0.1 })).drift) promised++;
      const every = driftMonitor({ calibration: own.calibrationScores, delta: 0.1 });
      for (const score of (await own.score(today.data)).scores) every.push(score);
      if (every.status().alarmed) careless++;
    }
    // 6 are promised at most; 13 or more would come with probability 0.007.
    expect(promised).toBeLessThan(13);
    expect(careless).toBeGreaterThan(20);
  }, 30_000);
});

describe("images", () => {
  /** A chequered pattern with noise; coarse, it has fields of two by two pixels. */
  const chequered = (seed: number, count: number, { mean = 120, coarse = false } = {}): ImageSet => {
    const stream = random.stream("images", seed);
    const size = coarse ? 2 : 1;
    const sign = (pixel: number): number =>
      (Math.floor((pixel % 8) / size) + Math.floor(pixel / 8 / size)) % 2 === 0 ? 1 : -1;
    return imagesFrom(
      Array.from({ length: count }, () => ({
        height: 8,
        width: 8,
        channels: 1,
        data: Uint8Array.from({ length: 64 }, (_, pixel) => mean + 40 * sign(pixel) + 15 * stream.normal()),
      })),
    );
  };
  let model: Model;
  beforeAll(async () => {
    model = await new Knn().fit(chequered(1, 600));
  });

  test("that are like the training images raise no alarm", async () => {
    const report = await driftReport(model, chequered(2, 200));
    expect(report).toMatchObject({ rows: 200, observed: 200, overlapping: 0, drift: false, shifted: [] });
    expect(report.features.map(({ name }) => name).sort()).toEqual(["brightness", "contrast", "sharpness"]);
    expect(report.features[0]).toMatchObject({ missing: 0, missingInTraining: 0, outOfRange: null });
  });

  test("that are brighter are not seen by a detector that normalises contrast, but by their brightness", async () => {
    const { drift, shifted } = await driftReport(model, chequered(3, 200, { mean: 135 }));
    expect({ drift, shifted }).toEqual({ drift: false, shifted: ["brightness"] });
  });

  test("with fewer edges are seen by both", async () => {
    const { drift, shifted, martingale } = await driftReport(model, chequered(4, 200, { coarse: true }));
    expect(drift).toBe(true);
    expect(martingale.row).toBeLessThan(60);
    expect(shifted).toEqual(["sharpness"]);
  });

  test("of a model of version 0.1 are monitored, without measures", async () => {
    const old = await carded(model, ({ reference: _, ...card }) => card);
    const { features } = await driftReport(old, chequered(2, 100));
    expect(features.map(({ stability }) => stability)).toEqual([null, null, null]);
  });

  test("of another kind than the model's are refused", async () => {
    await expect(driftReport(model, tableFromColumns({ a: [1, 2] }))).rejects.toMatchObject({
      code: "schema-mismatch",
    });
  });
});
