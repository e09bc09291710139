import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { median } from "../../math/quantile.js";
import { tableFromColumns } from "../table/table-from.js";
import { withoutLevel } from "./level.js";
import { seriesFromTable } from "./series-from-table.js";

/** What is left of one column. */
function left(
  values: readonly number[],
  options = { window: 3, detrend: 6 },
  segments = [{ from: 0, to: values.length }],
) {
  const [column] = withoutLevel(tableFromColumns({ x: [...values] }), segments, options).columns;
  return Array.from((column as { values: Float64Array }).values);
}

describe("a series without its level", () => {
  it("is each value less the median of the last ones, in the first window less that of the window", () => {
    const cells = fc.oneof(
      fc.integer({ min: -4, max: 4 }),
      fc.constant(Number.NaN),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    );
    fc.assert(
      fc.property(
        fc.array(cells, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 10 }),
        (values, window, more) => {
          const detrend = window + more;
          const found = left(values, { window, detrend });
          for (const [step, value] of values.entries()) {
            const end = Math.min(values.length, Math.max(step + 1, window));
            const known = values.slice(Math.max(0, end - detrend), end).filter((each) => !Number.isNaN(each));
            const expected = known.length === 0 ? Number.NaN : value - median(known);
            if (Number.isNaN(expected)) expect(found[step]).toBeNaN();
            else {
              // The mean of two values that almost cancel out is known by what they are, not by what is left.
              const size = Math.max(...known.map(Math.abs));
              expect(Math.abs(found[step]! - expected)).toBeLessThanOrEqual(1e-12 * size + Number.MIN_VALUE);
            }
          }
        },
      ),
    );
  });

  it("knows nothing of what comes after a window", () => {
    const before = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
    expect(left([...before, 1000, -1000]).slice(0, before.length)).toEqual(left(before));
  });

  it("keeps infinite cells", () => {
    expect(left([1, Infinity, 3, Infinity, Infinity, Infinity])).toEqual([
      ...[-2, Infinity, 0],
      ...[Infinity, Infinity, Infinity],
    ]);
  });

  it("begins anew after a gap", () => {
    const [one, two] = [
      [5, 6, 7, 8],
      [105, 106, 109],
    ];
    const parts = [
      { from: 0, to: 4 },
      { from: 4, to: 7 },
    ];
    expect(left([...one, ...two], undefined, parts)).toEqual([...left(one), ...left(two)]);
  });

  it("holds half of what drifts within the level's steps, and no more of it later on", () => {
    const ramp = left(
      Array.from({ length: 200 }, (_, step) => step / 10),
      { window: 10, detrend: 40 },
    );
    for (const value of ramp.slice(40)) expect(value).toBeCloseTo(39 / 20, 10);
  });

  it("shows a step for half of the level's steps, whole", () => {
    const step = left(
      Array.from({ length: 120 }, (_, at) => (at < 60 ? 0 : 8)),
      { window: 5, detrend: 40 },
    );
    expect(step.slice(0, 60).every((value) => value === 0)).toBe(true);
    expect(step.slice(60, 79).every((value) => value === 8)).toBe(true);
    expect(step.slice(80).every((value) => value === 0)).toBe(true);
  });

  it("refuses levels of fewer steps than a window", () => {
    const table = tableFromColumns({ x: Array.from({ length: 50 }, (_, k) => k) });
    for (const detrend of [9, 10.5, Number.NaN])
      expect(() => seriesFromTable(table, { window: 10, detrend })).toThrow("no fewer than a window of 10");
    expect(seriesFromTable(table, { window: 10, detrend: 10 }).layout).toMatchObject({ detrend: 10 });
    expect(seriesFromTable(table, { window: 10 }).layout).not.toHaveProperty("detrend");
  });
});
