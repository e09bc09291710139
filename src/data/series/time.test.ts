import { describe, expect, it } from "vitest";
import { tableFromColumns } from "../table/table-from.js";
import { readTimes, showSpan, spanOf } from "./time.js";
import type { TimeUnit } from "./time-units.js";

const times = (cells: readonly (string | null)[] | readonly (number | null)[], known?: TimeUnit) =>
  readTimes(tableFromColumns({ t: cells, v: cells.map((_, k) => k) }, "pump.csv"), "t", known);

describe("readTimes", () => {
  /** The same three moments, the last with a fraction of a second that a double does not hold exactly. */
  const moments = Date.UTC(2024, 2, 5) * 1e3;
  const micro = [moments, moments + 60e6, moments + 120_123_456];

  it.each([
    ["seconds", ["1709596800", "1709596860", "1709596920.123456"]],
    ["milliseconds", ["1709596800000", "1709596860000", "1709596920123.456"]],
    ["microseconds", ["1709596800000000", "1709596860000000", "1709596920123456"]],
    ["nanoseconds", ["1709596800000000000", "1709596860000000000", "1709596920123456000"]],
    ["seconds", ["2024-03-05", "2024-03-05T00:01", "2024-03-05 00:02:00.123456"]],
    ["seconds", ["20240305000000", "20240305000100", "20240305000200.123456"]],
    ["seconds", ["20240305T000000", "20240305T000100Z", "20240305T000200.123456"]],
  ])("reads the same moments from %s: %j", (unit, cells) => {
    expect([...times(cells).values]).toEqual(micro);
    expect(times(cells).unit).toBe(unit);
    // A model that knows another unit reads them no differently.
    expect([...times(cells, "milliseconds").values]).toEqual(micro);
    if (Number.isNaN(Number(cells[0]))) return;
    const numbers = cells.map(Number);
    // As numbers, 14 digits and six behind the point do not fit into a double.
    times(numbers).values.forEach((value, k) => {
      expect(Math.abs(value - micro[k]!)).toBeLessThan(2000);
    });
    expect(times(numbers).unit).toBe(unit);
  });

  it("says that some times state their offset and others do not", () => {
    const cells = ["2024-03-05T00:00:00Z", "2024-03-05T00:01:00", "2024-03-05T00:02:00+00:00"];
    expect(times(cells).warnings).toEqual([
      expect.stringMatching(
        /^pump\.csv: 2 times of 3 in "t" .*\(first "2024-03-05T00:01:00" in row 2\).* UTC/,
      ),
    ]);
    expect(times([cells[0]!, cells[2]!])).toMatchObject({ warnings: [], clockTime: false });
    expect(times([cells[1]!])).toMatchObject({ warnings: [], clockTime: true });
  });

  it("leaves plain numbers what they are", () => {
    for (const cells of [
      [0, 1, 2],
      [20_240_101, 20_240_102, 20_300_000, 20_400_000],
      [-5, 1e7, 3e7],
    ]) {
      expect(times(cells)).toMatchObject({ unit: "count", values: Float64Array.from(cells), warnings: [] });
    }
    // A column that was forced to be texts.
    expect([...times(["3", "1.5"]).values]).toEqual([3, 1.5]);
    // A count that has grown to the size of a date.
    expect([...times([1.7e9, 1.8e9], "count").values]).toEqual([1.7e9, 1.8e9]);
  });

  it("takes a known unit for times that do not tell theirs, and says so", () => {
    const { values, warnings } = times([0, 1500], "milliseconds");
    expect([...values]).toEqual([0, 1_500_000]);
    expect(warnings).toEqual([expect.stringContaining("They are taken for milliseconds")]);
  });

  it.each([
    [
      [20240305, 20240306, 20240230, 20240308],
      'holds "20240230" in row 3, where a date such as 20240531134500',
    ],
    [
      [1709596800, 1709596860, 1709596920000, 1709596980],
      "holds 1709596920000, which is a time in milliseconds in row 3, where one in seconds as in other rows",
    ],
  ])("refuses %j", (cells, message) => {
    expect(() => times(cells)).toThrow(message);
  });

  it("refuses dates where training had a count", () => {
    expect(() => times(["2024-03-05"], "count")).toThrowError(
      expect.objectContaining({ code: "schema-mismatch", message: expect.stringContaining('"2024-03-05"') }),
    );
  });

  it.each([
    [["2014-07-01", "soon"], '"t" holds "soon" in row 2, where a date'],
    [["2014-07-01", null], "holds nothing in row 2, where a date"],
    [["1", "2", "l3"], '"l3" in row 3, where a number'],
    [["a", "b"], '"a" in row 1, where a date'],
  ])("names the cell of %j that is no time", (cells, message) => {
    expect(() => times(cells)).toThrow(message);
  });

  it("asks for another form of dates that can be read in two ways", () => {
    for (const cell of ["31.05.2024 13:45", "5/6/2024 1:45 PM"]) {
      expect(() => times([cell])).toThrowError(
        expect.objectContaining({ hint: expect.stringContaining("Write all times in that form") }),
      );
    }
  });

  it.each([
    [["2024-02-29", "2024-02-30"], "no such day (year, month, day)"],
    [["2024-05-31 13:45", "2023-02-29 13:45"], "no such day"],
    [["2024-05-31", "2024-13-05T10:00:00Z"], "no such day"],
    [["20240229", "20240230", "20240301"], "no such day"],
    [["2024-05-31 13:45", "2024-05-31 25:00"], "no such time of day"],
    [["2024-05-31T13:45Z", "2024-05-31T13:60Z"], "no such time of day"],
    [["20240229T101112", "20240301T106112"], "no such time of day"],
    [["2024-05-31 1:45 PM", "2024-05-31 13:45 PM"], "no such time of day"],
  ])("says of %j that the second does not exist", (cells, hint) => {
    expect(() => times(cells)).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining(`${JSON.stringify(cells[1])} in row 2`),
        hint: expect.stringContaining(`There is ${hint}`),
      }),
    );
  });

  it("names the number that is no time", () => {
    expect(() => times([1, null])).toThrow("holds nothing in row 2, where a time");
    expect(() => times([1, Number.POSITIVE_INFINITY])).toThrow("holds Infinity in row 2");
    expect(() => readTimes(tableFromColumns({ time: [1] }), "tiem")).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('Did you mean "time"?') }),
    );
  });
});

describe("spanOf", () => {
  const [dates, millis, plain] = [times(["2014-07-01"]), times([1404172800e3]), times([1])];
  it("reads units where the column has some", () => {
    expect(spanOf("15min", dates, "every")).toBe(900e6);
    expect(spanOf("1.5 h", dates, "every")).toBe(5400e6);
    expect(spanOf("2d", millis, "every")).toBe(172_800e6);
    expect(spanOf("250ms", millis, "every")).toBe(250e3);
    expect(spanOf(250, millis, "every")).toBe(250e3);
    expect(spanOf(0.07, dates, "every")).toBe(70e3);
    expect(spanOf(250, dates, "every", "milliseconds")).toBe(250e3);
    expect(spanOf(7, plain, "every")).toBe(7);
    expect(spanOf("7", plain, "every")).toBe(7);
  });

  it("refuses what is no length of time", () => {
    for (const span of [0, -1, Number.NaN, "0s", "5 fortnights", "soon", "1e3s"]) {
      expect(() => spanOf(span, dates, "maxGap")).toThrow("maxGap must be a length of time above 0");
    }
    expect(() => spanOf("5s", plain, "maxGap")).toThrow("the times are plain numbers");
  });

  it("shows spans in their units", () => {
    expect([5, 90, 5400, 864000, 0.02].map((span) => showSpan(span * 1e6, dates))).toEqual([
      "5 s",
      "1.5 min",
      "1.5 h",
      "10 d",
      "20 ms",
    ]);
    expect(showSpan(5e6, millis)).toBe("5 s");
    expect(showSpan(12.34567, plain)).toBe("12.35");
  });
});
