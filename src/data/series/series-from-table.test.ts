import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ColumnData, tableFromColumns } from "../table/table-from.js";
import type { SeriesSet } from "./series.js";
import { type SeriesOptions, seriesFromTable } from "./series-from-table.js";

const series = (columns: Record<string, ColumnData>, options: SeriesOptions) =>
  seriesFromTable(tableFromColumns(columns, "pump.csv"), options);

const channel = ({ steps }: SeriesSet, name: string): unknown[] => {
  const column = steps.columns.find((candidate) => candidate.name === name)!;
  return column.kind === "numeric"
    ? Array.from(column.values)
    : Array.from(column.codes, (code) => column.levels[code] ?? null);
};

const count = (n: number) => Array.from({ length: n }, (_, k) => k);

describe("seriesFromTable", () => {
  it("takes rows as steps where there is no time column", () => {
    const made = series({ a: count(7), b: count(7) }, { window: 3, stride: 2 });
    expect([...made.starts]).toEqual([0, 2, 4]);
    expect(made).toMatchObject({ rowCount: 3, layout: { window: 3, stride: 2 }, warnings: [] });
    expect(made.steps.columns.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("sorts by time within entities, and drops both columns", () => {
    const made = series(
      {
        machine: ["b", "a", "b", "a", "b", "a"],
        t: [
          "2024-01-01 02:00",
          "2024-01-01 01:00",
          "2024-01-01 01:00",
          "2024-01-01 03:00",
          "2024-01-01 03:00",
          "2024-01-01 02:00",
        ],
        v: [0, 1, 2, 3, 4, 5],
        mode: ["x", "y", "x", "y", "x", "z"],
      },
      { window: 3, timeColumn: "t", entityColumn: "machine" },
    );
    expect(channel(made, "v")).toEqual([2, 0, 4, 1, 5, 3]);
    expect(channel(made, "mode")).toEqual(["x", "x", "x", "y", "z", "y"]);
    expect(made.steps.columns).toHaveLength(2);
    expect([...made.starts]).toEqual([0, 3]);
    expect([...made.rowSteps]).toEqual([1, 3, 0, 5, 2, 4]);
    expect(made.layout).toEqual({
      window: 3,
      stride: 1,
      timeColumn: "t",
      entityColumn: "machine",
      timeUnit: "seconds",
      usualStep: 3600,
      maxGap: 10800,
    });
  });

  it("shares the columns of a table that is in order", () => {
    const table = tableFromColumns({ t: Float64Array.of(1, 2, 3), v: Float64Array.of(4, 5, 6) });
    expect(seriesFromTable(table, { window: 2, timeColumn: "t" }).steps.columns[0]).toBe(table.columns[1]);
  });

  it("breaks at gaps, and says so", () => {
    const t = [0, 1, 2, 3, 10, 11, 12, 20];
    const made = series({ t, v: t }, { window: 3, timeColumn: "t" });
    expect([...made.starts]).toEqual([0, 1, 4]);
    expect(made.layout.maxGap).toBe(3);
    expect(made.warnings).toEqual([
      "pump.csv: 2 gaps (over 3 between two rows, the longest 8) break the series; no window spans one.",
      "pump.csv: 1 of 3 segments, with 1 step, is shorter than a window of 3 steps, and left out.",
    ]);
    const wide = series({ t, v: t }, { window: 3, timeColumn: "t", maxGap: 7 });
    expect([...wide.starts]).toEqual([0, 1, 2, 3, 4]);
    expect(wide.warnings[1]).toContain("the sampling is irregular: 1 of 7 steps differ from the usual 1");
  });

  it("keeps rows of one time in the order of the file, unless half of them are", () => {
    const made = series({ t: [0, 1, 1, 2, 3], v: count(5) }, { window: 5, timeColumn: "t" });
    expect(channel(made, "v")).toEqual(count(5));
    expect(made.warnings).toEqual([
      "pump.csv: 1 row has the same time as the row before; they remain separate steps, in the order of the file. Windows span less time there: leave repeats out.",
    ]);
    const mixed = { t: count(10).map((k) => k >> 1), v: count(10), m: count(10).map((k) => k % 2) };
    expect(() => series(mixed, { window: 2, timeColumn: "t" })).toThrowError(
      expect.objectContaining({ code: "unfit-data", hint: expect.stringContaining("entityColumn") }),
    );
    expect(series(mixed, { window: 5, timeColumn: "t", entityColumn: "m" }).rowCount).toBe(2);
  });

  it("counts what is too short, and names entities without a window", () => {
    const made = series(
      { m: ["a", "b", "a", "a", "c", "a"], t: [0, 0, 1, 2, 0, 3], v: count(6) },
      { window: 3, timeColumn: "t", entityColumn: "m" },
    );
    expect(made.rowCount).toBe(2);
    expect(made.warnings).toEqual([
      "pump.csv: 2 of 3 segments, with 2 steps, are shorter than a window of 3 steps, and left out.",
      'pump.csv: no window comes from "b", "c".',
    ]);
    expect(() => series({ v: count(6) }, { window: 7 })).toThrow(
      "no window of 7 steps fits; the longest of 1 segment has 6",
    );
    expect(() => series({ v: [] as number[] }, { window: 1 })).toThrow("no window of 1 steps fits");
  });

  it("cuts other data alike by the layout it made", () => {
    const first = series({ t: [0, 1, 2, 3, 4], v: count(5) }, { window: 2, stride: 2, timeColumn: "t" });
    // Alone, this file's own median step would make no gap of ten.
    const again = series({ t: [0, 10, 20, 30, 31], v: count(5) }, first.layout);
    expect([...again.starts]).toEqual([3]);
    expect(again.layout).toEqual(first.layout);
  });

  it.each([{}, { every: "2min" }, { maxGap: "5min" }])(
    "cuts times in any unit as training data in milliseconds with %j",
    (options) => {
      const start = Date.UTC(2024, 2, 5);
      const layoutOf = (at: number[]) =>
        series({ t: at, v: at.map((_, k) => k) }, { window: 3, timeColumn: "t", ...options }).layout;
      const layout = layoutOf(count(20).map((k) => start + k * 60_000));
      expect(layout).toMatchObject({ timeUnit: "milliseconds", maxGap: expect.any(Number) });
      const milliseconds = [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 60, 61, 62].map((k) => start + k * 60_000);
      const v = milliseconds.map((_, k) => k % 5);
      const cut = (t: ColumnData) => {
        const made = series({ t, v }, { ...layout, cover: true });
        return [[...made.starts], [...made.rowSteps], channel(made, "v"), made.layout];
      };
      const expected = cut(milliseconds);
      expect(cut(milliseconds.map((time) => time / 1e3))).toEqual(expected);
      expect(cut(milliseconds.map((time) => time * 1e3))).toEqual(expected);
      expect(cut(milliseconds.map((time) => `${time}000000`))).toEqual(expected);
      expect(cut(milliseconds.map((time) => new Date(time).toISOString()))).toEqual(expected);
      expect(
        cut(milliseconds.map((time) => new Date(time).toISOString().replace(/\D/g, "").slice(0, 14))),
      ).toEqual(expected);
    },
  );

  describe("for data of a model", () => {
    const start = Date.UTC(2024, 2, 5);
    const every = (seconds: number) =>
      count(40).map((k) => new Date(start + 1000 * seconds * k).toISOString());
    const { layout } = series({ t: every(60), v: count(40) }, { window: 3, timeColumn: "t" });
    const saidOf = (t: ColumnData, more: SeriesOptions = {}, cut = layout): string[] =>
      series({ t, v: count(40) }, { ...cut, cover: true, ...more }).warnings;

    it("says where rows come at another rate than in training", () => {
      expect(layout).toMatchObject({ usualStep: 60, maxGap: 180 });
      expect(saidOf(every(120))).toEqual([
        "pump.csv: the usual time between two rows is 2 min, and was 1 min in training: windows hold something else, and " +
          "scores say little. Resample the rows to steps of 1 min, or train a model on such rows.",
      ]);
      expect(saidOf(every(10))[0]).toContain("is 10 s, and was 1 min in training");
      expect(saidOf(count(40).map((k) => start + 10_000 * k))[0]).toContain("is 10 s, and was 1 min");
      for (const seconds of [41, 60, 89]) expect(saidOf(every(seconds))).toEqual([]);
    });

    it("takes finer rows for a grid, and says where they are coarser", () => {
      const grid = series(
        { t: every(60), v: count(40) },
        { window: 3, timeColumn: "t", every: "2min" },
      ).layout;
      const rates = saidOf(every(10), {}, grid).filter((sentence) => sentence.includes("in training"));
      expect(rates).toEqual([]);
      expect(saidOf(every(300), {}, grid)[0]).toContain("Resample the rows to steps of 2 min");
    });

    it("says nothing of a rate where the model knows none", () => {
      const { usualStep: _, ...old } = layout;
      expect(saidOf(every(120), {}, old)).toEqual([]);
      expect(series({ t: every(120), v: count(40) }, { ...old, cover: true }).starts).toEqual(
        series({ t: every(120), v: count(40) }, { ...layout, cover: true }).starts,
      );
    });

    it("names both rates where no window fits", () => {
      expect(() => saidOf(every(300))).toThrow(
        expect.objectContaining({
          hint:
            "Its rows are 5 min apart (in training 1 min), and over 3 min is a gap: are the times in another unit? " +
            "If not: Give at least 3 rows without a gap, at steps as in training.",
        }),
      );
    });
  });

  it("asks for the unit of times, where no row is near another for gaps of training", () => {
    const t = count(20).map((k) => 45_453 + k / 1440);
    const { layout } = series({ t, v: count(20) }, { window: 3, timeColumn: "t" });
    const later = count(20).map((k) => 1_718_000_000 + 60 * k);
    expect(() => series({ t: later, v: count(20) }, { ...layout, cover: true })).toThrow(
      expect.objectContaining({
        hint: expect.stringMatching(
          /rows are 60 apart \(in training 0\.00\d+\), and over 0\.00\d+ is a gap: are the times in another unit/,
        ),
      }),
    );
  });

  it("takes a layout of before there were units in the units of the data", () => {
    const start = Date.UTC(2024, 2, 5);
    const old = { window: 2, stride: 1, timeColumn: "t", maxGap: 180_000 };
    const t = [0, 60_000, 300_000, 360_000].map((time) => start + time);
    expect([...series({ t, v: count(4) }, old).starts]).toEqual([0, 2]);
  });

  it("brings steps to a grid by the last row or by lines", () => {
    const columns = { t: [10, 12, 13, 20, 22], v: [0, 2, 3, 10, 12], m: ["a", "b", "c", "d", "e"] };
    const last = series(columns, { window: 2, timeColumn: "t", every: 2, maxGap: 10 });
    expect(channel(last, "v")).toEqual([0, 2, 3, 3, 3, 10, 12]);
    expect(channel(last, "m")).toEqual(["a", "b", "c", "c", "c", "d", "e"]);
    expect([...last.rowSteps]).toEqual([0, 1, 2, 5, 6]);
    expect(last.warnings).toEqual([]);
    expect(last.layout).toMatchObject({ every: 2, fill: "last", maxGap: 10 });
    const lines = series(columns, { window: 2, timeColumn: "t", every: 2, maxGap: 10, fill: "linear" });
    expect(channel(lines, "v")).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect(channel(lines, "m")).toEqual(channel(last, "m"));
  });

  it("begins a grid anew after a gap, ends it with the last row, and names rows that it does not show", () => {
    const columns = { t: [0, 1, 2, 3, 100.5, 101, 102], v: count(7) };
    const made = series(columns, { window: 2, timeColumn: "t", every: 2 });
    expect(channel(made, "v")).toEqual([0, 2, 3, 4, 6]);
    expect([...made.starts]).toEqual([0, 1, 3]);
    expect([...made.rowSteps]).toEqual([0, 1, 1, 2, 3, 4, 4]);
    expect(made.warnings.at(-1)).toContain("2 of 7 rows fall between two steps of the grid and are not used");
  });

  it("shows a line between any two rows where it is", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2 }),
        fc.integer({ min: 1, max: 9 }),
        (gaps, every) => {
          const t = [0];
          for (const gap of gaps) t.push(t.at(-1)! + gap);
          const v = t.map((time) => 3 * time - 7);
          const made = series({ t, v }, { window: 1, timeColumn: "t", every, fill: "linear", maxGap: 50 });
          const end = 3 * t.at(-1)! - 7;
          channel(made, "v").forEach((value, step) => {
            expect(value).toBeCloseTo(Math.min(end, 3 * step * every - 7), 8);
          });
          t.forEach((time, row) => {
            expect(made.rowSteps[row]).toBe(Math.ceil(time / every));
          });
        },
      ),
    );
  });

  it("covers every step of what is long enough, and of nothing else", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
    const window = fc.integer({ min: 1, max: 12 });
    const stride = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(lengths, window, stride, (parts, window, stride) => {
        fc.pre(parts.some((length) => length >= window));
        const m = parts.flatMap((length, k) => new Array<number>(length).fill(k));
        const made = series({ m, v: m }, { window, stride, entityColumn: "m", cover: true });
        const covered = new Uint8Array(m.length);
        for (const start of made.starts) covered.fill(1, start, start + window);
        expect([...covered]).toEqual(
          parts.flatMap((length) => new Array<number>(length).fill(length >= window ? 1 : 0)),
        );
        const plain = series({ m, v: m }, { window, stride, entityColumn: "m" });
        // No window spans two entities, with and without.
        for (const start of [...made.starts, ...plain.starts]) expect(m[start]).toBe(m[start + window - 1]);
        let from = 0;
        const naive = parts.flatMap((length) => {
          const own = count(length).filter((k) => k % stride === 0 && k + window <= length);
          from += length;
          return own.map((k) => from - length + k);
        });
        expect([...plain.starts]).toEqual(naive);
      }),
    );
  });

  it("refuses options that cannot be", () => {
    const cut = (options: Partial<SeriesOptions>) => () =>
      series({ t: [1, 2], m: ["a", null], v: [1, 2] }, { window: 1, ...options });
    expect(cut({ window: 0 })).toThrow("window must be a whole number of steps");
    expect(cut({ stride: 1.5 })).toThrow("stride must be");
    expect(cut({ every: 2 })).toThrow("every is a length of time, but no time column was named");
    expect(cut({ fill: "linear" })).toThrow("`every` does not ask for one");
    expect(cut({ timeColumn: "t", entityColumn: "t" })).toThrow("both time and entity column");
    expect(cut({ entityColumn: "m" })).toThrow('row 2 has nothing in the entity column "m"');
    expect(() => series({ t: [1, 2] }, { window: 1, timeColumn: "t" })).toThrow("no column is left");
    expect(cut({ timeColumn: "t", every: 1e-12 })).toThrow("1000000000001 steps of 2 rows");
  });
});
