/** Exact terms: they add up to the score, they are what a fresh computation says, and they stay with the model. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  Autoencoder,
  type Dataset,
  type ExplainOptions,
  explain,
  IsolationForest,
  imagesFrom,
  Knn,
  type KnnInput,
  Model,
  type NormalRange,
  Pca,
  seriesFromTable,
  type Table,
  tableFromColumns,
  withContributions,
} from "../index.js";
import { createRandom } from "../math/random.js";
import { percentileThreshold } from "../scoring/index.js";

const random = createRandom(23);

/** Two columns in step, one alone, a category, and one that is constant in training. */
function plant(seed: number, rows: number, odd = false): Table {
  const stream = random.stream("plant", seed);
  const a = Array.from({ length: rows }, () => stream.normal());
  const b = a.map((value) => value + 0.1 * stream.normal());
  const c = Array.from({ length: rows }, () => stream.normal());
  const kind = Array.from({ length: rows }, () => ["red", "blue", "grey"][stream.int(3)]!);
  const fixed = Array(rows).fill(7);
  if (odd) {
    [a[0], b[0]] = [1.5, -1.5];
    c[1] = 9;
    kind[2] = "green";
    fixed[3] = 8;
  }
  return tableFromColumns({ a, kind, b, fixed, c });
}
const training = plant(1, 300);
const today = plant(2, 12, true);
const NAMES = ["a", "b", "c", "fixed", "kind"];

/** Contributions of every row by name. */
async function exact(model: Model, data: Dataset): Promise<Record<string, number>[]> {
  const { rows } = await explain(model, data, { method: "exact", background: training, changes: 0 });
  return rows
    .toSorted((x, y) => x.row - y.row)
    .map(({ contributions }) =>
      Object.fromEntries(contributions.map((each) => [each.feature, each.contribution])),
    );
}

const sum = (values: Record<string, number>): number =>
  Object.values(values).reduce((all, each) => all + each, 0);
const top = (values: Record<string, number>): string => Object.keys(values)[0]!;

const settings: readonly (readonly [string, () => Promise<Model>])[] = [
  ["autoencoder", () => new Autoencoder({ seed: 1, members: 2, steps: 150 }).fit(training)],
  ["pca", () => new Pca({ components: 2 }).fit(training)],
  ["mahalanobis", () => new Pca({ score: "mahalanobis" }).fit(training)],
  ...(["largest", "mean", "median", "root-mean-square"] as const).map(
    (method) => [`knn ${method}`, () => new Knn({ k: 4, method }).fit(training)] as const,
  ),
];

describe.each(settings)("terms of %s", (name, trained) => {
  let model: Model;
  beforeAll(async () => {
    model = await trained();
    return () => model.close();
  });

  it("add up to the score, name what is odd, and are none in rows without a change", async () => {
    const { scores } = await model.score(today);
    const rows = await exact(model, today);
    rows.forEach((values, row) => {
      expect(Object.keys(values).sort()).toEqual(NAMES);
      expect(Math.abs(sum(values) - scores[row]!)).toBeLessThan(1e-5 * (1 + scores[row]!));
      expect(Math.min(...Object.values(values))).toBeGreaterThanOrEqual(0);
      if (row !== 3) expect(values["fixed"]).toBe(0);
    });
    expect(top(rows[1]!)).toBe("c");
    if (name !== "pca") expect(top(rows[2]!)).toBe("kind");
    expect(rows[3]!["fixed"]).toBeGreaterThan(0);
    if (name === "mahalanobis") expect(rows[0]!["a"]! + rows[0]!["b"]!).toBeGreaterThan(0.9 * scores[0]!);
  });

  it("stand in the file when asked for, and change nothing else in it", async () => {
    const whole = await withContributions(model);
    expect(whole.card.contribution).toEqual({ method: "exact", baseline: 0, shape: [5], columns: NAMES });
    expect((await whole.score(today)).scores).toEqual((await model.score(today)).scores);
    expect(await withContributions(whole)).toBe(whole);
    const read = await Model.fromBytes(whole.toBytes());
    expect(await exact(read, today)).toEqual(await exact(model, today));
    const decided = await read.withThreshold(percentileThreshold(model.calibrationScores, 60));
    expect(decided.card.contribution).toEqual(whole.card.contribution);
    expect(await exact(decided, plant(3, 12))).toEqual(await exact(model, plant(3, 12)));
    const rules = { threshold: model.card.threshold, operatingPoints: {} };
    const calibrated = await whole.withCalibration({ scores: model.calibrationScores, ...rules });
    expect(await exact(calibrated, today)).toEqual(await exact(model, today));
    expect(await whole.untrainedScores(today)).toEqual(await model.untrainedScores(today));
    await Promise.all([whole, read, decided, calibrated].map((each) => each.close()));
  });
});

it("shares of Mahalanobis' distance are as the falls to what the other columns let expect", async () => {
  await using model = await new Pca({ score: "mahalanobis" }).fit(training);
  const names = ["a", "b", "c"];
  // The distance is a parabola in each column: three scores say where it is least.
  const at = (row: number, name: string, by: number): Table =>
    tableFromColumns(
      Object.fromEntries(
        today.columns.map((column) => [
          column.name,
          column.kind === "numeric"
            ? [column.values[row]! + (column.name === name ? by : 0)]
            : [column.levels[column.codes[row]!]!],
        ]),
      ),
    );
  const scoreOf = async (data: Table): Promise<number> => (await model.score(data)).scores[0]!;
  const values = await exact(model, today);
  for (const row of [0, 1]) {
    const falls: number[] = [];
    for (const name of names) {
      const [low, middle, high] = [
        await scoreOf(at(row, name, -2)),
        await scoreOf(at(row, name, 0)),
        await scoreOf(at(row, name, 2)),
      ];
      const [slope, bend] = [(high - low) / 4, (high + low - 2 * middle) / 8];
      falls.push(slope ** 2 / (4 * bend));
    }
    const own = names.map((name) => values[row]![name]!);
    falls.forEach((fall, k) => {
      expect(Math.abs(own[k]! / own[0]! - fall / falls[0]!)).toBeLessThan(2e-3 * (1 + fall / falls[0]!));
    });
  }
});

it("shares of a distance are those of the squares of its differences", async () => {
  const stream = random.stream("matrix");
  const table = (rows: number): Table =>
    tableFromColumns(
      Object.fromEntries(
        ["u", "v", "w"].map((name) => [name, Array.from({ length: rows }, () => stream.normal())]),
      ),
    );
  const [known, asked] = [table(200), table(8)];
  const options: KnnInput = { k: 3, method: "mean" };
  await using model = await new Knn(options).fit(known);
  const { numeric } = model.card.schema as unknown as {
    numeric: { name: string; center: number; scale: number }[];
  };
  const scaled = (data: Table, row: number): number[] =>
    numeric.map(({ center, scale }, k) => {
      const column = data.columns[k]!;
      return column.kind === "numeric" ? (column.values[row]! - center) / scale : Number.NaN;
    });
  const { rows } = await explain(model, asked, { method: "exact", background: known, changes: 0 });
  // Of all 200 rows, those that training held out are not searched: distances say which were.
  const { train } = await splitOf(options, known);
  for (const { row, contributions } of rows) {
    const own = scaled(asked, row);
    const nearest = Array.from(train, (at) => scaled(known, at).map((value, k) => (value - own[k]!) ** 2))
      .map((squares) => ({ squares, distance: Math.sqrt(squares.reduce((all, each) => all + each, 0)) }))
      .sort((x, y) => x.distance - y.distance)
      .slice(0, 3);
    for (const { feature, contribution } of contributions) {
      const k = numeric.findIndex(({ name }) => name === feature);
      const wanted = nearest.reduce((all, { squares, distance }) => all + squares[k]! / distance / 3, 0);
      expect(contribution).toBeCloseTo(wanted, 5);
    }
  }
});

async function splitOf(options: KnnInput, data: Table): Promise<{ train: Uint32Array }> {
  let train = new Uint32Array();
  await using _ = await new Knn(options).fit(data, {
    onSplit: (split) => {
      train = Uint32Array.from(split.train);
    },
  });
  return { train };
}

it("windows are explained by channel and steps, and images by patch", async () => {
  const stream = random.stream("pump");
  const level = (odd: boolean): Dataset =>
    seriesFromTable(
      tableFromColumns({
        level: Array.from({ length: 240 }, (_, step) => Math.sin(step / 3) + 0.05 * stream.normal()),
        flow: Array.from(
          { length: 240 },
          (_, step) => Math.cos(step / 3) + (odd && step > 120 && step < 125 ? 3 : 0),
        ),
      }),
      { window: 12, stride: 4 },
    );
  const normal = level(false);
  await using pump = await withContributions(await new Knn().fit(normal));
  expect(pump.card.contribution).toMatchObject({ shape: [12, 2], columns: ["level", "flow"] });
  const { rows } = await explain(pump, level(true), { method: "exact", background: normal, flagged: true });
  const { contributions, baseline, row, rest, score } = rows[0]!;
  expect(contributions[0]!.feature).toBe("flow");
  expect(4 * row + contributions[0]!.steps!.from).toBeLessThan(125);
  expect(4 * row + contributions[0]!.steps!.to).toBeGreaterThan(120);
  expect(contributions.reduce((all, each) => all + each.contribution, baseline + rest)).toBeCloseTo(score, 4);

  const image = (spot: boolean) => ({
    ...{ height: 16, width: 16 },
    data: Uint8Array.from({ length: 256 }, (_, at) =>
      spot && at === 5 * 16 + 13 ? 255 : 100 + stream.int(10),
    ),
  });
  const parts = imagesFrom(Array.from({ length: 60 }, () => image(false)));
  await using model = await withContributions(await new Pca({ components: 3, contrast: "none" }).fit(parts));
  expect(model.card.contribution).toEqual({ method: "exact", baseline: 0, shape: [16, 16] });
  const [odd] = (await explain(model, imagesFrom([image(true)]), { method: "exact", background: parts }))
    .rows;
  expect(odd!.contributions[0]!.feature).toBe("patch 3,7");
});

it("needs no normal rows, and says what columns were like from the card", async () => {
  await using model = await new Pca({ score: "mahalanobis" }).fit(training);
  const given: ExplainOptions = { method: "exact", flagged: true };
  const { rows, warnings, background } = await explain(model, plant(9, 4, true), given);
  expect(background).toMatchObject({ kind: "none", rows: 0 });
  expect(warnings.join()).toMatch(
    /too few that the model takes for normal: normal ranges are the first to the ninth/,
  );
  expect(rows.length).toBeGreaterThan(1);
  for (const { nearest, contributions, ...row } of rows) {
    expect(nearest).toEqual([]);
    expect(row).not.toHaveProperty("counterfactual");
    const of = (name: string) => contributions.find(({ feature }) => feature === name)!.normal;
    expect(of("fixed")).toEqual({ kind: "numbers", low: 7, median: 7, high: 7 });
    const c = of("c") as Extract<NormalRange, { kind: "numbers" }>;
    // Deciles of the normal distribution.
    expect([c.low, c.median, c.high].map((value) => Math.round(value) + 0)).toEqual([-1, 0, 1]);
    const kind = of("kind") as Extract<NormalRange, { kind: "texts" }>;
    expect(kind.texts.map(({ text }) => text).sort()).toEqual(["blue", "grey", "red"]);
  }
  await expect(explain(model, plant(9, 4, true), { flagged: true })).rejects.toThrow(
    /an explanation compares/,
  );
});

it("refuses scores that are no sums, and says which are", async () => {
  await using forest = await new IsolationForest({ trees: 10 }).fit(training);
  await expect(withContributions(forest)).rejects.toMatchObject({
    code: "invalid-option",
    message: expect.stringMatching(/isolation-forest is not a sum.*"knn", "pca", "autoencoder" is one/),
  });
  await expect(explain(forest, today, { method: "exact", background: training })).rejects.toThrow(
    /not a sum/,
  );
  await using folds = await new Knn({ calibration: "cross", calibrationFolds: 2 }).fit(training);
  await expect(withContributions(folds)).rejects.toThrow(/mean of detectors of several folds/);
});
