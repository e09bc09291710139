import { beforeAll, describe, expect, it } from "vitest";
import { observations, selectRowsOf } from "../features/index.js";
import {
  evaluate,
  imagesFrom,
  Knn,
  type Model,
  type Samples,
  samplesOf,
  seriesFromTable,
  tableFromColumns,
} from "../index.js";
import { createRandom } from "../math/random.js";
import { flatFigures, runJob } from "./compare/job.js";
import { protocolSplit } from "./compare/protocol.js";
import { evaluateScores } from "./evaluate.js";

const random = createRandom(21);

/** Two columns that go together for normal rows; one row in eight is an anomaly, one in thirteen has no label. */
function plant(seed: number, rows: number): Samples {
  const stream = random.stream("plant", seed);
  const labels = Int8Array.from({ length: rows }, (_, row) => (row % 13 === 5 ? -1 : row % 8 === 3 ? 1 : 0));
  const a = Float64Array.from({ length: rows }, () => stream.normal());
  const b = a.map((value, row) => (labels[row] === 1 ? -value : value) + 0.3 * stream.normal());
  return samplesOf(tableFromColumns({ a, b }), { labels, labelColumn: "verdict" });
}

const WINDOW = 16;
/** A sine that runs faster from step 600 to 700. */
function pump(seed: number, { from = 600, to = 700, steps = 1000, stride = 4 } = {}): Samples {
  const stream = random.stream("pump", seed);
  const odd = (step: number): boolean => step >= from && step < to;
  let phase = 0;
  const level = Float64Array.from({ length: steps }, (_, step) => {
    phase += odd(step) ? 0.9 : 0.4;
    return Math.sin(phase) + 0.1 * stream.normal();
  });
  const labels = Int8Array.from({ length: steps }, (_, step) => Number(odd(step)));
  const series = seriesFromTable(tableFromColumns({ level }), { window: WINDOW, stride });
  return samplesOf(series, { rows: "time-steps", rowCount: steps, labels });
}

describe("evaluate", () => {
  let model: Model;
  let test: Samples;
  beforeAll(async () => {
    model = await new Knn({ seed: 1 }).fit(plant(1, 600));
    test = plant(2, 400);
  });

  it("leaves unlabelled rows out, and counts them", async () => {
    const found = await evaluate(model, test);
    const labels = Array.from(test.labels!);
    expect(found.counts).toEqual({
      normals: labels.filter((label) => label === 0).length,
      anomalies: labels.filter((label) => label === 1).length,
      unlabelled: labels.filter((label) => label === -1).length,
      uncovered: 0,
    });
    const labelled = Uint32Array.from(labels.keys()).filter((row) => labels[row]! >= 0);
    expect(await evaluate(model, selectRowsOf(test, labelled))).toEqual({
      ...found,
      counts: { ...found.counts, unlabelled: 0 },
    });
    expect(found.ranking!.auroc).toBeGreaterThan(0.8);
    expect(found.untrained).toBeNull();
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it("measures the test part of a given split", async () => {
    const part = Uint32Array.from({ length: 150 }, (_, k) => 2 * k);
    const split = { train: Uint32Array.of(1, 3), test: part };
    const own = await evaluate(model, samplesOf(test, { split }));
    expect(own).toEqual(await evaluate(model, selectRowsOf(test, part)));
    expect(own.counts.normals + own.counts.anomalies + own.counts.unlabelled).toBe(150);
  });

  it("states what calibration promised for the stored threshold, and nothing for another", async () => {
    const { decision } = await evaluate(model, test);
    expect(decision.expectedFalseAlarmRate).toBe(model.card.threshold.expectedFalseAlarmRate ?? null);
    const other = await evaluate(model, test, { threshold: 1 });
    expect(other.decision).toMatchObject({ threshold: 1, expectedFalseAlarmRate: null });
    const { scores } = await model.score(test);
    const flagged = scores.filter((score, row) => score > 1 && test.labels![row]! >= 0).length;
    expect(other.decision.truePositives + other.decision.falsePositives).toBe(flagged);
  });

  it("gives decisions without a ranking where all rows are of one class", async () => {
    const rows = (label: number) =>
      Uint32Array.from(test.labels!.keys()).filter((row) => test.labels![row] === label);
    const normal = await evaluate(model, selectRowsOf(test, rows(0)));
    expect(normal).toMatchObject({ ranking: null, untrained: null, decision: { recall: null } });
    expect(normal.notes[0]).toContain("All rows are normal");
    const odd = await evaluate(model, selectRowsOf(test, rows(1)));
    expect(odd).toMatchObject({ ranking: null, decision: { falseAlarmRate: null } });
  });

  it("refuses samples without labels, and without a single one", async () => {
    await expect(evaluate(model, samplesOf(test.data))).rejects.toMatchObject({
      code: "unfit-data",
      message: expect.stringContaining("has no labels: measuring a model needs rows"),
    });
    const none = samplesOf(test.data, { labels: new Int8Array(400).fill(-1), labelColumn: "verdict" });
    await expect(evaluate(model, none)).rejects.toThrow(/no row has a label in "verdict"/);
  });

  it("has the figures that a comparison has on the same split, to the last digit", async () => {
    const samples = plant(3, 500);
    const protocol = { protocol: "one-class", maxTrain: 5000, maxTest: 5000 } as const;
    const contestant = { name: "knn", detector: "knn", options: {} };
    const row = await runJob({ dataset: "plant", samples, contestant, seed: 4, protocol });
    const { train, test: part } = protocolSplit({ ...samples, labels: samples.labels! }, 4, protocol);
    const own = await new Knn({ seed: 4 }).fit(selectRowsOf(samples, train).data);
    const figures = flatFigures(await evaluate(own, selectRowsOf(samples, part)));
    expect(row).toMatchObject({ ...figures, trainRows: train.length, testRows: part.length });
  });
});

describe("a series", () => {
  let model: Model;
  beforeAll(async () => {
    model = await new Knn({ seed: 1 }).fit(pump(1, { from: 2000, to: 2000, stride: 2 }));
  });

  it("is evaluated by its time steps, by ranges too, up to the model's window", async () => {
    const { ranking, ranges, counts } = await evaluate(model, pump(2));
    expect(ranking!.auroc).toBeGreaterThan(0.9);
    expect(ranges).toMatchObject({ window: WINDOW });
    expect(ranges!.vusPr).toBeGreaterThan(0.7);
    // The last windows end at step 1000.
    expect(counts).toEqual({ normals: 900, anomalies: 100, unlabelled: 0, uncovered: 0 });
  });

  it("warns of the highest of several windows", async () => {
    const { notes } = await evaluate(model, pump(2), { combine: "max" });
    expect(notes.join()).toContain("The highest of several windows is compared with single ones");
    expect((await evaluate(model, pump(2))).notes.join()).not.toContain("The highest");
  });

  it("says which labelled steps no window covers", async () => {
    const { counts, notes } = await evaluate(model, pump(2, { stride: 5 }));
    // 984 is no multiple of 5: the last window begins at 980 and ends with step 995.
    expect(counts.uncovered).toBe(4);
    expect(notes.join()).toContain("4 labelled rows");
  });

  it("has figures for the steps of the test part alone", async () => {
    const whole = pump(2);
    const rows = (from: number, to: number) => Uint32Array.from({ length: to - from }, (_, k) => from + k);
    const split = { train: rows(0, 500), test: rows(500, 1000) };
    const { counts, ranges } = await evaluate(model, samplesOf(whole, { split }));
    expect(counts).toEqual({ normals: 400, anomalies: 100, unlabelled: 0, uncovered: 0 });
    expect(ranges!.vusRoc).toBeGreaterThan(0.9);
  });

  it("of several entities, or of windows cut already, has no order for ranges", async () => {
    const { ranges, counts } = await evaluate(model, observations(pump(2)));
    expect(ranges).toBeUndefined();
    expect(counts.normals + counts.anomalies).toBe(pump(2).data.rowCount);
  });
});

describe("images", () => {
  it("are evaluated one by one", async () => {
    const stream = random.stream("images");
    const image = (lying: boolean) => ({
      height: 8,
      width: 8,
      channels: 1 as const,
      data: Uint8Array.from({ length: 64 }, (_, pixel) => {
        const place = lying ? Math.floor(pixel / 8) : pixel % 8;
        return (place % 4 < 2 ? 60 : 180) + 40 * stream.uniform();
      }),
    });
    const training = imagesFrom(Array.from({ length: 80 }, () => image(false)));
    const model = await new Knn().fit(training);
    const labels = Array.from({ length: 40 }, (_, k) => k % 4 === 0);
    const test = samplesOf(imagesFrom(labels.map(image)), { labels });
    const { ranking, counts } = await evaluate(model, test);
    expect(counts).toMatchObject({ normals: 30, anomalies: 10 });
    expect(ranking!.auroc).toBe(1);
    const scores = await model.score(test);
    expect((await evaluateScores(model, test, scores)).ranking).toEqual(ranking);
  });
});
