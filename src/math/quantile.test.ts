import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalCdf, normalQuantile } from "./normal.js";
import {
  conformalRank,
  iqr,
  MAD_TO_SIGMA,
  mad,
  mean,
  median,
  pearson,
  quantile,
  quantileSorted,
  quantiles,
  ranks,
  spearman,
  std,
} from "./quantile.js";
import { createRandom } from "./random.js";
import { argsort, selectInPlace, sortedCopy } from "./sort.js";

interface List {
  name: string;
  values: number[];
  qs: number[];
  linear: number[];
  lower: number[];
  higher: number[];
  mean: number;
  std0: number;
  std1: number | null;
  median: number;
  mad: number;
  iqr: number;
  ranks: number[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../test/golden/metrics/metrics_golden.json", import.meta.url), "utf8"),
) as {
  lists: List[];
  correlation: { x: number[]; y: number[]; pearson: number; spearman: number };
  normal: { p: number[]; ppf: number[]; z: number[]; cdf: number[] };
};

describe("against numpy and scipy", () => {
  for (const list of golden.lists) {
    it(list.name, () => {
      const sorted = sortedCopy(list.values);
      for (const method of ["linear", "lower", "higher"] as const) {
        expect(quantiles(list.values, list.qs, method)).toEqual(list[method]);
        expect(list.qs.map((q) => quantile(list.values, q, method))).toEqual(list[method]);
        expect(list.qs.map((q) => quantileSorted(sorted, q, method))).toEqual(list[method]);
      }
      const near = (actual: number, expected: number): void =>
        expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-13 * Math.max(1e-3, Math.abs(expected)));
      near(mean(list.values), list.mean);
      near(std(list.values), list.std0);
      if (list.std1 !== null) near(std(list.values, 1), list.std1);
      expect(median(list.values)).toBe(list.median);
      near(mad(list.values), list.mad);
      expect(iqr(list.values)).toBe(list.iqr);
      expect([...ranks(list.values)]).toEqual(list.ranks);
    });
  }

  it("the sheet's figures", () => {
    const values = [1, 2, 3, 4, 10];
    expect(quantile(values, 0.95)).toBeCloseTo(8.8, 12);
    expect(quantile(values, 0.9)).toBeCloseTo(7.6, 12);
    expect(std(values, 0)).toBeCloseTo(3.16227766, 8);
    expect(std(values, 1)).toBeCloseTo(3.53553391, 8);
  });

  it("correlations", () => {
    const { x, y } = golden.correlation;
    expect(pearson(x, y)).toBeCloseTo(golden.correlation.pearson, 13);
    expect(spearman(x, y)).toBeCloseTo(golden.correlation.spearman, 13);
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(spearman([1, 2, 3], [1e300, 1e301, Infinity])).toBeCloseTo(1, 14);
    expect(() => pearson([1, 2], [1])).toThrow(/2 and 1/);
  });

  it("normal distribution", () => {
    const { p, ppf, z, cdf } = golden.normal;
    p.forEach((value, i) => {
      expect(Math.abs(normalQuantile(value) - ppf[i]!)).toBeLessThanOrEqual(
        1e-13 * Math.max(1, Math.abs(ppf[i]!)),
      );
    });
    z.forEach((value, i) => {
      expect(Math.abs(normalCdf(value) / cdf[i]! - 1)).toBeLessThan(1e-12);
    });
    expect(1 / normalQuantile(0.75)).toBeCloseTo(MAD_TO_SIGMA, 14);
    expect([normalCdf(-Infinity), normalCdf(Infinity)]).toEqual([0, 1]);
  });
});

describe("quantile", () => {
  it("conformal: the ceil((n + 1) q)-th smallest, Infinity when there is none", () => {
    const nine = [9, 1, 8, 2, 7, 3, 6, 4, 5];
    expect(quantile(nine, 0.9, "conformal")).toBe(9);
    expect(quantile(nine, 0.5, "conformal")).toBe(5);
    expect(quantile(nine, 0.55, "conformal")).toBe(6);
    expect(quantile(nine, 0.91, "conformal")).toBe(Infinity);
    expect(quantile(nine, 0, "conformal")).toBe(1);
  });

  it("conformal rank is exact wherever (n + 1) q is an integer in decimals", () => {
    const wrong: string[] = [];
    for (let n = 1; n < 400; n++) {
      for (let percent = 0; percent <= 100; percent++) {
        const exact = Math.max(1, Math.ceil(((n + 1) * percent) / 100));
        if (conformalRank(n, percent / 100) !== exact) wrong.push(`${n} ${percent}%`);
        if (conformalRank(n, 1 - (100 - percent) / 100) !== exact) wrong.push(`${n} 1 - ${100 - percent}%`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("stays within infinities", () => {
    expect(quantile([1, 2, Infinity], 0.5)).toBe(2);
    expect(quantile([1, Infinity, Infinity], 0.75)).toBe(Infinity);
    expect(mad([Infinity, Infinity, 1])).toBe(0);
  });

  it("refuses what has no answer", () => {
    expect(() => quantile([], 0.5)).toThrow(/no values/);
    expect(() => quantile([1, Number.NaN], 0.5)).toThrow(/value 1 of 2/);
    expect(() => quantile([1], 1.01)).toThrow(/1.01/);
    expect(() => quantile([1], Number.NaN)).toThrow(/NaN/);
    expect(() => std([1], 1)).toThrow(/too few/);
    expect(() => mean([])).toThrow(/no values/);
  });
});

describe("sorting", () => {
  const anyNumbers = fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -3, max: 3 })), {
    maxLength: 60,
  });

  it("selection agrees with sorting, at every k", () => {
    fc.assert(
      fc.property(anyNumbers, (values) => {
        const sorted = sortedCopy(values);
        for (let k = 0; k < values.length; k++) {
          expect(selectInPlace(Float64Array.from(values), k) === sorted[k]).toBe(true);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("the radix path is a stable ascending sort, like the short path", () => {
    const stream = createRandom(1).stream("sort");
    const special = [0, -0, Infinity, -Infinity, Number.MIN_VALUE, -Number.MAX_VALUE, 1, -1];
    const values = Array.from({ length: 5000 }, (_, i) =>
      i % 3 === 0 ? special[stream.int(special.length)]! : stream.normal() * 10 ** (stream.int(300) - 150),
    );
    const expected = Array.from(values.keys()).sort(
      (i, j) => (values[i]! < values[j]! ? -1 : values[i]! > values[j]! ? 1 : 0) || i - j,
    );
    expect([...argsort(values)]).toEqual(expected);
    expect([...argsort(Float32Array.from(values, (v) => Math.round(v)))]).toHaveLength(5000);
    expect([...argsort(new Float32Array(3000).fill(2))]).toEqual([...new Array(3000).keys()]);
    expect(() => argsort([1, Number.NaN], "scores")).toThrow(/scores: value 1/);
  });

  it("quantiles of massive ties take linear time", () => {
    const begun = performance.now();
    expect(quantile(new Float64Array(1_000_000).fill(3), 0.99)).toBe(3);
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});
