import { describe, expect, test } from "vitest";
import { createRandom } from "../math/random.js";
import { populationStability, uniformity } from "./stability.js";

describe("population stability index", () => {
  test("by hand: shares 0.5, 0.3, 0.2 become 0.4, 0.4, 0.2", () => {
    // -0.1 ln 0.8 + 0.1 ln(4/3) + 0 = 0.0223144 + 0.0287682
    const { psi, expectedByChance } = populationStability([500, 300, 200], [80, 80, 40]);
    expect(psi).toBeCloseTo(0.05108256, 8);
    expect(expectedByChance).toBeCloseTo(2 * (1 / 1000 + 1 / 200), 12);
  });

  test("by hand: an empty bin counts as half a row, bins empty on both sides not at all", () => {
    // (1 - 0.5) ln 2 + (0.05 - 0.5) ln 0.1, with 0.5 / 10 for the empty bin
    const { psi, expectedByChance } = populationStability([5, 5, 0], [10, 0, 0]);
    expect(psi).toBeCloseTo(0.5 * Math.log(2) + 0.45 * Math.log(10), 12);
    expect(expectedByChance).toBeCloseTo(0.2, 12);
  });

  test("the same shares give 0, and one bin alone cannot move", () => {
    expect(populationStability([10, 30], [100, 300])).toMatchObject({ psi: 0, shifted: false });
    expect(populationStability([10], [7])).toMatchObject({ psi: 0, chanceLimit: 0, shifted: false });
  });

  test("chance gives what is said: on average, and at most one time in twenty beyond the limit", () => {
    const stream = createRandom(2).stream("rows");
    const counts = (rows: number): number[] => {
      const bins = new Array<number>(10).fill(0);
      for (let k = 0; k < rows; k++) bins[stream.int(10)]!++;
      return bins;
    };
    const runs = 1000;
    let sum = 0;
    let beyond = 0;
    let said = { expectedByChance: 0, chanceLimit: 0 };
    for (let run = 0; run < runs; run++) {
      const found = populationStability(counts(1000), counts(400), 0.05);
      sum += found.psi;
      beyond += found.psi > found.chanceLimit ? 1 : 0;
      said = found;
    }
    expect(sum / runs / said.expectedByChance).toBeGreaterThan(0.95);
    expect(sum / runs / said.expectedByChance).toBeLessThan(1.06);
    expect(beyond / runs).toBeLessThan(0.05 + 2 * Math.sqrt((0.05 * 0.95) / runs) + 0.005);
  });

  test("a small sample that looks moved is not called so", () => {
    const { psi, shifted } = populationStability([100, 100, 100, 100], [4, 8, 3, 5]);
    expect(psi).toBeGreaterThan(0.1);
    expect(shifted).toBe(false);
    expect(populationStability([100, 100, 100, 100], [400, 800, 300, 500]).shifted).toBe(true);
  });

  test("sides that cannot be compared are refused", () => {
    expect(() => populationStability([1, 2], [1])).toThrow(/2 bins then, 1 now/);
    expect(() => populationStability([1, 2], [0, 0])).toThrow(/0 now/);
  });
});

describe("distance of p-values from uniform", () => {
  test("by hand", () => {
    expect(uniformity([0.5]).distance).toBe(0.5);
    expect(uniformity([0.1, 0.2, 0.3, 0.4]).distance).toBeCloseTo(0.6, 12);
    expect(uniformity([0.125, 0.375, 0.625, 0.875]).distance).toBeCloseTo(0.125, 12);
  });

  test("significance is the tail of Kolmogorov's distribution", () => {
    // 1.3581 is its 95th percentile: with n = 10,000 a distance of 0.01357 by the corrected root.
    const n = 10_000;
    const z = 1.3581;
    const shift = z / (100 + 0.12 + 0.0011);
    const p = Array.from({ length: n }, (_, k) => Math.min(1, (k + 1) / n + shift));
    expect(uniformity(p).significance).toBeCloseTo(0.05, 2);
    expect(uniformity(Array.from({ length: n }, (_, k) => (k + 0.5) / n)).significance).toBe(1);
    expect(() => uniformity([])).toThrow(/no p-values/);
  });
});
