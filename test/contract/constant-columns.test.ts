/** What every detector does where a column that did not vary in training changes: rows, windows, both calibrations. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seriesFromTable, type Table, tableFromColumns } from "../../src/data/index.js";
import { CALIBRATIONS } from "../../src/detectors/fit/common-options.js";
import { Knn } from "../../src/detectors/neighbours/knn.js";
import { driftReport } from "../../src/drift/index.js";
import type { TableSchema } from "../../src/features/index.js";
import { createRandom } from "../../src/math/random.js";
import { Model } from "../../src/model/index.js";
import { provideBackend, type Runtime } from "../../src/runtime/index.js";
import { loadNativeRuntime } from "../../src/runtime/node/native.js";
import { falseAlarmsThreshold } from "../../src/scoring/index.js";
import { detectorsOf, fastOptions } from "./fast.js";

let native: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
  provideBackend({ cores: 1, inline: async () => native, open: async (count) => Array(count).fill(native) });
});
afterAll(() => native.close());

const stream = createRandom("constant").stream("rows");
const normals = (count: number): number[] => Array.from({ length: count }, () => stream.normal());
/** Two sensors, a third that stands still, and a mode that does not change. */
function plant(rows: number, still: (row: number) => number | null = () => 0, mode = "auto"): Table {
  return tableFromColumns({
    a: normals(rows),
    b: normals(rows),
    still: Array.from({ length: rows }, (_, row) => still(row)),
    mode: Array<string>(rows).fill(mode),
  });
}

const cases = detectorsOf("table").flatMap((entry) =>
  CALIBRATIONS.map((calibration) => ({ entry, name: entry.name, calibration })),
);

describe.each(cases)("$name, calibrated by $calibration", ({ entry, calibration }) => {
  const create = (options = {}) =>
    entry.create({
      ...fastOptions(entry),
      ...("synthesis" in entry.options.shape && { synthesis: "shifted-features" }),
      ...{ calibration, calibrationFolds: 2, seed: 1, ...options },
    });

  it("flags rows with a change, says so, and leaves others as they are", async () => {
    const training = plant(120);
    const model = await create().fit(training);
    const same = plant(40);
    const [still, a, b, mode] = ["still", "a", "b", "mode"].map(
      (name) => same.columns.find((column) => column.name === name)!,
    );
    const changed: Table = {
      ...same,
      columns: [
        a!,
        b!,
        mode!,
        { ...still!, values: Float64Array.from({ length: 40 }, (_, row) => row % 2) } as never,
      ],
    };
    const [before, after] = [await model.score(same), await model.score(changed)];
    const least = 1 / (model.card.data.calibration + 1);
    after.isAnomaly.forEach((flag, row) => {
      if (row % 2 === 0) {
        expect(after.scores[row]).toBe(before.scores[row]);
        expect(after.pValues[row]).toBe(before.pValues[row]);
      } else {
        expect(flag).toBe(1);
        expect(after.scores[row]).toBeGreaterThan(after.threshold);
        expect(after.pValues[row]).toBe(Math.fround(least));
      }
    });
    expect(after.notes.changed).toEqual({ still: { cells: 20, example: "1", training: "0" } });
    // Another rule, written into the file, is exceeded as well.
    const strict = await model.withThreshold({ ...model.card.threshold, threshold: 1e6 });
    expect((await strict.score(changed)).isAnomaly).toEqual(after.isAnomaly.map((_, row) => row % 2));
    expect((await (await Model.fromBytes(model.toBytes())).score(changed)).scores).toEqual(after.scores);
  });

  it("does nothing but say so where it is told to ignore them", async () => {
    const training = plant(120);
    const model = await create({ constantColumns: "ignore" }).fit(training);
    const changed = plant(20, () => 9, "manual");
    const { scores, notes } = await model.score(changed);
    const without = { ...changed, columns: changed.columns.filter(({ name }) => name < "c") };
    expect(scores).toEqual((await model.score(without)).scores);
    expect(Object.keys(notes.changed)).toEqual(["still", "mode"]);
  });
});

describe("windows of a series", () => {
  it("are flagged where any of their steps has a change", async () => {
    const layout = { window: 6, stride: 3 };
    const model = await new Knn().fit(seriesFromTable(plant(300), layout));
    const windows = seriesFromTable(
      plant(60, (row) => (row === 20 ? 5 : 0)),
      layout,
    );
    const { isAnomaly, scores, threshold } = await model.score(windows);
    Array.from(windows.starts).forEach((start, window) => {
      const touched = start <= 20 && 20 < start + 6;
      if (touched) expect([isAnomaly[window], scores[window]! > threshold]).toEqual([1, true]);
    });
    expect(isAnomaly.reduce((sum, flag) => sum + flag, 0)).toBeLessThan(isAnomaly.length / 2);
  });
});

describe("a change among the rows that calibrate", () => {
  it("leaves it to the rule whether such rows are flagged", async () => {
    const training = plant(60, (row) => (row === 7 ? 3 : 0));
    let model: Model;
    let seed = 0;
    // Half of all splits train without the changed row.
    do model = await new Knn({ seed: seed++, calibrationFraction: 0.5 }).fit(training);
    while ((model.card.schema as TableSchema).constant!.length < 2);
    const scores = model.calibrationScores;
    const { pValues, isAnomaly } = await model.score(plant(10, () => 4));
    expect(new Set(pValues)).toEqual(new Set([Math.fround(2 / (scores.length + 1))]));
    expect(new Set(isAnomaly)).toEqual(new Set([1]));
    const threshold = falseAlarmsThreshold(scores, 1 / scores.length);
    const loose = await model.withThreshold(threshold);
    expect(new Set((await loose.score(plant(10, () => 4))).isAnomaly)).toEqual(new Set([0]));
  });
});

describe("drift", () => {
  it("is what a changed column is", async () => {
    const model = await new Knn().fit(plant(200));
    const report = await driftReport(
      model,
      plant(200, () => 1),
    );
    expect(report).toMatchObject({ drift: true, shifted: ["still"] });
    expect(report.features[0]).toMatchObject({
      name: "still",
      kind: "constant",
      unseen: 1,
      unseenExample: "1",
    });
    expect(await driftReport(model, plant(200))).toMatchObject({ drift: false, shifted: [] });
  });

  it("shows for a model that ignores such columns too, among the columns", async () => {
    const model = await new Knn({ constantColumns: "ignore" }).fit(plant(200));
    const report = await driftReport(
      model,
      plant(200, () => 1),
    );
    expect(report).toMatchObject({ drift: false, shifted: ["still"] });
  });
});
