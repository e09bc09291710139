import { describe, expect, it } from "vitest";
import {
  imagesFrom,
  samplesOf,
  seriesFromTable,
  seriesFromWindows,
  tableFromColumns,
} from "../data/index.js";
import {
  normalObservations,
  observations,
  rowValues,
  selectRowsOf,
  testPart,
  trainingPart,
} from "./samples.js";

const table = tableFromColumns({ a: [1, 2, 3, 4, 5, 6], b: ["x", "y", "x", "y", "x", "y"] });
const names = { columns: ["id"], of: (row: number) => [`r${row}`] };

describe("samples of a table", () => {
  it("take labels as numbers and as booleans", () => {
    expect(samplesOf(table, { labels: [0, 1, 0, -1, 0, 0] }).labels).toEqual(Int8Array.of(0, 1, 0, -1, 0, 0));
    const verdicts = [false, true, false, false, false, true];
    expect(samplesOf(table, { labels: verdicts }).labels).toEqual(Int8Array.of(0, 1, 0, 0, 0, 1));
  });

  it("refuse labels that do not fit the rows, or that mean nothing", () => {
    expect(() => samplesOf(table, { labels: [0, 1] })).toThrow(/2 labels for the 6 rows of <memory>/);
    expect(() => samplesOf(table, { labels: [0, 1, 2, 0, 0, 0] })).toThrow(
      /labels\[2\] is 2, expected 1 or true/,
    );
  });

  it("are kept by samplesOf, with what is known besides", () => {
    const first = samplesOf(table, { labels: [0, 0, 0, 0, 0, 1] });
    expect(samplesOf(first)).toEqual(first);
    expect(samplesOf(first, { names }).labels).toEqual(first.labels);
  });

  it("have parts by their given split, in which labels and names go with the rows", () => {
    const split = { train: Uint32Array.of(0, 2), test: Uint32Array.of(1, 3, 5) };
    const samples = samplesOf(table, { labels: [0, 1, 0, 1, 0, 1], names, split });
    const [training, test] = [trainingPart(samples), testPart(samples)];
    expect(training.labels).toEqual(Int8Array.of(0, 0));
    expect(test.labels).toEqual(Int8Array.of(1, 1, 1));
    expect(test.data).toMatchObject({ rowCount: 3, columns: [{ values: Float64Array.of(2, 4, 6) }, {}] });
    expect([0, 1, 2].map((row) => test.names!.of(row))).toEqual([["r1"], ["r3"], ["r5"]]);
    expect(test.split).toBeUndefined();
    expect(trainingPart(table).rowCount).toBe(6);
  });

  it("without labels are all to be learned from; with labels the normal ones are", () => {
    expect(normalObservations(samplesOf(table)).rowCount).toBe(6);
    const some = normalObservations(samplesOf(table, { labels: [0, 1, -1, 0, 1, -1] }));
    expect(some.data).toMatchObject({ rowCount: 2, columns: [{ values: Float64Array.of(1, 4) }, {}] });
    const none = samplesOf(table, { labels: [1, 1, -1, -1, -1, 1], labelColumn: "verdict" });
    expect(() => normalObservations(none)).toThrow(
      /label column "verdict" has no normal rows to learn from, only 3 anomalies and 3 rows without a label/,
    );
  });

  it("have masks that go with their images", async () => {
    const pixels = (value: number) => ({ height: 1, width: 1, data: Uint8Array.of(value) });
    const images = imagesFrom([pixels(1), pixels(2), pixels(3)]);
    const samples = samplesOf(images, { mask: async (row) => Uint8Array.of(row) });
    const picked = selectRowsOf(samples, Uint32Array.of(2, 0));
    expect(await picked.mask!(0)).toEqual(Uint8Array.of(2));
    expect(await picked.mask!(1)).toEqual(Uint8Array.of(0));
  });
});

describe("samples whose rows are time steps", () => {
  const steps = tableFromColumns({ level: Array.from({ length: 10 }, (_, step) => step) });
  const series = seriesFromTable(steps, { window: 4, stride: 2 });
  const labels = [0, 0, 0, 0, 0, 1, 0, 0, -1, 0];
  const samples = samplesOf(series, { rows: "time-steps", rowCount: 10, labels });

  it("become windows with an anomaly where any step is one", () => {
    // Windows begin at steps 0, 2, 4 and 6; step 5 is an anomaly, step 8 has no label.
    const each = observations(samples);
    expect(each).toMatchObject({ rows: "observations", rowCount: 4, labels: Int8Array.of(0, 1, 1, -1) });
  });

  it("have one value per step from one per window, NaN where no window is", () => {
    const values = rowValues(samples, Float32Array.of(1, 2, 3, 4));
    expect(Array.from(values)).toEqual([1, 1, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4, 4]);
    const maxima = rowValues(samples, Float32Array.of(1, 2, 3, 4), "max");
    expect(Array.from(maxima)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 4, 4]);
  });

  it("give windows to a part of the split if all of their steps belong to it", () => {
    const split = { train: Uint32Array.of(0, 1, 2, 3, 4, 5), test: Uint32Array.of(6, 7, 8, 9) };
    const each = observations(samplesOf(samples, { split }));
    expect(each.split).toEqual({ train: Uint32Array.of(0, 1), test: Uint32Array.of(3) });
  });

  it("stay time steps in the test part, where windows and labels of the others are gone", () => {
    const split = { train: Uint32Array.of(0, 1, 2, 3, 4), test: Uint32Array.of(5, 6, 7, 8, 9) };
    const test = testPart(samplesOf(samples, { split }));
    expect(test).toMatchObject({ rows: "time-steps", rowCount: 10, split: undefined });
    expect(test.data).toMatchObject({ rowCount: 1, starts: Uint32Array.of(6) });
    expect(test.labels).toEqual(Int8Array.of(-1, -1, -1, -1, -1, 1, 0, 0, -1, 0));
    expect(Array.from(rowValues(test, Float32Array.of(3)).subarray(6))).toEqual([3, 3, 3, 3]);
  });

  it("are windows themselves where these came as windows", () => {
    const cut = seriesFromWindows({ data: new Float32Array(12), windows: 3, steps: 4, channels: 1 });
    const own = samplesOf(cut, { labels: [0, 0, 1] });
    expect(observations(own)).toEqual(own);
    expect(rowValues(own, Float32Array.of(1, 2, 3))).toEqual(Float32Array.of(1, 2, 3));
  });
});
