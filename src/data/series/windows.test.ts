import { describe, expect, test } from "vitest";
import { tableFromColumns } from "../table/table-from.js";
import { seriesFromTable } from "./series-from-table.js";
import { lastRowOf, selectSeries, windowsApart, windowsOverlapping } from "./windows.js";

const steps = (count: number, extra: Record<string, readonly number[]> = {}) =>
  tableFromColumns({ level: Array.from({ length: count }, (_, step) => step % 7), ...extra });

describe("windowsApart", () => {
  test("takes every window that begins after the one before it has ended", () => {
    const series = seriesFromTable(steps(40), { window: 6, stride: 2 });
    const apart = windowsApart(series);
    expect(Array.from(apart, (row) => series.starts[row])).toEqual([0, 6, 12, 18, 24, 30]);
    for (const row of apart) {
      const others = apart.filter((other) => other !== row);
      expect(windowsOverlapping(series, others)).not.toContain(row);
    }
  });

  test("goes by the order of time, and takes all where none overlap", () => {
    const series = seriesFromTable(steps(40), { window: 6, stride: 2 });
    const turned = selectSeries(series, Uint32Array.from(series.starts.keys()).reverse());
    expect(Array.from(windowsApart(turned), (row) => turned.starts[row])).toEqual([0, 6, 12, 18, 24, 30]);
    const disjoint = seriesFromTable(steps(40), { window: 5, stride: 5 });
    expect(windowsApart(disjoint)).toEqual(Uint32Array.from({ length: 8 }, (_, row) => row));
  });
});

describe("lastRowOf", () => {
  test("is the row of the table that holds a window's last step", () => {
    expect(lastRowOf(seriesFromTable(steps(10), { window: 4 }), 2)).toBe(5);
    const time = [5, 4, 3, 2, 1, 0];
    const series = seriesFromTable(steps(6, { time }), { window: 3, timeColumn: "time" });
    // The window of times 1, 2 and 3.
    expect(lastRowOf(series, 1)).toBe(2);
  });

  test("is the row before, where a grid has a step without a row", () => {
    const table = steps(4, { time: [0, 10, 30, 40] });
    const series = seriesFromTable(table, { window: 3, timeColumn: "time", every: 10, maxGap: 25 });
    // Steps at 0, 10 and 20: nothing was measured at 20.
    expect(lastRowOf(series, 0)).toBe(1);
    expect(lastRowOf(series, 1)).toBe(2);
  });
});
