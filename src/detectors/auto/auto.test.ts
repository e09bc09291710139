/** `auto` computes what its documentation says, and stays sensible where data is not. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { samplesOf, selectRows, seriesFromTable, type Table, tableFromMatrix } from "../../data/index.js";
import { configureRuntime, Model } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { sparseUniform } from "../../nn/parameters.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { Auto } from "./auto.js";
import type { AutoInput } from "./options.js";

beforeAll(() => provideBackend(nodeBackend({ runtime: "native", cores: 1 })));
afterAll(() => configureRuntime());

type Rows = number[][];

/** Rows along a curve, with some noise. */
function curved(rows: number, columns = 4, seed = 1): Rows {
  const stream = createRandom(seed).stream("curved");
  return Array.from({ length: rows }, () => {
    const t = stream.normal();
    return Array.from({ length: columns }, (_, k) => Math.sin(t + k) + 0.3 * t + 0.1 * stream.normal());
  });
}

const options = { width: 16, members: 2, inputsPerUnit: 2, neighbours: 5, seed: 3 };
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const scoresOf = async (model: Model, rows: Rows): Promise<Float32Array> =>
  (await model.score(tableFromMatrix(rows))).scores;

/** The recipe in plain numbers, from docs/detectors/auto.md. */
function reference(all: Rows, queries: Rows, given: typeof options & { maxReferences?: number }): number[] {
  const random = createRandom(given.seed);
  const order = random.stream("split").permutation(all.length);
  const train = [...order.subarray(Math.round(0.2 * all.length))]
    .sort((a, b) => a - b)
    .map((row) => all[row]!);
  const d = train[0]!.length;
  const deviation = (values: readonly number[]): number =>
    Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
  const column = (k: number): number[] => train.map((row) => row[k]!);
  const scaling = Array.from({ length: d }, (_, k) => ({ shift: mean(column(k)), by: deviation(column(k)) }));
  const scaled = (row: readonly number[]): number[] =>
    row.map((value, k) => (value - scaling[k]!.shift) / scaling[k]!.by);
  const z = train.map(scaled);

  const most = given.maxReferences ?? 5000;
  const references =
    z.length <= most
      ? z
      : [...random.stream("references").sample(z.length, most).sort()].map((row) => z[row]!);
  const k = Math.min(given.neighbours, references.length - 1);
  const neighbours = (x: readonly number[], own = -1) =>
    references
      .map((row, index) => ({
        index,
        distance: row.reduce((sum, value, c) => sum + Math.abs(value - x[c]!), 0),
      }))
      .filter(({ index }) => index !== own)
      .sort((a, b) => a.distance - b.distance)
      .slice(0, k);
  const near = references.map(neighbours);
  const reach = near.map((found) => found.at(-1)!.distance);
  const localOf = (found: ReturnType<typeof neighbours>): number =>
    mean(found.map(({ index }) => reach[index]!));
  const floorOf = (values: readonly number[]): number => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
    return 0.1 * (middle > 1e-6 ? middle : mean(values) + 1e-6);
  };
  const floors = {
    nearest: floorOf(near.map((found) => found[0]!.distance)),
    reach: floorOf(reach),
    local: floorOf(near.map(localOf)),
  };
  const nearest = (found: ReturnType<typeof neighbours>): number =>
    Math.log(found[0]!.distance + floors.nearest);
  const relative = (found: ReturnType<typeof neighbours>): number =>
    Math.log(found.at(-1)!.distance + floors.reach) - Math.log(localOf(found) + floors.local);

  const { width } = given;
  const spheres = Array.from({ length: given.members }, (_, member) => {
    const stream = random.stream("sphere", member);
    const origin = Array.from({ length: d }, () => (stream.uniform() < 0.5 ? -0.5 : 0.5));
    const weight = new Float32Array(d * width);
    sparseUniform(d, width, Math.min(given.inputsPerUnit, d), Math.sqrt(6))(weight, stream);
    const hidden = (x: readonly number[]): number[] =>
      Array.from({ length: width }, (_, unit) => {
        const sum = x.reduce(
          (total, value, c) => total + (value - origin[c]!) * weight[c * width + unit]!,
          0,
        );
        return sum > 0 ? sum : 0.3 * sum;
      });
    const units = z.map(hidden);
    const centre = Array.from({ length: width }, (_, unit) => mean(units.map((row) => row[unit]!)));
    const covariance = centre.map((_, a) =>
      centre.map(
        (_, b) =>
          units.reduce((sum, row) => sum + (row[a]! - centre[a]!) * (row[b]! - centre[b]!), 0) /
          (units.length - 1),
      ),
    );
    const ridge = (1e-4 * covariance.reduce((sum, row, a) => sum + row[a]!, 0)) / width;
    const shrunk = covariance.map((row, a) =>
      row.map((value, b) => (1 - 1e-4) * value + (a === b ? ridge : 0)),
    );
    return (x: readonly number[]): number => {
      const apart = hidden(x).map((value, unit) => value - centre[unit]!);
      return solve(shrunk, apart).reduce((sum, value, unit) => sum + value * apart[unit]!, 0);
    };
  });
  const distance = (x: readonly number[]): number => mean(spheres.map((sphere) => sphere(x)));
  const leftOut = z.map((x) =>
    mean(
      spheres.map((sphere) => {
        const own = sphere(x);
        return own / (1 - Math.min((own + 1) / z.length, 0.999));
      }),
    ),
  );
  const sphereFloor = floorOf(leftOut);

  const standardised = (training: readonly number[]): ((value: number) => number) => {
    const [centre, spread] = [mean(training), Math.max(deviation(training), 0.01)];
    return (value) => (value - centre) / spread;
  };
  const views: ((x: readonly number[]) => number)[] = [];
  const byNearest = standardised(near.map(nearest));
  views.push((x) => byNearest(nearest(neighbours(x))));
  if (z.length >= 32) {
    const byRelative = standardised(near.map(relative));
    const bySphere = standardised(leftOut.map((value) => Math.log(value + sphereFloor)));
    views.push((x) => byRelative(relative(neighbours(x))));
    views.push((x) => bySphere(Math.log(distance(x) + sphereFloor)));
  }
  return queries.map(scaled).map((x) => mean(views.map((view) => Math.log1p(Math.exp(view(x))))));
}

/** x of A x = b, by elimination. */
function solve(a: Rows, b: readonly number[]): number[] {
  const rows = a.map((row, k) => [...row, b[k]!]);
  const n = b.length;
  for (let at = 0; at < n; at++) {
    const pivot = rows
      .slice(at)
      .reduce((best, row, k) => (Math.abs(row[at]!) > Math.abs(rows[best]![at]!) ? at + k : best), at);
    [rows[at], rows[pivot]] = [rows[pivot]!, rows[at]!];
    for (let row = at + 1; row < n; row++) {
      const factor = rows[row]![at]! / rows[at]![at]!;
      for (let k = at; k <= n; k++) rows[row]![k]! -= factor * rows[at]![k]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let at = n - 1; at >= 0; at--) {
    const known = x.reduce((sum, value, k) => (k > at ? sum + rows[at]![k]! * value : sum), 0);
    x[at] = (rows[at]![n]! - known) / rows[at]![at]!;
  }
  return x;
}

/** Largest difference in relation to the size of what was expected, where that is above 1. */
function worst(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Math.max(
    ...Array.from(expected, (value, k) => Math.abs(found[k]! - value) / Math.max(1, Math.abs(value))),
  );
}

describe("the recipe", () => {
  const queries = [...curved(20, 4, 9), [0, 0, 0, 0], [5, -5, 5, -5], [100, 100, 100, 100]];

  it.each([
    ["three views", 200, {}, ["nearest", "relative", "sphere"], 160],
    [
      "neighbours looked for among some of the rows",
      400,
      { maxReferences: 100 },
      ["nearest", "relative", "sphere"],
      100,
    ],
    ["the smallest data with three views", 40, {}, ["nearest", "relative", "sphere"], 32],
    ["the nearest neighbour alone on fewer than 32 rows", 39, {}, ["nearest"], 31],
  ] as const)("%s", async (_, rows, extra, views, references) => {
    const data = curved(rows);
    const model = await new Auto({ ...options, ...extra }).fit(tableFromMatrix(data));
    expect(model.card.training).toMatchObject({ views, references });
    const expected = reference(data, queries, { ...options, ...extra });
    expect(worst(await scoresOf(model, queries), expected)).toBeLessThan(1e-3);
  });

  it("units of random encoders that look at many columns", async () => {
    const [data, own] = [curved(200, 6), { ...options, inputsPerUnit: 6 }];
    const model = await new Auto(own).fit(tableFromMatrix(data));
    const rows = [...curved(20, 6, 9), [5, -5, 5, -5, 5, -5]];
    expect(worst(await scoresOf(model, rows), reference(data, rows, own))).toBeLessThan(1e-3);
  });

  it("finds rows that go against the others, and rows that are far away", async () => {
    const model = await new Auto(options).fit(tableFromMatrix(curved(300)));
    const normal = await scoresOf(model, curved(200, 4, 7));
    const high = normal.toSorted()[189]!;
    for (const score of await scoresOf(model, [
      [2, -2, 2, -2],
      [30, 0, 0, 0],
      [1e6, 1e6, 1e6, 1e6],
    ]))
      expect(score).toBeGreaterThan(high);
  });
});

describe("windows of series", () => {
  const rows = (steps: number, part: string, level = (_: number) => 0): Rows => {
    const stream = createRandom("auto").stream(part);
    return Array.from({ length: steps }, (_, step) =>
      [0, 1].map((k) => Math.sin(step / 4 + k) + level(step) + 0.1 * stream.normal()),
    );
  };
  const cut = (table: Rows, window: number) => seriesFromTable(tableFromMatrix(table), { window, stride: 2 });

  it.each<[string, AutoInput, string[]]>([
    ["", { seed: 3 }, ["nearest", "deviation", "shift"]],
    [
      ", beside all that rows are where that is asked for",
      options,
      ["nearest", "relative", "sphere", "deviation", "shift"],
    ],
    [
      ", with how much they move where that is asked for",
      { seed: 3, movement: true },
      ["nearest", "deviation", "shift", "movement"],
    ],
  ])("are asked how far steps and levels are from the usual, each view apart%s", async (_, given, names) => {
    const model = await new Auto(given).fit(cut(rows(500, "past"), 12));
    expect(model.card.views).toEqual(names);
    expect(model.card.training).toMatchObject({ views: names });
    const today = cut(
      rows(200, "today", (step) => (step < 100 ? 0 : 3)),
      12,
    );
    const { scores, views } = await model.score(today);
    expect(Object.keys(views!)).toEqual(names);
    const joined = scores.map((_, row) =>
      mean(names.map((name) => Math.log1p(Math.exp(views![name]![row]!)))),
    );
    expect(worst(scores, joined)).toBeLessThan(1e-5);
    // Windows that begin at step 2 k: of those over the jump the level moves most.
    const most = views!["shift"]!.indexOf(Math.max(...views!["shift"]!));
    expect(Math.abs(2 * most + 6 - 100)).toBeLessThan(4);
    expect(Math.min(...views!["deviation"]!.subarray(52))).toBeGreaterThan(
      Math.max(...views!["deviation"]!.subarray(0, 40)),
    );
  });

  it("tell of a sensor that is stuck by how little it moves, over the steps that windows share as well", async () => {
    const model = await new Auto({ seed: 3, movement: true }).fit(cut(rows(500, "past"), 12));
    const stuck = rows(200, "today");
    for (let step = 101; step < 112; step++) stuck[step]![0] = stuck[100]![0]!;
    const today = cut(stuck, 12);
    const { views } = await model.score(today);
    // Twelve steps from 100 on have one value: a window that begins within four of it holds eight of them at least.
    const most = views!["movement"]!.indexOf(Math.max(...views!["movement"]!));
    expect(Math.abs(2 * most - 100)).toBeLessThanOrEqual(8);
    const usual = (await model.score(cut(rows(200, "today"), 12))).views!["movement"]!;
    expect(views!["movement"]![most]).toBeGreaterThan(1.2 * Math.max(...usual));
    for (const other of ["nearest", "deviation", "shift"])
      expect(views![other]![most]).toBeLessThan(Math.max(...views![other]!));
    const everyStep = seriesFromTable(tableFromMatrix(stuck), { window: 12, stride: 1 });
    const shared = await model.score({ ...samplesOf(everyStep), rows: "time-steps" });
    const peak = shared.views!["movement"]!.indexOf(Math.max(...shared.views!["movement"]!));
    expect(peak).toBeGreaterThanOrEqual(96);
    expect(peak).toBeLessThan(116);
  });

  it("cannot be asked of rows that are no windows", async () => {
    const asked = new Auto({ ...options, movement: true });
    // At once, and of however few rows: neighbours take long.
    for (const rows of [100, 36]) {
      const stages: string[] = [];
      const onProgress = ({ stage }: { stage: string }): void => void stages.push(stage);
      const fit = asked.fit(tableFromMatrix(curved(rows)), { onProgress });
      await expect(fit).rejects.toMatchObject({ code: "invalid-option" });
      expect(stages).not.toContain("training");
    }
    const warnings: string[] = [];
    await asked.fit(cut(rows(90, "past"), 12), { onWarning: (text) => warnings.push(text) });
    expect(warnings).toContainEqual(expect.stringContaining('Option "movement" has no effect'));
  });

  it("of a single step, or fewer than 32 of them, are rows of a table", async () => {
    const single = await new Auto(options).fit(cut(rows(200, "past"), 1));
    expect(single.card.views).toBeUndefined();
    const few = await new Auto(options).fit(cut(rows(90, "past"), 12));
    expect(few.card.training).toMatchObject({ views: ["nearest"] });
    expect(few.card.views).toBeUndefined();
  });
});

describe("what it promises", () => {
  const train = (data: Table, extra: AutoInput = {}): Promise<Model> =>
    new Auto({ ...options, ...extra }).fit(data);

  it("the same seed gives the same bytes, another one does not", async () => {
    const data = tableFromMatrix(curved(150));
    const bytes = (await train(data)).toBytes();
    expect((await train(data)).toBytes()).toEqual(bytes);
    expect((await train(data, { seed: 4 })).toBytes()).not.toEqual(bytes);
  });

  it("scores rows one by one as it does all at once, and any number of them", async () => {
    const model = await train(tableFromMatrix(curved(150)));
    const queries = tableFromMatrix(curved(40, 4, 8));
    const { scores } = await model.score(queries);
    for (const row of [0, 17, 39]) {
      const alone = await model.score(selectRows(queries, Uint32Array.of(row)));
      expect(alone.scores[0]).toBeCloseTo(scores[row]!, 5);
    }
    expect((await model.score(selectRows(queries, new Uint32Array(0)))).scores.length).toBe(0);
  });

  it.each([4, 20, 49, 100])(
    "scores rows of %i columns to the same bits, alone, in eights and all at once",
    async (columns) => {
      const model = await train(tableFromMatrix(curved(150, columns)));
      const queries = tableFromMatrix(curved(40, columns, 8));
      const { scores } = await model.score(queries);
      for (const size of [1, 8, 9]) {
        const parts: number[] = [];
        for (let from = 0; from < 40; from += size) {
          const rows = Uint32Array.from({ length: Math.min(size, 40 - from) }, (_, k) => from + k);
          parts.push(...(await model.score(selectRows(queries, rows))).scores);
        }
        expect(parts).toEqual([...scores]);
      }
    },
  );

  const awkward: [string, Rows][] = [
    ["every row there twice", [...curved(60), ...curved(60)]],
    ["a few rows many times", Array.from({ length: 200 }, (_, row) => [row % 3, (row % 3) ** 2, row % 2])],
    [
      "all rows the same but one",
      Array.from({ length: 100 }, (_, row) => [row === 50 ? 1 : 0, 2 * Number(row === 50), 0]),
    ],
    ["one column", curved(120, 1)],
    ["one column of two values", Array.from({ length: 100 }, (_, row) => [row % 2])],
    ["whole numbers on a grid", Array.from({ length: 144 }, (_, row) => [row % 12, Math.floor(row / 12)])],
    ["more columns than rows", curved(50, 80)],
    [
      "columns of very different size",
      curved(100).map(([a, b, c, d]) => [a! * 1e9, b! * 1e-9, c!, d! * 1e4]),
    ],
  ];

  it.each(awkward)("%s: scores are finite, and the strange row is above the others", async (_, data) => {
    const model = await train(tableFromMatrix(data));
    const strange = data[0]!.map((value, k) => value + (k % 2 === 0 ? 1 : -1) * 1e3 * (Math.abs(value) + 1));
    const scores = await scoresOf(model, [...data, strange]);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores.at(-1)).toBe(Math.max(...scores));
    expect(scores.at(-1)! > model.card.threshold.threshold).toBe(true);
    // A view that knows no differences among training rows does not drown the others.
    expect(scores.at(-1)).toBeLessThan(1e4);
  });

  it("WebAssembly computes the same, also where rounding is divided by little", async () => {
    const models = await Promise.all(
      [["curved", curved(150)] as const, ...awkward.slice(0, 5)].map(async ([, data]) => ({
        data: [...data, data[0]!.map((value) => value + 0.5)],
        bytes: (await train(tableFromMatrix(data))).toBytes(),
      })),
    );
    const native = await Promise.all(
      models.map(async ({ bytes, data }) => scoresOf(await Model.fromBytes(bytes), data)),
    );
    provideBackend(nodeBackend({ runtime: "wasm", cores: 1 }));
    try {
      for (const [k, { bytes, data }] of models.entries()) {
        const wasm = await scoresOf(await Model.fromBytes(bytes), data);
        expect(worst(wasm, native[k]!)).toBeLessThan(1e-5);
      }
    } finally {
      provideBackend(nodeBackend({ runtime: "native", cores: 1 }));
    }
  });

  it("stops when asked to, at every stage", async () => {
    const data = tableFromMatrix(curved(400));
    const stop = async (at: (stage: string, fraction: number) => boolean): Promise<void> => {
      const controller = new AbortController();
      const running = new Auto(options).fit(data, {
        signal: controller.signal,
        onProgress: ({ stage, fraction }) => {
          if (at(stage, fraction)) controller.abort();
        },
      });
      await expect(running).rejects.toMatchObject({ code: "aborted" });
    };
    await stop((stage) => stage === "preparing");
    await stop((stage, fraction) => stage === "training" && fraction === 0.5);
    await stop((stage, fraction) => stage === "training" && fraction === 0.75);
  });

  it("refuses options that are none", () => {
    expect(() => new Auto({ neighbours: 0 })).toThrow(expect.objectContaining({ code: "invalid-option" }));
    expect(() => new Auto({ neighbors: 5 } as AutoInput)).toThrow(/no option "neighbors"/);
  });
});
