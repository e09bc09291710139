import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { tieBound } from "../ties.js";
import { pValues } from "./p-values.js";
import { type SeasonTables, seasonalScore, seasonPart, seasonTables } from "./season.js";

const HOUR = 3600;
const at = (text: string): number => Date.parse(text) / 1000;

/** Scores and times of so many days, `perHour` in each hour, whose size depends on the hour. */
function scored(days: number, perHour: number, seed: number, size: (hour: number) => number) {
  const stream = createRandom(seed).stream("season");
  const [scores, times]: [number[], number[]] = [[], []];
  for (let hour = 0; hour < 24 * days; hour++) {
    for (let k = 0; k < perHour; k++) {
      scores.push(Math.fround(size(hour % 24) * Math.exp(0.5 * stream.normal())));
      times.push(HOUR * (hour + k / perHour));
    }
  }
  return { scores, times };
}

/** Loud days and quiet nights. */
const loud = (hour: number): number => (hour >= 6 && hour < 18 ? 10 : 0.1);

const pValueOf = (tables: SeasonTables, score: number, time: number): number =>
  pValues(tables.common, [tieBound(Math.fround(seasonalScore(tables, score, time)))])[0]!;

describe("parts of a season", () => {
  it("are hours by the clock, and of a week from Monday on", () => {
    const hours = { period: 24 * HOUR, parts: 24 };
    expect(seasonPart(at("2026-05-06T00:00:00Z"), hours)).toBe(0);
    expect(seasonPart(at("2026-05-06T13:00:00Z"), hours)).toBe(13);
    expect(seasonPart(at("2026-05-06T12:59:59.999Z"), hours)).toBe(12);
    expect(seasonPart(at("1969-12-31T23:00:00Z"), hours)).toBe(23);
    const days = { period: 7 * 24 * HOUR, parts: 7 };
    expect(seasonPart(at("2026-05-04T00:00:00Z"), days)).toBe(0);
    expect(seasonPart(at("2026-05-10T23:59:59Z"), days)).toBe(6);
  });

  it("are as many as leave each with enough scores", () => {
    const { scores, times } = scored(20, 5, 1, loud);
    expect(seasonTables(scores, times, "day", 99).parts).toBe(24);
    expect(seasonTables(scores, times, "day", 150)).toMatchObject({ parts: 12, fromAll: [] });
    expect(seasonTables(scores, times, "day", 1000).parts).toBe(2);
    expect(seasonTables(scores, times, "day", 1300)).toMatchObject({ parts: 1, fromAll: [] });
    // Three of each day but Wednesdays: a part in seven may be compared with all, and no more.
    expect(seasonTables(scores, times, "week", 99)).toMatchObject({ period: 7 * 24 * HOUR, parts: 21 });
    expect(seasonTables(scores, times, "week", 350)).toMatchObject({ parts: 7, fromAll: [2] });
    expect(seasonTables(scores, times, "week", 400)).toMatchObject({ period: 24 * HOUR, parts: 6 });
  });

  it("with too few scores of their own are compared with all", () => {
    const { scores, times } = scored(30, 5, 2, loud);
    const kept = times.flatMap((time, k) =>
      Math.floor(time / HOUR) % 24 === 3 && time > 2 * 24 * HOUR ? [] : [k],
    );
    const tables = seasonTables(
      kept.map((k) => scores[k]!),
      kept.map((k) => times[k]!),
      "day",
      99,
    );
    expect(tables).toMatchObject({ parts: 24, fromAll: [3] });
    // A loud score is no news among all, but would be one at night.
    expect(pValueOf(tables, 10, 3.5 * HOUR)).toBeGreaterThan(0.1);
    expect(pValueOf(tables, 10, 2.5 * HOUR)).toBe(1 / (tables.common.length + 1));
  });

  it("refuses scores without times", () => {
    expect(() => seasonTables([1, 2], [0], "day", 1)).toThrow("2 scores and 1 times");
    expect(() => seasonTables([], [], "day", 1)).toThrow("at least one");
  });
});

describe("scores compared within a season", () => {
  const { scores, times } = scored(20, 5, 3, loud);
  const tables = seasonTables(scores, times, "day", 99);

  it("have the p-values of the part's own calibration scores", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.integer({ min: 0, max: 1e9 }),
        (given, time) => {
          const score = Math.fround(given);
          const own = tables.own[seasonPart(time, tables)]!;
          expect(pValueOf(tables, score, time)).toBe(pValues(own, [tieBound(score)])[0]);
        },
      ),
    );
  });

  it("of calibration scores themselves are the common ones", () => {
    for (const [part, own] of tables.own.entries()) {
      own.forEach((score, k) => {
        // Of two that are tied but for a rounding, the lower one counts.
        if (k > 0 && own[k - 1]! >= tieBound(score)) return;
        expect(seasonalScore(tables, score, part * HOUR)).toBeCloseTo(tables.common[k]!, 4);
      });
    }
  });

  it("grow with the score, also beyond all that calibrate", () => {
    for (const time of [3 * HOUR, 12 * HOUR]) {
      const grid = Array.from({ length: 400 }, (_, k) => seasonalScore(tables, k / 8 - 5, time));
      expect(grid.every((value, k) => k === 0 || value > grid[k - 1]!)).toBe(true);
    }
  });

  it("keep the promise of false alarms in every hour, where comparing with all breaks it", () => {
    const rate = 0.05;
    const flagged = new Float64Array(24);
    const plain = new Float64Array(24);
    const [repeats, days, perHour] = [60, 20, 5];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const held = scored(days, perHour, 100 + repeat, loud);
      const own = seasonTables(held.scores, held.times, "day", 99);
      const all = Float32Array.from(held.scores).sort();
      const fresh = scored(1, 10, 9000 + repeat, loud);
      const seasonal = fresh.scores.map((score, k) =>
        tieBound(Math.fround(seasonalScore(own, score, fresh.times[k]!))),
      );
      pValues(own.common, seasonal).forEach((p, k) => {
        if (p <= rate) flagged[Math.floor(k / 10)]!++;
      });
      pValues(all, fresh.scores).forEach((p, k) => {
        if (p <= rate) plain[Math.floor(k / 10)]!++;
      });
    }
    const shares = Array.from(flagged, (count) => count / (repeats * 10));
    const mean = shares.reduce((sum, share) => sum + share, 0) / 24;
    // floor(0.05 * 101) / 101 = 0.0495 of normals on average, with 14 400 draws in all.
    expect(mean).toBeGreaterThan(0.044);
    expect(mean).toBeLessThan(0.055);
    // In a single hour of 600 draws: four standard errors.
    for (const share of shares) expect(share).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / 600));
    // All false alarms are by day, when twice as many are raised as promised.
    const byDay = plain.slice(6, 18).reduce((sum, count) => sum + count, 0);
    expect(byDay / (12 * repeats * 10)).toBeGreaterThan(0.09);
    expect(plain.reduce((sum, count) => sum + count, 0)).toBe(byDay);
  });
});
