import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableFromColumns } from "../table/table-from.js";
import { pointScores, windowLabels } from "./points.js";
import type { SeriesSet } from "./series.js";
import { seriesFromTable } from "./series-from-table.js";
import { overlapRows, selectSeries, seriesFromWindows, windowsOverlapping } from "./windows.js";

const column = (n: number) => Float64Array.from({ length: n }, (_, k) => k);

/** Windows of any starts, also unsorted and repeated, as `selectSeries` may leave them. */
const anySeries = fc
  .record({ steps: fc.integer({ min: 1, max: 40 }), window: fc.integer({ min: 1, max: 40 }) })
  .filter(({ steps, window }) => window <= steps)
  .chain(({ steps, window }) =>
    fc.array(fc.integer({ min: 0, max: steps - window }), { minLength: 1, maxLength: 30 }).map(
      (starts): SeriesSet => ({
        kind: "series",
        rowCount: starts.length,
        layout: { window, stride: 1 },
        starts: Uint32Array.from(starts),
        steps: tableFromColumns({ v: column(steps) }),
        source: "<memory>",
      }),
    ),
  );

const covers = ({ starts, layout }: SeriesSet, row: number, step: number): boolean =>
  step >= starts[row]! && step < starts[row]! + layout.window;

describe("pointScores", () => {
  it("is what a double loop finds", () => {
    fc.assert(
      fc.property(
        anySeries,
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 30, maxLength: 30 }),
        (series, all) => {
          const scores = all.slice(0, series.rowCount);
          const mean = pointScores(series, scores);
          const max = pointScores(series, scores, { combine: "max" });
          let uncovered = 0;
          for (let step = 0; step < series.steps.rowCount; step++) {
            const own = scores.filter((_, row) => covers(series, row, step));
            if (own.length === 0) {
              uncovered++;
              expect([mean.scores[step], max.scores[step]]).toEqual([Number.NaN, Number.NaN]);
            } else {
              expect(mean.scores[step]).toBeCloseTo(
                own.reduce((sum, score) => sum + score, 0) / own.length,
                6,
              );
              expect(max.scores[step]).toBe(Math.max(...own));
            }
          }
          expect([mean.uncovered, max.uncovered]).toEqual([uncovered, uncovered]);
        },
      ),
    );
  });

  it("keeps small scores exact beside enormous and infinite ones", () => {
    const series = seriesFromTable(tableFromColumns({ v: column(8) }), { window: 2 });
    const scores = [1e300, 1, 0.25, 0.5, Number.POSITIVE_INFINITY, 0.5, 0.5];
    expect([...pointScores(series, scores).scores]).toEqual([
      1e300,
      5e299,
      0.625,
      0.375,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      0.5,
      0.5,
    ]);
  });

  it("answers in the order of the table, the first rows as well", () => {
    const table = tableFromColumns({ t: [3, 1, 2, 9, 4], v: column(5) });
    const series = seriesFromTable(table, { window: 2, timeColumn: "t", maxGap: 2 });
    const { scores, uncovered } = pointScores(series, [1, 3, 5], { combine: "max" });
    expect([...scores]).toEqual([5, 1, 3, Number.NaN, 5]);
    expect(uncovered).toBe(1);
  });

  it("gives rows the scores of their step of a grid", () => {
    const table = tableFromColumns({ t: [0, 1, 2, 6], v: column(4) });
    const series = seriesFromTable(table, { window: 1, timeColumn: "t", every: 2 });
    expect(series.rowCount).toBe(4);
    expect([...pointScores(series, [10, 11, 12, 13]).scores]).toEqual([10, 11, 11, 13]);
  });

  it("takes as long for wide windows as for narrow ones", () => {
    const steps = 400_000;
    const series = seriesFromTable(tableFromColumns({ v: column(steps) }), { window: 100_000 });
    const { scores } = pointScores(series, column(series.rowCount));
    // A double loop would take 3e10 steps.
    expect(scores[0]).toBe(0);
    expect(scores[steps - 1]).toBe(series.rowCount - 1);
    expect(scores[200_000]).toBeCloseTo((100_001 + 200_000) / 2, 6);
  });

  it("refuses other numbers of scores, and NaN", () => {
    const series = seriesFromTable(tableFromColumns({ v: column(4) }), { window: 2 });
    expect(() => pointScores(series, [1, 2])).toThrow("2 scores were given for 3 windows");
    expect(() => pointScores(series, [1, Number.NaN, 2])).toThrow("NaN");
  });
});

describe("windowLabels", () => {
  it("is what a double loop finds", () => {
    fc.assert(
      fc.property(
        anySeries,
        fc.array(fc.constantFrom(0, 0, 0, 0, 1, -1), { minLength: 40, maxLength: 40 }),
        (series, all) => {
          const labels = all.slice(0, series.steps.rowCount);
          const expected = [...series.starts].map((_, row) => {
            const own = labels.filter((_, step) => covers(series, row, step));
            return own.includes(1) ? 1 : own.includes(-1) ? -1 : 0;
          });
          expect([...windowLabels(series, labels)]).toEqual(expected);
        },
      ),
    );
  });

  it("follows rows to their places in time and on a grid", () => {
    const table = tableFromColumns({ t: [6, 0, 1, 2], v: column(4) });
    const sorted = seriesFromTable(table, { window: 1, timeColumn: "t", maxGap: 9 });
    expect([...windowLabels(sorted, [1, 0, -1, 0])]).toEqual([0, -1, 0, 1]);
    // Rows 1 and 2 lead to one step; the next shows the same row once more.
    const grid = seriesFromTable(table, { window: 1, timeColumn: "t", every: 2, maxGap: 9 });
    expect([...windowLabels(grid, [0, 0, 1, 0])]).toEqual([0, 1, 1, 0]);
    expect(() => windowLabels(grid, [0])).toThrow("1 labels were given for 4 rows");
  });
});

describe("windows that share steps", () => {
  it("are those that a double loop finds", () => {
    fc.assert(
      fc.property(anySeries, fc.array(fc.nat({ max: 1000 }), { maxLength: 4 }), (series, picks) => {
        const { starts, rowCount } = series;
        const { window } = series.layout;
        const chosen = [...new Set(picks.map((pick) => pick % rowCount))];
        const near = (a: number, b: number) => Math.abs(starts[a]! - starts[b]!) < window;
        const rows = [...starts.keys()];
        expect([...windowsOverlapping(series, Uint32Array.from(chosen))]).toEqual(
          rows.filter((row) => chosen.some((other) => near(row, other))),
        );
        const sorted = [...starts].sort((a, b) => a - b);
        const after = sorted.map(
          (start, k) => sorted.slice(k + 1).filter((next) => next - start < window).length,
        );
        expect(overlapRows(series)).toBe(Math.max(...after));
      }),
    );
  });

  it("are ceil(window / stride) - 1 to either side", () => {
    for (const [window, stride] of [
      [10, 1],
      [10, 3],
      [10, 10],
      [10, 20],
      [9, 3],
    ] as const) {
      const series = seriesFromTable(tableFromColumns({ v: column(200) }), { window, stride });
      expect(overlapRows(series)).toBe(Math.ceil(window / stride) - 1);
    }
  });
});

describe("selectSeries", () => {
  it("picks windows and shares their steps", () => {
    const series = seriesFromTable(tableFromColumns({ v: column(6) }), { window: 2 });
    const picked = selectSeries(series, Uint32Array.of(4, 0, 0));
    expect([...picked.starts]).toEqual([4, 0, 0]);
    expect(picked.rowCount).toBe(3);
    expect(picked.steps).toBe(series.steps);
    expect(() => selectSeries(series, Uint32Array.of(5))).toThrow("Window 5 was asked for");
    expect(() => windowsOverlapping(series, Uint32Array.of(5))).toThrow("Window 5 was asked for");
  });
});

describe("seriesFromWindows", () => {
  const at = (series: SeriesSet, window: number, step: number, channel: number): number => {
    const { values } = series.steps.columns[channel] as { values: Float64Array };
    return values[series.starts[window]! + step]!;
  };

  it("lays out windows of several channels, in both orders", () => {
    const [windows, steps, channels] = [3, 4, 2];
    const value = (w: number, s: number, c: number): number => 100 * w + 10 * s + c;
    for (const order of ["C", "F"] as const) {
      const data = new Float64Array(windows * steps * channels);
      for (let w = 0; w < windows; w++)
        for (let s = 0; s < steps; s++)
          for (let c = 0; c < channels; c++)
            data[order === "C" ? (w * steps + s) * channels + c : w + windows * (s + steps * c)] = value(
              w,
              s,
              c,
            );
      const series = seriesFromWindows({ data, windows, steps, channels, order }, ["a", "b"]);
      for (let w = 0; w < windows; w++)
        for (let s = 0; s < steps; s++)
          for (let c = 0; c < channels; c++) expect(at(series, w, s, c)).toBe(value(w, s, c));
      expect(series.steps.columns.map(({ name }) => name)).toEqual(["a", "b"]);
      expect(overlapRows(series)).toBe(0);
    }
  });

  it("does not copy one channel, and refuses sizes that do not fit", () => {
    const data = new Float32Array(6);
    const series = seriesFromWindows({ data, windows: 2, steps: 3, channels: 1 });
    expect((series.steps.columns[0] as { values: unknown }).values).toBe(data);
    expect(series.layout).toEqual({ window: 3, stride: 3 });
    expect(() => seriesFromWindows({ data, windows: 2, steps: 2, channels: 1 })).toThrow(
      "have 4 values, but there are 6",
    );
    expect(() => seriesFromWindows({ data, windows: 2, steps: 3, channels: 1 }, ["a", "b"])).toThrow(
      "2 names",
    );
  });
});
