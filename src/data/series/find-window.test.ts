import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { tableFromColumns } from "../table/table-from.js";
import { autocorrelation } from "./autocorrelation.js";
import { findWindow } from "./find-window.js";
import { seriesFromTable } from "./series-from-table.js";

const random = createRandom(23);
const of = <T>(n: number, value: (k: number) => T): T[] => Array.from({ length: n }, (_, k) => value(k));
const noise = (n: number, seed: number): number[] => {
  const stream = random.stream("noise", seed);
  return of(n, () => stream.normal());
};
const sine = (n: number, period: number, share = 0.3, seed = 1): number[] =>
  noise(n, seed).map((e, k) => Math.sin((2 * Math.PI * k) / period) + share * e);

describe("autocorrelation", () => {
  it("is that of the definition where there is no trend, gap or spike", () => {
    // The same in every third, so that it has no trend.
    const third = sine(100, 20);
    const raw = [...third, ...third, ...third];
    const mean = raw.reduce((a, b) => a + b) / 300;
    const y = raw.map((value) => value - mean);
    const at = (lag: number): number =>
      y.slice(lag).reduce((sum, value, k) => sum + value * y[k]!, 0) / (300 - lag);
    const found = autocorrelation(raw, [{ from: 0, to: 300 }], 60)!;
    for (const lag of [0, 1, 7, 20, 60]) expect(found[lag]).toBeCloseTo(at(lag) / at(0), 10);
  });

  it("skips missing cells, and pairs no steps of two segments", () => {
    const whole = [1, 5, 2, 7, 3, 8, 2, 6, 1, 9, 4, 7];
    const parts = [
      { from: 0, to: 6 },
      { from: 6, to: 12 },
    ];
    const moved = [...whole.slice(0, 6), Number.NaN, Number.NaN, ...whole.slice(6)];
    const apart = [
      { from: 0, to: 6 },
      { from: 8, to: 14 },
    ];
    expect(autocorrelation(moved, apart, 4, 1)).toEqual(autocorrelation(whole, parts, 4, 1));
    expect(autocorrelation(moved, [{ from: 0, to: 14 }], 1, 1)![0]).toBe(1);
  });

  it("is none of what does not vary", () => {
    for (const flat of [of(100, () => 0.1), of(100, (k) => 1e9 + 3.7 * k), of(100, () => Number.NaN), []]) {
      expect(autocorrelation(flat, [{ from: 0, to: flat.length }], 10)).toBeUndefined();
    }
  });
});

describe("findWindow", () => {
  it.each([
    [100, 2000],
    [48, 1000],
    [288, 4032],
    [365, 2000],
  ])("finds the period of a sine of %i steps under noise", (period, n) => {
    const found = findWindow([sine(n, period)]);
    expect(Math.abs(found.period! - period)).toBeLessThanOrEqual(0.03 * period);
    expect(found.window).toBe(found.period);
    expect(found.autocorrelation).toBeGreaterThan(0.7);
  });

  it("takes the period, not twice it, and several short ones", () => {
    const teeth = of(3000, (k) => (k % 60 < 5 ? 1 : 0));
    expect(findWindow([teeth])).toMatchObject({ window: 60, period: 60 });
    expect(findWindow([sine(500, 7)])).toMatchObject({ window: 35, period: 7 });
    expect(findWindow([of(200, (k) => k % 2)])).toMatchObject({ window: 32, period: 2 });
  });

  it("sees through trends, spikes, missing cells and gaps", () => {
    const clean = sine(3000, 75);
    const rng = random.stream("holes");
    const spoilt = clean.map((value, k) =>
      rng.uniform() < 0.1 ? Number.NaN : k % 997 === 3 ? 1e6 : value + 0.02 * k,
    );
    expect(Math.abs(findWindow([spoilt]).period! - 75)).toBeLessThanOrEqual(2);
    // Pieces of which each begins at another phase and level.
    const pieces = of(10, (k) => ({ from: 300 * k, to: 300 * k + 300 }));
    const broken = of(3000, (k) => clean[(k + 31 * Math.floor(k / 300)) % 3000]! + 5 * Math.floor(k / 300));
    expect(Math.abs(findWindow([broken], pieces).period! - 75)).toBeLessThanOrEqual(2);
  });

  it("finds no period in noise, walks, trends and constants", () => {
    const walk = (n: number, seed: number, keep = 1): number[] => {
      let at = 0;
      return noise(n, seed).map((e) => (at = keep * at + e));
    };
    let found = 0;
    for (let seed = 0; seed < 20; seed++) {
      for (const values of [noise(500, seed), walk(500, seed), walk(500, seed, 0.9), walk(100, seed, 0.5)]) {
        if (findWindow([values]).period !== undefined) found++;
      }
    }
    expect(found).toBeLessThanOrEqual(1);
    for (const values of [of(2000, (k) => k), of(2000, () => 3), of(2000, (k) => k ** 2), noise(2000, 1)]) {
      expect(findWindow([values])).toEqual({ window: 64 });
    }
    expect(findWindow([of(2000, () => Number.NaN)])).toEqual({ window: 64 });
  });

  it("lets sensors with a period speak, however many have none", () => {
    const still = of(30, (k) => (k % 3 === 0 ? of(1500, () => 1) : noise(1500, 100 + k)));
    expect(findWindow([...still, sine(1500, 90, 0.1)]).period).toBeCloseTo(90, -1);
    expect(Math.abs(findWindow([sine(1500, 90, 0.1), sine(1500, 90, 0.5, 2)]).period! - 90)).toBeLessThan(3);
    const two = findWindow([sine(1500, 90, 0.5), sine(1500, 41, 0.05, 2)]);
    expect(Math.abs(two.period! - 41)).toBeLessThan(3);
  });

  it("leaves short series room for twenty windows, and segments for one", () => {
    expect(findWindow([noise(200, 1)])).toEqual({ window: 10 });
    expect(findWindow([noise(3, 1)])).toEqual({ window: 1 });
    expect(findWindow([[]])).toEqual({ window: 1 });
    expect(findWindow([])).toEqual({ window: 1 });
    const short = of(100, (k) => ({ from: 30 * k, to: 30 * k + 30 }));
    expect(findWindow([noise(3000, 1)], short)).toEqual({ window: 30 });
    // Twice is no rhythm.
    expect(findWindow([sine(200, 100, 0.1)]).period).toBeUndefined();
  });

  it("looks at stretches of a long series", () => {
    const long = of(400_000, (k) => (k < 100_000 ? 0 : Math.sin((2 * Math.PI * k) / 144)));
    expect(findWindow([long]).period).toBe(144);
  });
});

describe("seriesFromTable without a window", () => {
  const table = tableFromColumns({ t: of(1200, (k) => (k < 600 ? k : k + 500)), v: sine(1200, 50, 0.1) });

  it("finds one, says so and keeps how", () => {
    const made = seriesFromTable(table, { timeColumn: "t" });
    const { window, found } = made.layout;
    expect(Math.abs(window - 50)).toBeLessThanOrEqual(1);
    expect(found).toMatchObject({ period: window });
    expect(made.warnings.join(" ")).toMatch(`a window has ${window} steps, since it repeats itself`);
    const again = seriesFromTable(table, made.layout);
    expect(again.layout.window).toBe(window);
    expect(again.warnings.join(" ")).not.toMatch("a window has");
    expect(seriesFromTable(table, { timeColumn: "t", window: 9 }).layout.found).toBeUndefined();
  });

  it("finds it on the grid, and in the rows that are learned from", () => {
    const grid = seriesFromTable(table, { timeColumn: "t", every: 2, fill: "linear" });
    expect(Math.abs(grid.layout.found!.period! - 25)).toBeLessThanOrEqual(1);
    const halves = tableFromColumns({ v: [...sine(1000, 40, 0.1), ...sine(1000, 90, 0.01)] });
    const learnedFrom = of(1000, (k) => k);
    const { found } = seriesFromTable(halves, { learnedFrom }).layout;
    expect(Math.abs(found!.period! - 40)).toBeLessThanOrEqual(1);
  });
});
