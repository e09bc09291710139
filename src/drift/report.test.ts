import { beforeAll, describe, expect, test } from "vitest";
import {
  driftMonitor,
  driftReport,
  Knn,
  Model,
  type ModelCard,
  type Table,
  tableFromColumns,
} from "../index.js";
import { createRandom } from "../math/random.js";
import { sealModel } from "../model/build.js";

/** Two sensors, one of them with gaps, and a kind. */
function plant(seed: number, rows: number, change: { c?: number; gaps?: number; kind?: string } = {}): Table {
  const stream = createRandom(seed).stream("plant");
  const cells = Array.from(
    { length: rows },
    () => [stream.normal(), stream.uniform(), stream.uniform()] as const,
  );
  return tableFromColumns({
    a: cells.map(([a, gap]) => (gap < (change.gaps ?? 0.1) ? Number.NaN : a)),
    c: cells.map(([a, , c]) => a + c + (change.c ?? 0)),
    kind: cells.map(([, , c], row) =>
      change.kind !== undefined && row % 4 === 0 ? change.kind : c < 0.7 ? "x" : "y",
    ),
  });
}

let model: Model;
beforeAll(async () => {
  model = await new Knn().fit(plant(1, 2000));
});

/** The same model with another card. */
const carded = async (edit: (card: ModelCard) => ModelCard): Promise<Model> =>
  Model.fromBytes(await sealModel(model.toBytes(), edit(model.card), undefined));

describe("driftReport", () => {
  test("rows like the training rows: no alarm, nothing moved, the same report for the same seed", async () => {
    const report = await driftReport(model, plant(2, 600));
    expect(report).toMatchObject({ rows: 600, drift: false, shifted: [], extra: [] });
    expect(report.martingale).toMatchObject({
      alarmed: false,
      at: null,
      row: null,
      before: 0,
      pushed: 600,
      delta: 0.01,
    });
    expect(report.pValues!.significance).toBeGreaterThan(0.01);
    for (const { stability, missing, missingInTraining } of report.features) {
      expect(stability!.psi).toBeLessThan(stability!.chanceLimit);
      expect(Math.abs(missing - missingInTraining!)).toBeLessThan(0.05);
    }
    expect(await driftReport(model, plant(2, 600))).toEqual(report);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test("training rows in which a constant column has changed are no training rows", async () => {
    const columns = (e: number) => {
      const stream = createRandom(6).stream("constant");
      const a = Float64Array.from({ length: 200 }, () => stream.normal());
      const b = Float64Array.from({ length: 200 }, () => stream.normal());
      return tableFromColumns({ a, b, e: new Float64Array(200).fill(e) });
    };
    const fitted = await new Knn().fit(columns(0));
    expect(await driftReport(fitted, columns(0))).toMatchObject({ trainedOn: 200, drift: false });
    expect(await driftReport(fitted, columns(1000))).toMatchObject({ trainedOn: 0, observed: 200 });
  });

  test("each kind of drift shows in its column", async () => {
    const shift = await driftReport(model, plant(3, 600, { c: 2 }), { delta: 0.001 });
    expect(shift.drift).toBe(true);
    expect(shift.martingale.row).toBeLessThan(100);
    expect(shift.shifted).toEqual(["c"]);
    expect(shift.features[0]!.outOfRange).toBeGreaterThan(0);
    const gaps = await driftReport(model, plant(4, 600, { gaps: 0.5 }));
    expect(gaps.shifted).toEqual(["a"]);
    expect(gaps.features[0]!.missing).toBeGreaterThan(0.4);
    expect(gaps.features[0]!.missingInTraining).toBeLessThan(0.15);
    const unseen = await driftReport(model, plant(5, 600, { kind: "z" }));
    expect(unseen.features[0]).toMatchObject({
      name: "kind",
      unseen: 0.25,
      unseenExample: "z",
      outOfRange: null,
    });
    expect(unseen.shifted).toEqual(["kind"]);
  });

  test("goes on with a monitor, and says where in this table the alarm came", async () => {
    const monitor = driftMonitor({ calibration: model.calibrationScores, delta: 0.02 });
    expect((await driftReport(model, plant(6, 300), { monitor })).drift).toBe(false);
    const { martingale } = await driftReport(model, plant(7, 300, { c: 3 }), { monitor });
    expect(martingale).toMatchObject({ before: 300, pushed: 600, delta: 0.02, alarmed: true });
    expect(martingale.at).toBe(300 + martingale.row!);
    const later = await driftReport(model, plant(8, 50), { monitor });
    expect(later).toMatchObject({ drift: true, martingale: { row: null, at: martingale.at } });
    await expect(driftReport(model, plant(8, 50), { monitor, delta: 0.1 })).rejects.toThrow(/has its delta/);
  });

  test("a model without a reference profile still tells of drift, and of texts", async () => {
    const old = await carded(({ reference: _, ...card }) => card);
    expect(old.card.reference).toBeUndefined();
    const { drift, features } = await driftReport(old, plant(3, 600, { c: 2, kind: "z" }));
    expect(drift).toBe(true);
    expect(features.map(({ name, stability }) => [name, stability !== null])).toEqual([
      ["kind", true],
      ["a", false],
      ["c", false],
    ]);
  });

  test("what cannot be compared is refused", async () => {
    const cross = await carded((card) => ({ ...card, options: { ...card.options, calibration: "cross" } }));
    await expect(driftReport(cross, plant(2, 50))).rejects.toThrow(/calibrated in folds/);
    await expect(driftReport(model, tableFromColumns({ a: [1] }))).rejects.toThrow(/lacks/);
    const none = tableFromColumns({ a: new Float64Array(), c: new Float64Array(), kind: [] });
    await expect(driftReport(model, none)).rejects.toThrow(/no rows/);
  });
});
