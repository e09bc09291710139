import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failedRow, goodRow } from "../../../test/comparison-rows.js";
import { criticalDifference, summarize } from "./summary.js";

const golden: { criticalValue: Record<string, number> } = JSON.parse(
  readFileSync(new URL("../../../test/golden/compare/nemenyi_golden.json", import.meta.url), "utf8"),
);
const of = (summary: ReturnType<typeof summarize>, name: string) =>
  summary.detectors.find(({ detector }) => detector === name)!;

describe("summarize", () => {
  it("takes means over data sets of means over seeds", () => {
    const summary = summarize([
      goodRow("a", "knn", 0, { auroc: 0.8, fitSeconds: 1 }),
      goodRow("a", "knn", 1, { auroc: 0.9, fitSeconds: 3 }),
      goodRow("b", "knn", 0, { auroc: 0.6, fitSeconds: 10 }),
    ]);
    const knn = of(summary, "knn");
    // Not 0.7667: a data set with more seeds weighs no more than another one.
    expect(knn.auroc).toBeCloseTo(0.725, 12);
    expect(knn.fitSeconds).toBeCloseTo(6, 12);
    expect(knn.aurocDeviation).toBeCloseTo(0.05 * Math.SQRT2 * 0.5, 12);
    expect(summary.criticalDifference).toBeUndefined();
  });

  it("leaves data sets out of everybody's means that one detector did not manage", () => {
    const summary = summarize([
      goodRow("a", "knn", 0, { auroc: 0.9 }),
      goodRow("b", "knn", 0, { auroc: 0.1 }),
      goodRow("a", "pca", 0, { auroc: 0.7 }),
      failedRow("b", "pca", 0),
    ]);
    expect(summary.common).toEqual(["a"]);
    expect(summary.detectors.map(({ detector, auroc, rank }) => [detector, auroc, rank])).toEqual([
      ["knn", 0.9, 1],
      ["pca", 0.7, 2],
    ]);
    expect(of(summary, "knn")).toMatchObject({ datasets: 2, failures: 0 });
    expect(of(summary, "pca")).toMatchObject({ datasets: 1, failures: 1 });
    expect(summary.failures).toEqual([{ dataset: "b", detector: "pca", seed: 0, error: "it broke" }]);
  });

  it("takes one failed seed for a failure on the data set, not for a mean over the other seeds", () => {
    const summary = summarize([
      goodRow("a", "knn", 0, { auroc: 0.9 }),
      failedRow("a", "knn", 1),
      goodRow("b", "knn", 0, { auroc: 0.5 }),
      goodRow("b", "knn", 1, { auroc: 0.7 }),
    ]);
    expect(summary.common).toEqual(["b"]);
    expect(of(summary, "knn").auroc).toBeCloseTo(0.6, 12);
  });

  it("does not wait for a detector that managed no data set at all", () => {
    const summary = summarize([
      failedRow("a", "broken", 0),
      failedRow("b", "broken", 0),
      goodRow("a", "knn", 0, { auroc: 0.8 }),
      goodRow("b", "knn", 0, { auroc: 0.8 }),
      goodRow("a", "pca", 0, { auroc: 0.9 }),
      goodRow("b", "pca", 0, { auroc: 0.9 }),
    ]);
    expect(summary.common).toEqual(["a", "b"]);
    expect(summary.detectors.map(({ detector }) => detector)).toEqual(["pca", "knn", "broken"]);
    expect(of(summary, "broken").auroc).toBeNaN();
    expect(of(summary, "broken").rank).toBeNaN();
    expect(of(summary, "pca").rank).toBe(1);
    expect(summary.criticalDifference).toBe(criticalDifference(2, 2));
  });

  it("shares ranks between equals", () => {
    const summary = summarize([
      goodRow("a", "x", 0, { auroc: 0.9 }),
      goodRow("a", "y", 0, { auroc: 0.9 }),
      goodRow("a", "z", 0, { auroc: 0.95 }),
      goodRow("b", "x", 0, { auroc: 0.5 }),
      goodRow("b", "y", 0, { auroc: 0.4 }),
      goodRow("b", "z", 0, { auroc: 0.3 }),
    ]);
    expect(["x", "y", "z"].map((name) => of(summary, name).rank)).toEqual([1.75, 2.25, 2]);
  });

  it("means figures of pixels for detectors that have them everywhere", () => {
    const pixels = (pixelAupro: number) => ({ pixelAuroc: 0.9, pixelAveragePrecision: 0.5, pixelAupro });
    const summary = summarize([
      goodRow("a", "maps", 0, pixels(0.8)),
      goodRow("b", "maps", 0, pixels(0.6)),
      goodRow("a", "half", 0, pixels(0.8)),
      goodRow("b", "half", 0),
      goodRow("a", "knn", 0),
      goodRow("b", "knn", 0),
    ]);
    expect(of(summary, "maps").pixelAupro).toBeCloseTo(0.7, 12);
    expect([of(summary, "half").pixelAupro, of(summary, "knn").pixelAuroc]).toEqual([null, null]);
  });

  it("has an untrained control only where every run has one", () => {
    const summary = summarize([
      goodRow("a", "svdd", 0, { untrainedAuroc: 0.8 }),
      goodRow("b", "svdd", 0, { untrainedAuroc: 0.6 }),
      goodRow("a", "knn", 0),
      goodRow("b", "knn", 0),
    ]);
    expect(of(summary, "svdd").untrainedAuroc).toBeCloseTo(0.7, 12);
    expect(of(summary, "knn").untrainedAuroc).toBeNull();
  });

  it("of failures only, and of nothing, has no figures", () => {
    expect(summarize([failedRow("a", "knn", 0)])).toMatchObject({
      common: [],
      criticalDifference: undefined,
    });
    expect(summarize([])).toEqual({
      detectors: [],
      common: [],
      criticalDifference: undefined,
      failures: [],
      notes: [],
    });
  });
});

describe("criticalDifference", () => {
  it("is Nemenyi's, with scipy's studentised range", () => {
    for (const [k, q] of Object.entries(golden.criticalValue)) {
      const detectors = Number(k);
      const expected = q * Math.sqrt((detectors * (detectors + 1)) / (6 * 25));
      expect(criticalDifference(detectors, 25)! / expected).toBeCloseTo(1, 4);
    }
  });

  it("is unknown for one detector, one data set, and more detectors than the table has", () => {
    expect([criticalDifference(1, 10), criticalDifference(3, 1), criticalDifference(21, 10)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
