import { describe, expect, it } from "vitest";
import { discover, FDR_METHODS } from "./discover.js";

const none = Number.NaN;

describe("rows without a p-value", () => {
  it("are no hypotheses: the bounds are those of the rows that have one", () => {
    // By hand, of m = 4: 0.01 <= 0.1 / 4, 0.02 <= 0.2 / 4, 0.05 <= 0.3 / 4, 0.5 > 0.4 / 4. Of m = 7, 0.05 > 0.3 / 7.
    const p = Float32Array.of(none, 0.05, none, 0.01, 0.5, 0.02, none);
    const { values, isDiscovery, count, tested } = discover(p, 99, { alpha: 0.1, method: "bh" });
    expect([...isDiscovery]).toEqual([0, 1, 0, 1, 0, 1, 0]);
    expect({ count, tested }).toEqual({ count: 3, tested: 4 });
    // The least of m p / j from each place on.
    const adjusted = [none, (4 * 0.05) / 3, none, 0.04, 0.5, 0.04, none];
    expect(Array.from(values, (value) => Number(value.toFixed(12)))).toEqual(
      adjusted.map((value) => Number(value.toFixed(12))),
    );
  });

  it.each(FDR_METHODS)("change nothing that %s says of the others", (method) => {
    const given = Array.from({ length: 60 }, (_, k) =>
      k % 7 === 0 ? 0.001 : ((k * 37) % 100) / 100 + 0.005,
    );
    const p = given.flatMap((value, k) => (k % 3 === 0 ? [none, value] : [value]));
    const promise = { alpha: 0.2, method };
    const [alone, among] = [discover(given, 999, promise), discover(p, 999, promise)];
    const there = <T>(cells: ArrayLike<T>): T[] => Array.from(cells).filter((_, k) => !Number.isNaN(p[k]));
    expect(alone.count).toBeGreaterThan(0);
    expect(there(among.values)).toEqual([...alone.values]);
    expect(there(among.isDiscovery)).toEqual([...alone.isDiscovery]);
    expect([among.count, among.tested]).toEqual([alone.count, given.length]);
  });
});
