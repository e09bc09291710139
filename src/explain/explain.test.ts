import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectRows } from "../data/index.js";
import {
  type Dataset,
  type ExplainOptions,
  explain,
  IsolationForest,
  imagesFrom,
  Knn,
  Model,
  patchMap,
  samplesOf,
  seriesFromTable,
  type Table,
  tableFromColumns,
  withNormalRows,
} from "../index.js";
import { createRandom } from "../math/random.js";
import { requireKeeping } from "./kept-rows.js";

const random = createRandom(17);
type Change = (columns: { a: number[]; b: number[]; c: number[]; kind: (string | null)[] }) => void;

/** Two columns that go together, one by itself with missing values, and a category. */
function plant(seed: number, rows: number, change: Change = () => {}): Table {
  const stream = random.stream("plant", seed);
  const a = Array.from({ length: rows }, () => 20 + stream.normal());
  const columns = {
    a,
    b: a.map((value) => value + 0.2 * stream.normal()),
    c: Array.from({ length: rows }, (_, row) => (row % 20 === 7 ? Number.NaN : stream.int(10))),
    kind: Array.from({ length: rows }, (): string | null => (stream.int(4) === 0 ? "red" : "blue")),
  };
  change(columns);
  return tableFromColumns(columns);
}

const training = plant(1, 400);
const odd = plant(2, 60, ({ a, b, c, kind }) => {
  a[0] = 30; // far off
  [a[1], b[1]] = [21.5, 18.5]; // each usual, not together
  c[2] = 60;
  kind[3] = "green";
  c[4] = Number.NaN;
});

let knn: Model;
let forest: Model;
beforeAll(async () => {
  knn = await new Knn({ seed: 1 }).fit(training);
  forest = await new IsolationForest({ seed: 1, trees: 50 }).fit(training);
});
afterAll(() => Promise.all([knn.close(), forest.close()]));

const total = ({
  baseline,
  rest,
  contributions,
}: Awaited<ReturnType<typeof explain>>["rows"][number]): number =>
  contributions.reduce((sum, { contribution }) => sum + contribution, baseline + rest);

describe("a model that keeps normal rows", () => {
  it("explains beside them as beside a background, by itself, and scores as before", async () => {
    const gaps = plant(4, 150, ({ c, kind }) => {
      for (let row = 0; row < 150; row++) {
        if (row % 3 === 0) c[row] = Number.NaN;
        if (row % 4 === 0) kind[row] = null;
      }
    });
    const trained = await new Knn({ seed: 1 }).fit(gaps);
    const model = await withNormalRows(trained, gaps, { rows: 40, seed: 3 });
    const loaded = await Model.fromBytes(model.toBytes());
    const { rows: kept, columns } = loaded.card.normalRows!;
    expect(kept).toHaveLength(40);
    expect([...kept].sort((a, b) => a - b)).toEqual(kept);
    const places = Uint32Array.from(kept);
    // What is kept is what was given, missing values and texts included.
    for (const { name, values } of columns) {
      const column = gaps.columns.find((each) => each.name === name)!;
      expect(values).toEqual(
        Array.from(places, (row) =>
          column.kind === "numeric"
            ? Number.isNaN(column.values[row]!)
              ? null
              : column.values[row]
            : (column.levels[column.codes[row]!] ?? null),
        ),
      );
    }
    expect(columns.filter(({ values }) => values.includes(null)).map(({ name }) => name)).toEqual([
      "c",
      "kind",
    ]);
    expect((await loaded.score(odd)).scores).toEqual((await trained.score(odd)).scores);

    const alone = await explain(loaded, odd, { rows: [0, 3] });
    const given = await explain(trained, odd, { rows: [0, 3], background: selectRows(gaps, places) });
    expect(alone.background).toMatchObject({ kind: "kept", rows: 40, flagged: 0 });
    expect(alone.warnings).toEqual([]);
    alone.rows.forEach((row, k) => {
      const { nearest, ...rest } = given.rows[k]!;
      // Only the names of the rows differ: those of the training data.
      expect(row).toEqual({ ...rest, nearest: nearest.map((each) => ({ ...each, row: kept[each.row] })) });
    });
    const { rows } = await explain(loaded, odd, { rows: [0], background: gaps });
    expect(rows).toEqual((await explain(trained, odd, { rows: [0], background: gaps })).rows);
    await Promise.all([trained, model, loaded].map((each) => each.close()));
  });

  it("keeps none that is flagged or an anomaly by its label, and refuses what it cannot keep", async () => {
    const { isAnomaly } = await knn.score(training);
    const labels = Int8Array.from({ length: 400 }, (_, row) => (row < 100 ? 1 : 0));
    const labelled = await withNormalRows(knn, samplesOf(training, { labels }), { rows: 1000 });
    const { rows } = labelled.card.normalRows!;
    expect(rows).toEqual([...isAnomaly.keys()].filter((row) => row >= 100 && isAnomaly[row] === 0));
    await labelled.close();
    await expect(withNormalRows(knn, training, { rows: 9 })).rejects.toThrow(/9 normal rows were to be kept/);
    await expect(withNormalRows(knn, plant(3, 5))).rejects.toThrow(
      /normal to the model; it keeps at least 10/,
    );
    const steps = seriesFromTable(training, { window: 5 });
    expect(() => requireKeeping(steps, 20)).toThrow(/Normal rows are kept of tables, and .* holds windows/);
  });
});

describe("explaining rows of a table", () => {
  it.each<[string, ExplainOptions]>([
    ["nearest", {}],
    ["the two largest of nearest", { method: "nearest", top: 2 }],
    ["shapley", { method: "shapley", samples: 3, background: training }],
  ])("adds up to the score: %s", async (_, options) => {
    for (const model of [knn, forest]) {
      const { rows } = await explain(model, odd, { ...options, changes: 0 });
      const { scores } = await model.score(odd);
      expect(rows.map(({ row }) => row).sort((a, b) => a - b)).toEqual([...scores.keys()]);
      for (const each of rows) {
        expect(total(each)).toBeCloseTo(scores[each.row]!, 5);
        expect(each.contributions.length).toBe(options.top ?? 4);
      }
      const order = rows.map(({ score }) => score);
      expect(order).toEqual(order.toSorted((a, b) => b - a));
    }
  });

  it("names what is odd about a row, and what would make it normal", async () => {
    const { rows, warnings } = await explain(knn, odd, { background: training, rows: [0, 1, 2, 3, 4] });
    expect(warnings.filter((text) => !/flagged by the model/.test(text))).toEqual([]);
    const of = (row: number) => rows.find((each) => each.row === row)!;
    expect(of(0).contributions[0]).toMatchObject({ feature: "a", value: 30 });
    expect(of(0).contributions[0]!.normal).toMatchObject({ kind: "numbers" });
    expect(
      new Set(
        of(1)
          .contributions.slice(0, 2)
          .map(({ feature }) => feature),
      ),
    ).toEqual(new Set(["a", "b"]));
    expect(of(2).contributions[0]).toMatchObject({ feature: "c", value: 60 });
    expect(of(3).contributions[0]).toMatchObject({ feature: "kind", value: "green" });
    expect(of(3).contributions[0]!.normal).toMatchObject({ texts: [{ text: "blue" }, { text: "red" }] });
    expect(of(4).contributions.find(({ feature }) => feature === "c")!.value).toBeNull();

    const ranges = { a: [15, 25], b: [15, 25], c: [0, 9] };
    for (const row of [0, 1, 2, 3]) {
      const { counterfactual, isAnomaly } = of(row);
      expect(isAnomaly).toBe(true);
      expect(counterfactual!.changes.length).toBe(1);
      const cells = Object.fromEntries(
        odd.columns.map((column) => [
          column.name,
          [column.kind === "numeric" ? column.values[row]! : (column.levels[column.codes[row]!] ?? null)],
        ]),
      );
      for (const { feature, to, from } of counterfactual!.changes) {
        expect(cells[feature]).toEqual([from]);
        const [low, high] = ranges[feature as keyof typeof ranges] ?? [];
        if (low === undefined) expect(["red", "blue"]).toContain(to);
        else expect(Number(to)).toSatisfy((value: number) => value >= low && value <= high!);
        cells[feature] = [to as string];
      }
      const { scores, isAnomaly: still } = await knn.score(
        tableFromColumns(cells as Record<string, string[] | number[]>),
      );
      expect(still[0]).toBe(0);
      expect(scores[0]).toBeCloseTo(counterfactual!.score, 5);
    }
  });

  it("says when no change was found, and looks for none where nothing is flagged", async () => {
    const all = explain(knn, odd, { background: training, threshold: -1 });
    await expect(all).rejects.toThrow(/the model takes none of 400 rows for normal/);
    const both = plant(3, 30, ({ a, c }) => {
      a[0] = 40;
      c[0] = 80;
    });
    const one = await explain(knn, both, { background: training, rows: [0, 1], changes: 1 });
    expect(one.rows[0]!.counterfactual).toBeNull();
    expect(one.rows[1]).not.toHaveProperty("counterfactual");
    const two = await explain(knn, both, { background: training, rows: [0] });
    expect(two.rows[0]!.counterfactual!.changes.map(({ feature }) => feature).sort()).toEqual(["a", "c"]);
  });

  it("without a background compares with other rows that the model takes for normal, and says so", async () => {
    const { background, warnings, rows } = await explain(knn, odd);
    expect(background).toMatchObject({ kind: "data", flagged: 0 });
    expect(background.rows).toBeLessThan(60);
    expect(warnings.join()).toMatch(/No normal rows were given/);
    const { pValues, isAnomaly } = await knn.score(odd);
    for (const { row, nearest } of rows) {
      for (const { row: other } of nearest) {
        expect(other).not.toBe(row);
        expect(isAnomaly[other]).toBe(0);
        expect(pValues[other]!).toBeGreaterThanOrEqual(0.1);
      }
    }
  });

  it("the nearest rows are the nearest, and a row among the background is its own nearest", async () => {
    const { rows, background } = await explain(knn, training, {
      background: training,
      rows: [5],
      changes: 0,
    });
    expect(background).toMatchObject({ kind: "given" });
    const [{ nearest, contributions, score, baseline }] = rows as [(typeof rows)[number]];
    expect(nearest[0]).toEqual({ row: 5, distance: 0 });
    expect(nearest.map(({ distance }) => distance)).toEqual(
      nearest.map(({ distance }) => distance).toSorted((a, b) => a - b),
    );
    const alone = await explain(knn, training, { background: training, rows: [5], neighbours: 1 });
    expect(alone.rows[0]!.contributions.every(({ contribution }) => contribution === 0)).toBe(true);
    expect(contributions.length).toBe(4);
    expect(baseline + contributions.reduce((sum, each) => sum + each.contribution, 0)).toBeCloseTo(score, 5);
  });

  it("the same seed gives the same values, and another one others", async () => {
    const run = (seed: number) => explain(knn, odd, { method: "shapley", samples: 2, seed, rows: [0, 1] });
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it("explains what is flagged alone when it is asked to, which may be nothing", async () => {
    const { isAnomaly } = await knn.score(odd);
    const { rows } = await explain(knn, odd, { flagged: true });
    expect(rows.length).toBe(isAnomaly.reduce((sum, flag) => sum + flag, 0));
    expect(rows.every((each) => each.isAnomaly)).toBe(true);
    expect((await explain(knn, odd, { flagged: true, threshold: 1e6 })).rows).toEqual([]);
  });

  it("refuses what has no meaning", async () => {
    const refused = (options: object, message: RegExp) =>
      expect(explain(knn, odd, options)).rejects.toThrow(message);
    await refused(
      { method: "lime" },
      /option "method" is "lime", expected exact, gradients, nearest or shapley/,
    );
    await refused({ samples: 4 }, /"samples" has no effect with method "nearest"/);
    await refused({ top: 0 }, /option "top" is 0, expected a whole number from 1/);
    await refused({ rows: [60] }, /option "rows" has 60, but <memory> has rows 0 to 59/);
    await refused({ backgrounds: training }, /no option "backgrounds" of explaining/);
    await refused({ background: plant(4, 9) }, /Of the background .* takes (none|\d+) of 9 rows for normal/);
    await refused({ background: tableFromColumns({ a: [1, 2] }) }, /lacks/);
    await expect(explain(knn, plant(5, 5))).rejects.toThrow(/has \d rows? that the model takes for normal/);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const stopped = explain(knn, odd, {
      signal: stop.signal,
      onProgress: () => stop.abort(),
      method: "shapley",
      samples: 400,
    });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("explaining windows and images", () => {
  /** Two channels in step; the second one drops out for a while. */
  function pump(seed: number, from: number, to: number, both = false): Dataset {
    const stream = random.stream("pump", seed);
    const usual = Array.from({ length: 400 }, (_, step) => Math.sin(step / 3) + 0.05 * stream.normal());
    const isOut = (step: number): boolean => step >= from && step < to;
    const level = usual.map((value, step) => (both && isOut(step) ? -3 : value));
    const flow = usual.map((value, step) => (isOut(step) ? 3 : value + 0.05 * stream.normal()));
    return seriesFromTable(tableFromColumns({ level, flow }), { window: 16, stride: 2 });
  }

  it("says which channel and which steps, once for windows that share steps", async () => {
    await using model = await new Knn({ seed: 1 }).fit(pump(1, 0, 0));
    const { rows, background } = await explain(model, pump(2, 200, 206), { flagged: true });
    expect(background.kind).toBe("data");
    expect(rows.length).toBeGreaterThan(0);
    const [worst] = rows;
    const starts = 2 * worst!.row;
    const { feature, steps } = worst!.contributions[0]!;
    expect(feature).toBe("flow");
    expect(starts + steps!.from).toBeLessThan(206);
    expect(starts + steps!.to).toBeGreaterThan(200);
    expect(total(worst!)).toBeCloseTo(worst!.score, 4);
    expect(worst!.contributions.length).toBe(16);
    // Of the windows over the fault one is explained; others may be flagged by chance.
    expect(rows.filter(({ row }) => 2 * row < 206 && 2 * row + 16 > 200).length).toBe(1);
    // Neighbours share no step with the window.
    for (const { row } of worst!.nearest) expect(Math.abs(row - worst!.row)).toBeGreaterThanOrEqual(8);
  });

  it("says which patch of an image", async () => {
    const stream = random.stream("images");
    const side = 16;
    const image = (spot: boolean) => ({
      ...{ height: side, width: side },
      data: Uint8Array.from({ length: side * side }, (_, at) =>
        spot && at % side >= 12 && at % side < 14 && at / side >= 4 && at / side < 6
          ? 255
          : 100 + stream.int(10),
      ),
    });
    const normal = imagesFrom(Array.from({ length: 60 }, () => image(false)));
    await using model = await new Knn({ seed: 1 }).fit(normal);
    const { rows } = await explain(model, imagesFrom([image(true)]), { background: normal });
    expect(rows[0]!.contributions[0]!.feature).toBe("patch 3,7");
    const { height, width, data } = patchMap(rows[0]!);
    expect([height, width]).toEqual([8, 8]);
    expect(data.indexOf(Math.max(...data))).toBe(2 * 8 + 6);
    expect(rows[0]!.counterfactual!.changes).toMatchObject([{ feature: "patch 3,7", from: 255 }]);
  });

  it("says which channel would have to be otherwise, and when, or that none was found", async () => {
    await using model = await new Knn({ seed: 1 }).fit(pump(1, 0, 0));
    const given = { background: pump(4, 0, 0), flagged: true };
    const { rows, threshold } = await explain(model, pump(2, 200, 206), given);
    const { counterfactual, row } = rows.find(({ row }) => 2 * row < 206 && 2 * row + 16 > 200)!;
    expect(counterfactual!.score).toBeLessThanOrEqual(threshold);
    for (const { feature, steps, from, to } of counterfactual!.changes) {
      expect(feature).toBe("flow");
      expect(2 * row + steps!.from).toBeLessThan(206);
      expect(2 * row + steps!.to).toBeGreaterThan(200);
      expect(Math.abs(Number(to))).toBeLessThan(Math.abs(Number(from)));
    }
    const both = await explain(model, pump(2, 200, 206, true), { ...given, changes: 1 });
    expect(both.rows.find(({ row }) => 2 * row < 206 && 2 * row + 16 > 200)!.counterfactual).toBeNull();
  });

  it("exchanges a region that holds together, and no more of it than allowed", async () => {
    const stream = random.stream("regions");
    const side = 32;
    // A bar over three patches beside each other, of 4 x 4 pixels each.
    const image = (bar: boolean) => ({
      ...{ height: side, width: side },
      data: Uint8Array.from({ length: side * side }, (_, at) => {
        const [y, x] = [Math.floor(at / side), at % side];
        return bar && y >= 9 && y < 11 && x >= 8 && x < 20 ? 255 : 100 + stream.int(10);
      }),
    });
    const normal = imagesFrom(Array.from({ length: 60 }, () => image(false)));
    await using model = await new Knn({ seed: 1, contrast: "none" }).fit(normal);
    const odd = imagesFrom([image(true)]);
    const { rows, threshold } = await explain(model, odd, { background: normal });
    const { counterfactual } = rows[0]!;
    expect(counterfactual!.score).toBeLessThanOrEqual(threshold);
    expect(counterfactual!.changes.map(({ feature }) => feature).sort()).toEqual([
      "patch 3,3",
      "patch 3,4",
      "patch 3,5",
    ]);
    const [few] = (await explain(model, odd, { background: normal, changes: 2 })).rows;
    expect(few!.counterfactual).toBeNull();
  });
});
