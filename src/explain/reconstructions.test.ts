/** Where no normal rows may be kept, what a decoder makes of a row stands in for them. */
import { beforeAll, expect, it } from "vitest";
import {
  Autoencoder,
  type Dataset,
  type Explanation,
  explain,
  imagesFrom,
  Knn,
  type Model,
  Pca,
  seriesFromTable,
  type Table,
  tableFromColumns,
} from "../index.js";
import { createRandom } from "../math/random.js";

const random = createRandom(31);

/** Four columns of one cause, and a text that tells its sign; of odd rows one column is far from what the others say. */
function plant(seed: number, rows: number, odd: readonly number[] = []): Table {
  const stream = random.stream("plant", seed);
  const cause = Array.from({ length: rows }, () => stream.normal());
  const column = (k: number) =>
    cause.map(
      (value, row) => 10 * k + value + 0.1 * stream.normal() + (odd.includes(row) && k === 2 ? 6 : 0),
    );
  const columns = Object.fromEntries(["a", "b", "c", "d"].map((name, k) => [name, column(k)]));
  return tableFromColumns({ ...columns, sign: cause.map((value) => (value > 0 ? "up" : "down")) });
}
const training = plant(1, 300);
const one = plant(2, 1, [0]);

let autoencoder: Model;
let pca: Model;
beforeAll(async () => {
  autoencoder = await new Autoencoder({ seed: 1, members: 2, steps: 200, latentDim: 1 }).fit(training);
  pca = await new Pca({ components: 1 }).fit(training);
  return () => Promise.all([autoencoder.close(), pca.close()]).then(() => undefined);
});

const total = ({ baseline, rest, contributions }: Explanation): number =>
  contributions.reduce((sum, { contribution }) => sum + contribution, baseline + rest);

it("one row alone is explained beside its reconstruction, which the model takes for normal", async () => {
  for (const model of [autoencoder, pca]) {
    const { rows, background, warnings, threshold } = await explain(model, one);
    expect(background).toMatchObject({ kind: "reconstructions", rows: 1, flagged: 0 });
    expect(warnings.join()).toMatch(/what the model's decoder makes of it/);
    const [row] = rows;
    expect(row!.isAnomaly).toBe(true);
    expect(Math.abs(total(row!) - row!.score)).toBeLessThan(1e-4 * (1 + row!.score));
    expect(row!.contributions[0]!.feature).toBe("c");
    expect(row!.nearest).toMatchObject([{ row: 0 }]);
    // Put together again, it is a row that the model does not flag.
    const values = Object.fromEntries(
      row!.contributions.map(({ feature, nearest }) => [feature, [nearest!]]),
    );
    const { isAnomaly, scores } = await model.score(tableFromColumns(values as Record<string, number[]>));
    expect(isAnomaly[0]).toBe(0);
    expect(scores[0]).toBeCloseTo(row!.baseline, 4);
    expect(Object.keys(row!.contributions[0]!.normal)).toContain("median");
    // Rows within the range of training alone.
    const [low, high] = [Math.min, Math.max].map((end) =>
      end(...(training.columns[2]!.kind === "numeric" ? training.columns[2]!.values : [])),
    );
    const c = values["c"]![0] as number;
    expect(c).toBeGreaterThanOrEqual(low!);
    expect(c).toBeLessThanOrEqual(high!);
    // A decoder moves columns that are right, too, so that a change may take several.
    expect(row!.counterfactual!.score).toBeLessThanOrEqual(threshold);
    expect(row!.counterfactual!.changes.map(({ feature }) => feature)).toContain("c");
  }
});

it("stands in for normal rows where it is asked to, by every method", async () => {
  const odd = plant(3, 20, [4, 7]);
  for (const method of ["nearest", "shapley", "exact"] as const) {
    const { rows, background } = await explain(pca, odd, {
      background: "reconstructions",
      method,
      rows: [7, 4, 2],
    });
    expect(background.kind).toBe("reconstructions");
    for (const row of rows) {
      expect(Math.abs(total(row) - row.score)).toBeLessThan(1e-4 * (1 + row.score));
      for (const near of row.nearest) expect(near.row).toBe(row.row);
    }
    expect(
      rows.filter(({ isAnomaly }) => isAnomaly).map(({ contributions }) => contributions[0]!.feature),
    ).toEqual(["c", "c"]);
  }
  expect(
    (await explain(pca, odd, { background: "reconstructions", flagged: true, threshold: 1e9 })).rows,
  ).toEqual([]);
});

it("says so where the model flags what the decoder makes, and names no nearest normal row", async () => {
  const { rows, warnings } = await explain(autoencoder, one, { threshold: -1 });
  expect(warnings.join()).toMatch(/flagged by the model itself: they have no nearest normal row/);
  expect(rows[0]!.nearest).toEqual([]);
  expect(rows[0]!.contributions[0]).not.toHaveProperty("nearest");
  expect(rows[0]!.counterfactual).toBeNull();
  expect(Math.abs(total(rows[0]!) - rows[0]!.score)).toBeLessThan(1e-4 * (1 + rows[0]!.score));
});

it("of windows, channels and steps", async () => {
  const pump = (rows: number, at: number) => {
    const stream = random.stream("pump", rows);
    const level = Array.from({ length: rows }, (_, step) => Math.sin(step / 3) + 0.05 * stream.normal());
    const flow = level.map((value, step) => (step >= at && step < at + 4 ? 3 : value));
    return seriesFromTable(tableFromColumns({ level, flow }), { window: 8, stride: 1 });
  };
  await using model = await new Pca({ components: 3 }).fit(pump(300, 1000));
  const { rows, background } = await explain(model, pump(10, 4), { flagged: true });
  expect(background.kind).toBe("reconstructions");
  expect(rows[0]!.contributions[0]!.feature).toBe("flow");
  expect(Math.abs(rows[0]!.contributions[0]!.nearest as number)).toBeLessThan(2);
  expect(Math.abs(total(rows[0]!) - rows[0]!.score)).toBeLessThan(1e-4 * (1 + rows[0]!.score));
});

it("refuses models that cannot give values of the data back", async () => {
  const stream = random.stream("images");
  const images = imagesFrom(
    Array.from({ length: 40 }, () => ({
      height: 4,
      width: 4,
      data: Uint8Array.from({ length: 16 }, () => stream.int(250)),
    })),
  );
  const refused = async (model: Model, data: Dataset, message: RegExp) => {
    await expect(explain(model, data, { background: "reconstructions" })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/as option "background"/),
    });
    await model.close();
  };
  await refused(
    await new Pca({ components: 2 }).fit(images),
    images,
    /images come out of it without the brightness/,
  );
  await refused(await new Knn().fit(training), one, /keeps no decoder/);
  await refused(await new Pca({ score: "mahalanobis" }).fit(training), one, /keeps no decoder/);
  await refused(
    await new Pca({ calibration: "cross", calibrationFolds: 2 }).fit(training),
    one,
    /several folds/,
  );
  await expect(explain(pca, one, { background: "kept" as never })).rejects.toThrow(
    /"background" is "kept", expected/,
  );
});
