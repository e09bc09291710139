import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import {
  adjustedPValues,
  benjaminiHochberg,
  calibrationSizeForDiscovery,
  pValues,
  pValuesRandomized,
  storey,
} from "../index.js";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/metrics/metrics_golden.json", import.meta.url), "utf8"),
) as { fdr: { p: number[]; adjusted: number[] } };

const tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

describe("p-values", () => {
  it("the sheet's figures", () => {
    expect([...pValues(tenths, [0.05, 0.35, 0.9, 0.95, 2])]).toEqual([1.0, 0.7, 0.2, 0.1, 0.1]);
  });

  it("count, with ties and infinities, what a plain loop counts", () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Infinity, -Infinity));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 30 }),
        fc.array(value),
        (calibration, scores) => {
          const sorted = Float64Array.from(calibration).sort();
          const expected = scores.map(
            (s) => (1 + calibration.filter((c) => c >= s).length) / (sorted.length + 1),
          );
          expect([...pValues(sorted, scores)]).toEqual(expected);
          const coin = pValuesRandomized(sorted, scores, createRandom(1).stream("u"));
          coin.forEach((p, i) => {
            expect(p).toBeGreaterThan(0);
            expect(p).toBeLessThanOrEqual(expected[i]!);
          });
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it("randomised ones are uniform for normal rows however many ties there are", () => {
    const stream = createRandom(2).stream("tied");
    const n = 12_000;
    const counts = new Array<number>(10).fill(0);
    let conservative = 0;
    for (let i = 0; i < n; i++) {
      const calibration = Float64Array.from({ length: 19 }, () => stream.int(3)).sort();
      const score = [stream.int(3)];
      counts[Math.min(9, Math.floor(10 * pValuesRandomized(calibration, score, stream)[0]!))]! += 1;
      conservative += +(pValues(calibration, score)[0]! <= 0.3);
    }
    for (const count of counts) expect(Math.abs(count - n / 10)).toBeLessThan(4 * Math.sqrt(n * 0.09));
    expect(conservative / n).toBeLessThan(0.3 + 3 * Math.sqrt(0.21 / n));
  });

  it("refuse calibration that is missing or not sorted, and NaN", () => {
    expect(() => pValues([], [1])).toThrow(/no calibration scores/);
    expect(() => pValues([1, 3, 2], [1])).toThrow(/not sorted at index 2/);
    expect(() => pValues([1, Number.NaN], [1])).toThrow(/not sorted at index 1/);
    expect(() => pValues([1, 2], [Number.NaN])).toThrow(/value 0 of 1/);
  });
});

describe("false discoveries", () => {
  it("Benjamini-Hochberg on the sheet's p-values", () => {
    const p = pValues(tenths, [0.05, 0.35, 0.9, 0.95, 2]);
    expect(benjaminiHochberg(p, 0.1).count).toBe(0);
    expect(benjaminiHochberg(p, 0.2).count).toBe(0);
    expect(benjaminiHochberg(p, 0.3)).toMatchObject({ count: 2, cutoff: 0.1, nullShare: 1 });
    expect([...benjaminiHochberg(p, 0.3).rejected]).toEqual([0, 0, 0, 1, 1]);
    // Met exactly: p_(2) = 0.1 = 0.25 * 2 / 5.
    expect(benjaminiHochberg(p, 0.25).count).toBe(2);
    expect(benjaminiHochberg([0.1, 0.9, 0.9], 0.3).count).toBe(1);
    expect(benjaminiHochberg([], 0.1)).toMatchObject({ count: 0, cutoff: 0 });
  });

  it("adjusted p-values agree with scipy and with the step-up rule", () => {
    const { p, adjusted } = golden.fdr;
    adjustedPValues(p).forEach((value, i) => {
      expect(value).toBeCloseTo(adjusted[i]!, 13);
    });
    for (const alpha of [0.01, 0.05, 0.2, 0.5]) {
      const { rejected } = benjaminiHochberg(p, alpha);
      expect([...rejected]).toEqual(adjusted.map((q) => (q <= alpha ? 1 : 0)));
    }
  });

  it("Storey finds at least as much where anomalies are many", () => {
    const stream = createRandom(3).stream("storey");
    const p = Array.from({ length: 200 }, (_, i) => (i < 120 ? stream.uniform() ** 4 : stream.uniform()));
    const plain = benjaminiHochberg(p, 0.1);
    const more = storey(p, 0.1);
    expect(more.nullShare).toBeLessThan(0.75);
    expect(more.count).toBeGreaterThan(plain.count);
    expect(storey([0.9, 0.95, 0.8], 0.1)).toMatchObject({ nullShare: 1, count: 0 });
    expect(storey([], 0.1).count).toBe(0);
    // Never above lambda, where the estimate of the nulls comes from.
    expect([benjaminiHochberg([0.6, 0.6], 0.9).count, storey([0.6, 0.6], 0.9).count]).toEqual([2, 0]);
  });

  it("holds alpha on average with a shared calibration set, and finds something", () => {
    const stream = createRandom(4).stream("fdr");
    const alpha = 0.2;
    const rounds = 600;
    const rules = { benjaminiHochberg, storey };
    for (const rule of Object.values(rules)) {
      let sum = 0;
      let squares = 0;
      let power = 0;
      for (let r = 0; r < rounds; r++) {
        const calibration = Float64Array.from({ length: 200 }, () => stream.normal()).sort();
        const scores = Float64Array.from({ length: 50 }, (_, i) => stream.normal() + (i < 10 ? 3 : 0));
        const { rejected, count } = rule(pValues(calibration, scores), alpha);
        const hits = rejected.subarray(0, 10).reduce((a, b) => a + b, 0);
        const share = count === 0 ? 0 : (count - hits) / count;
        sum += share;
        squares += share * share;
        power += hits / 10;
      }
      const fdr = sum / rounds;
      const se = Math.sqrt((squares / rounds - fdr ** 2) / rounds);
      expect(fdr).toBeLessThanOrEqual(alpha + 2 * se);
      expect(power / rounds).toBeGreaterThan(0.6);
    }
  });

  it("says how much calibration one discovery takes", () => {
    expect(calibrationSizeForDiscovery(100, 0.1)).toBe(999);
    expect(calibrationSizeForDiscovery(1, 0.05)).toBe(19);
    const lone = (n: number): number => {
      const calibration = Float64Array.from({ length: n }, (_, i) => i);
      const scores = Float64Array.from({ length: 20 }, (_, i) => (i === 0 ? 1e9 : 0));
      return benjaminiHochberg(pValues(calibration, scores), 0.1).count;
    };
    expect(calibrationSizeForDiscovery(20, 0.1)).toBe(199);
    expect(lone(199)).toBe(1);
    expect(lone(198)).toBe(0);
  });

  it("refuses what is no p-value or level", () => {
    expect(() => benjaminiHochberg([0.5, 1.2], 0.1)).toThrow(/p-value 1 is 1.2/);
    expect(() => storey([Number.NaN], 0.1)).toThrow(/p-value 0 is NaN/);
    expect(() => benjaminiHochberg([0.5], 0)).toThrow(/alpha is 0/);
    expect(() => storey([0.5], 0.1, 1)).toThrow(/lambda is 1/);
    expect(() => calibrationSizeForDiscovery(0, 0.1)).toThrow(/m is 0/);
  });
});
