import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdoutSplit, permutation, sampleRows, stratifiedSplit } from "./split.js";
import { profileTable } from "./table/profile.js";
import { tableFromColumns } from "./table/table-from.js";

/** A small generator of our own (mulberry32), so that these tests need no other folder. */
function random(seed: number) {
  let state = seed;
  return (n: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  };
}

describe("splits", () => {
  it("permutes, the same for the same seed", () => {
    const order = permutation(100, random(1));
    expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(order).toEqual(permutation(100, random(1)));
    expect(order).not.toEqual(permutation(100, random(2)));
  });

  it("is uniform: each of the six orders of three comes about as often", () => {
    const uniform = random(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = permutation(3, uniform).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Chi-square with 5 degrees of freedom exceeds 20.5 once in a thousand.
    const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi2).toBeLessThan(20.5);
  });

  it("parts rows into two sorted sides that share none", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.integer(),
        (n, f, seed) => {
          const { train, holdout } = holdoutSplit(n, f, random(seed));
          expect([...train, ...holdout].sort((a, b) => a - b)).toEqual(
            Array.from({ length: n }, (_, i) => i),
          );
          expect(Array.from(train)).toEqual([...train].sort((a, b) => a - b));
          expect(holdout.length).toBe(Math.min(n - 1, Math.max(1, Math.round(n * f))));
        },
      ),
    );
  });

  it("keeps the share of each label", () => {
    const labels = Int8Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const { holdout } = stratifiedSplit(labels, 0.3, random(5));
    expect(holdout.length).toBe(300);
    expect(holdout.filter((row) => labels[row] === 1).length).toBe(30);
    expect(stratifiedSplit([0, 0, 1], 0.5, random(5)).holdout.length).toBe(1);
  });

  it("refuses what cannot be done", () => {
    expect(() => sampleRows(3, 4, random(1))).toThrow("Cannot draw 4");
    expect(() => holdoutSplit(10, 1, random(1))).toThrow("between 0 and 1");
    expect(() => holdoutSplit(1, 0.5, random(1))).toThrow("At least 2 rows");
  });
});

describe("profileTable", () => {
  it("describes numbers over finite values and counts the rest", () => {
    const { columns } = profileTable(
      tableFromColumns({ a: [3, Number.NaN, 1, Number.NEGATIVE_INFINITY, 2, 2, Number.POSITIVE_INFINITY] }),
    );
    expect(columns[0]).toMatchObject({
      kind: "numeric",
      missing: 1,
      firstMissingRow: 1,
      positiveInfinity: 1,
      negativeInfinity: 1,
      firstInfiniteRow: 3,
      distinct: 3,
      constant: false,
      integer: true,
      min: 1,
      max: 3,
      mean: 2,
      median: 2,
      q25: 1.75,
    });
    expect((columns[0] as { std: number }).std).toBeCloseTo(Math.sqrt(2 / 3), 14);
  });

  it("keeps the deviation of large, close numbers", () => {
    const [column] = profileTable(tableFromColumns({ a: [1e9 + 1, 1e9 + 2, 1e9 + 3] })).columns;
    expect(column).toMatchObject({ mean: 1e9 + 2, std: 1 });
  });

  it("describes categories, constants and columns without a value", () => {
    const { columns } = profileTable(
      tableFromColumns({ c: ["x", "y", "y", null], k: [5, 5, 5, 5], n: [null, null, null, null] }),
    );
    expect(columns[0]).toEqual({
      kind: "categorical",
      name: "c",
      missing: 1,
      firstMissingRow: 3,
      distinct: 2,
      constant: false,
      top: [
        { level: "y", count: 2 },
        { level: "x", count: 1 },
      ],
    });
    expect(columns[1]).toMatchObject({ constant: true, distinct: 1, std: 0 });
    expect(columns[2]).toMatchObject({ constant: true, distinct: 0, missing: 4, min: Number.NaN });
  });
});
