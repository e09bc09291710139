import { describe, expect, it } from "vitest";
import { shots, things } from "../../../test/shots.js";
import {
  compare,
  imagesFrom,
  type Samples,
  samplesOf,
  seriesFromTable,
  tableFromColumns,
} from "../../index.js";
import { createRandom } from "../../math/random.js";
import { contestantsOf } from "./contestants.js";
import type { JobRow } from "./job.js";
import { DEFAULT_PROTOCOL, dealtTogether, protocolSplit } from "./protocol.js";
import { succeeded } from "./summary.js";

const random = createRandom(31);

function table(rows = 240): Samples {
  const stream = random.stream("table");
  const labels = Int8Array.from({ length: rows }, (_, row) => Number(row % 6 === 1));
  const a = Float64Array.from({ length: rows }, () => stream.normal());
  const b = a.map((value, row) => (labels[row] === 1 ? -value : value) + 0.3 * stream.normal());
  const every = Uint32Array.from({ length: rows }, (_, row) => row);
  const split = { train: every.slice(0, rows / 2), test: every.slice(rows / 2) };
  return samplesOf(tableFromColumns({ a, b }), { labels, split });
}

function series(): Samples {
  const stream = random.stream("series");
  const odd = (step: number): boolean => step % 500 >= 440;
  let phase = 0;
  const level = Float64Array.from({ length: 3000 }, (_, step) => {
    phase += odd(step) ? 0.9 : 0.4;
    return Math.sin(phase) + 0.1 * stream.normal();
  });
  const labels = Int8Array.from({ length: 3000 }, (_, step) => Number(odd(step)));
  const windows = seriesFromTable(tableFromColumns({ level }), { window: 16, stride: 4 });
  return samplesOf(windows, { rows: "time-steps", rowCount: 3000, labels });
}

function images(): Samples {
  const stream = random.stream("images");
  const labels = Array.from({ length: 120 }, (_, k) => k >= 100);
  const pixels = (lying: boolean) => ({
    height: 8,
    width: 8,
    channels: 1 as const,
    data: Uint8Array.from({ length: 64 }, (_, pixel) => {
      const place = lying ? Math.floor(pixel / 8) : pixel % 8;
      return (place % 4 < 2 ? 60 : 180) + 40 * stream.uniform();
    }),
  });
  return samplesOf(imagesFrom(labels.map(pixels)), { labels });
}

const aurocs = (rows: readonly JobRow[]): number[] => rows.filter(succeeded).map(({ auroc }) => auroc);

describe("compare", () => {
  it.each([
    ["tables", table],
    ["series", series],
    ["images", images],
  ])("ranks detectors on %s", async (_, make) => {
    const heard: JobRow[] = [];
    const { rows, summary, recommendation } = await compare([{ name: "own", samples: make() }], {
      detectors: ["knn", "pca"],
      seeds: [0, 1],
      onResult: (row) => heard.push(row),
    });
    expect(rows.map(({ dataset, detector, seed }) => [dataset, detector, seed])).toEqual([
      ["own", "knn", 0],
      ["own", "knn", 1],
      ["own", "pca", 0],
      ["own", "pca", 1],
    ]);
    expect(heard).toEqual(rows);
    expect(summary.failures).toEqual([]);
    expect(Math.max(...aurocs(rows))).toBeGreaterThan(0.9);
    expect(recommendation.detector).toMatch(/^(knn|pca)$/);
    for (const row of rows.filter(succeeded)) {
      expect(row.fitSeconds).toBeGreaterThan(0);
      expect(row.testRows).toBeGreaterThan(0);
    }
  });

  it("takes the same detector twice under two names, with options", async () => {
    const { rows } = await compare([table()], {
      detectors: ["knn", { name: "knn-40", detector: "knn", options: { k: 40 } }],
      protocol: "given",
    });
    expect(rows.map(({ detector }) => detector)).toEqual(["knn", "knn-40"]);
    const [a, b] = aurocs(rows);
    expect(a).not.toBe(b);
    // 120 rows are for training, every sixth an anomaly.
    expect(rows[0]).toMatchObject({ trainRows: 100, testRows: 120 });
  });

  it("reports failures as such, and goes on", async () => {
    const few = samplesOf(tableFromColumns({ a: [1, 2, 3, 4] }), { labels: [0, 0, 1, 1] });
    const unlabelled = samplesOf(table().data);
    const sets = [
      { name: "few", samples: few },
      { name: "unlabelled", samples: unlabelled },
      { name: "fine", samples: table() },
    ];
    const { rows, summary } = await compare(sets, { detectors: ["knn"] });
    expect(rows[0]!.error).toMatch(/training needs at least 30/);
    expect(rows[1]!.error).toMatch(/has no labels to compare detectors by/);
    expect(rows[2]!.error).toBeUndefined();
    expect(summary.failures).toHaveLength(2);
    const split = await compare([{ name: "images", samples: images() }], {
      detectors: ["knn"],
      protocol: "given",
    });
    expect(split.rows[0]!.error).toMatch(/has no split of its own/);
  });

  it("without a clock knows no times, and recommends the best", async () => {
    const { rows, recommendation } = await compare([table()], {
      detectors: ["knn", "pca"],
      meters: { seconds: () => Number.NaN },
    });
    expect(JSON.parse(JSON.stringify(rows[0]))).toMatchObject({ fitSeconds: null, peakMemoryMiB: null });
    expect(recommendation.sentences[0]).toMatch(
      /^Use \S+ here: it is ahead of \S+ by 0\.\d+ in mean AUROC\.$/,
    );
  });

  it("stops when told to", async () => {
    const stop = new AbortController();
    const running = compare([table()], {
      detectors: ["knn", "pca"],
      signal: stop.signal,
      onResult: () => stop.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "aborted" });
  });

  it("refuses nonsense before anything runs", async () => {
    const refused = (options: Parameters<typeof compare>[1], sets = [table()]) =>
      expect(compare(sets, { onResult: () => expect.unreachable(), ...options })).rejects;
    await refused({ detectors: ["knnn"] }).toMatchObject({
      code: "invalid-option",
      hint: expect.stringContaining('Did you mean "knn"?'),
    });
    await refused({ detectors: [] }).toThrow(/no detector/);
    await refused({ seeds: [] }).toThrow(/no seed/);
    await refused({}, []).toThrow(/no data set/);
    await refused({ maxTest: 0 }).toThrow(/maxTest is 0/);
    await refused({ protocol: "two-class" as never }).toThrow(/protocol is "two-class"/);
  });
});

it("takes data without labels for a failure, and no list for a mistake", async () => {
  const { rows } = await compare([table().data], { detectors: ["knn"] });
  expect(rows).toEqual([expect.objectContaining({ error: expect.stringContaining("no labels") })]);
  await expect(compare(table() as never)).rejects.toMatchObject({
    code: "invalid-option",
    hint: expect.stringContaining("[samples]"),
  });
  await expect(compare([null as never])).rejects.toMatchObject({ code: "unfit-data" });
  await expect(compare([table()], { maxTrains: 10 } as object)).rejects.toMatchObject({
    code: "invalid-option",
    message: 'There is no option "maxTrains" of compare.',
    hint: expect.stringContaining('"maxTrain"'),
  });
});

describe("contestantsOf", () => {
  it("checks options by the detector's schema, and says whose they are", () => {
    const given = (options: Record<string, unknown>) => () =>
      contestantsOf([{ name: "near", detector: "knn", options }]);
    expect(given({ k: 3 })()).toEqual([{ name: "near", detector: "knn", options: { k: 3 } }]);
    expect(given({ kk: 3 })).toThrow(/^near: There is no option "kk"/);
    expect(given({ k: -1 })).toThrow(/^near: k is -1/);
    expect(given({ seed: 1 })).toThrow(/near: a seed is given among its options/);
  });

  it("wants distinct names", () => {
    expect(() => contestantsOf(["knn", { detector: "knn", options: { k: 3 } }])).toThrow(
      /"knn" is the name of two detectors/,
    );
  });
});

describe("a comparison on several photographs of each thing", () => {
  it("has whole things in training, and others in the test", async () => {
    const stream = createRandom(1).stream("shots");
    const { images: photographs, thing } = shots(things(60, stream), stream, 3, 2);
    const samples = samplesOf(imagesFrom(photographs), { labels: thing.map((number) => number % 6 === 5) });
    const { rows } = await compare([samples], { detectors: ["pca"], seeds: [0, 1, 2] });
    const labels = Int8Array.from(thing, (number) => Number(number % 6 === 5));
    const plain = { data: samples.data, labels, split: undefined };
    const groups = await dealtTogether(plain, "one-class");
    const sizes = [0, 1, 2].map((seed) => protocolSplit(plain, seed, DEFAULT_PROTOCOL, groups).train.length);
    expect(rows.filter(succeeded).map(({ trainRows }) => trainRows)).toEqual(sizes);
    for (const seed of [0, 1, 2]) {
      expect(sizes[seed]).not.toBe(protocolSplit(plain, seed, DEFAULT_PROTOCOL).train.length);
    }
  });
});
