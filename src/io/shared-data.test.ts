import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { splitLabels } from "../data/labels.js";
import type { SeriesSet } from "../data/series/series.js";
import { profileTable } from "../data/table/profile.js";
import { open } from "./open.js";
import { readTable } from "./readers.js";

const folder = join(import.meta.dirname, "../../../shared/data/tabular");

/** File, rows, columns, type of X, anomalies, constant columns: the table in the data's README. */
const adbench: readonly [string, number, number, string, number, number][] = [
  ["1_ALOI", 49534, 27, "float64", 1508, 0],
  ["2_annthyroid", 7200, 6, "float64", 534, 0],
  ["4_breastw", 683, 9, "uint8", 239, 0],
  ["6_cardio", 1831, 21, "float64", 176, 0],
  ["7_Cardiotocography", 2114, 21, "float64", 466, 0],
  ["10_cover", 286048, 10, "int16", 2747, 0],
  ["12_fault", 1941, 27, "float64", 673, 0],
  ["14_glass", 214, 7, "float64", 9, 0],
  ["18_Ionosphere", 351, 32, "float64", 126, 0],
  ["19_landsat", 6435, 36, "float64", 1333, 0],
  ["21_Lymphography", 148, 18, "float64", 6, 0],
  ["23_mammography", 11183, 6, "float64", 260, 0],
  ["25_musk", 3062, 166, "float64", 97, 0],
  ["26_optdigits", 5216, 64, "float64", 150, 2],
  ["29_Pima", 768, 8, "float64", 268, 0],
  ["30_satellite", 6435, 36, "uint8", 2036, 0],
  ["31_satimage-2", 5803, 36, "float64", 71, 0],
  ["32_shuttle", 49097, 9, "int16", 3511, 0],
  ["38_thyroid", 3772, 6, "float64", 93, 0],
  ["40_vowels", 1456, 12, "float64", 50, 0],
  ["41_Waveform", 3443, 21, "float64", 100, 0],
  ["42_WBC", 223, 9, "float64", 10, 0],
  ["43_WDBC", 367, 30, "float64", 10, 0],
  ["45_wine", 129, 13, "float64", 10, 0],
  ["46_WPBC", 198, 33, "float64", 47, 0],
  ["../adbench-features/CIFAR10_4", 5263, 512, "float32", 263, 1],
];

const anomalies = (labels: Int8Array) => labels.filter((label) => label === 1).length;

describe.skipIf(!existsSync(folder))("real data", () => {
  it.each(adbench)("reads %s", async (name, rows, columns, dtype, expected, constant) => {
    const table = await readTable(join(folder, "adbench", `${name}.npz`));
    const { features, labels } = splitLabels(table, "y");
    expect([table.rowCount, features.columns.length]).toEqual([rows, columns]);
    const profile = profileTable(features).columns;
    const width = dtype === "float64" ? "float64" : "float32";
    expect(
      profile.every((column) => column.kind === "numeric" && column.dtype === width && column.missing === 0),
    ).toBe(true);
    expect(profile.filter((column) => column.constant).length).toBe(constant);
    expect(anomalies(labels)).toBe(expected);
    const buffers = features.columns.map((column) =>
      column.kind === "numeric" ? column.values.buffer : undefined,
    );
    expect(new Set(buffers).size).toBe(1);
  });

  it.each([
    ["KDDTrain+_20Percent", 25192, 11743],
    ["KDDTest+", 22544, 12833],
  ])("reads NSL-KDD %s", async (name, rows, expected) => {
    const table = await readTable(join(folder, "nsl-kdd", `${name}.csv.gz`));
    expect([table.rowCount, table.columns.length]).toEqual([rows, 43]);
    const categorical = table.columns.filter((column) => column.kind === "categorical");
    expect(categorical.map((column) => column.name)).toEqual(["protocol_type", "service", "flag", "attack"]);
    expect(table.warnings).toEqual([]);
    expect(anomalies(splitLabels(table, "attack", { normalLabel: "normal" }).labels)).toBe(expected);
    expect(() => splitLabels(table, "attack")).toThrow("normal/anomaly");
  });

  it("reads HTRU2", async () => {
    const table = await readTable(join(folder, "htru2/HTRU_2.csv.gz"));
    expect([table.rowCount, table.columns.length]).toEqual([17898, 9]);
    expect(table.columns.every((column) => column.kind === "numeric")).toBe(true);
    expect(anomalies(splitLabels(table, "class").labels)).toBe(1639);
  });
});

const series = join(folder, "../timeseries");

describe.skipIf(!existsSync(series))("windows that are found in real series", () => {
  /** Sampled every 5 minutes and every half hour: a day has 288 steps, and 48. */
  it.each([
    ["artificialWithAnomaly/art_daily_flatmiddle", 288],
    ["artificialWithAnomaly/art_daily_jumpsup", 288],
    ["artificialNoAnomaly/art_daily_small_noise", 288],
    ["realKnownCause/nyc_taxi", 48],
    ["artificialNoAnomaly/art_noisy", undefined],
    ["artificialNoAnomaly/art_flatline", undefined],
  ] as const)("nab/%s", async (name, period) => {
    const { data } = await open(join(series, "nab", `${name}.csv`), { timeColumn: "timestamp" });
    expect((data as SeriesSet).layout.found).toEqual(
      period === undefined ? {} : { period, autocorrelation: expect.any(Number) },
    );
  });
});
