import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableFromColumns } from "../table/table-from.js";
import { parseDate, readTimes, showSpan, spanOf } from "./time.js";

const times = (cells: readonly (string | null)[] | readonly (number | null)[]) =>
  readTimes(tableFromColumns({ t: cells, v: cells.map((_, k) => k) }, "pump.csv"), "t");

describe("parseDate", () => {
  it("reads what Date writes, for any moment", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(-2e13), max: new Date(2e13), noInvalidDate: true }), (date) => {
        expect(parseDate(date.toISOString())).toBeCloseTo(date.getTime() / 1000, 5);
      }),
    );
  });

  it.each([
    ["2014-07-01 00:30:00", "2014-07-01T00:30:00Z"],
    ["2014-07-01", "2014-07-01T00:00:00Z"],
    ["2014/7/1 5:03", "2014-07-01T05:03:00Z"],
    ["2014-07-01T00:30:00+02:00", "2014-06-30T22:30:00Z"],
    ["2014-07-01T00:30:00-0530", "2014-07-01T06:00:00Z"],
    ["2014-07-01 00:30:00+01", "2014-06-30T23:30:00Z"],
    ["2014-07-01 00:30:00.25 UTC", "2014-07-01T00:30:00.250Z"],
    ["2024-02-29", "2024-02-29T00:00:00Z"],
  ])("reads %s in UTC", (text, same) => {
    expect(parseDate(text)).toBe(Date.parse(same) / 1000);
  });

  it("keeps microseconds", () => {
    expect(parseDate("2014-07-01 00:00:00.000123")! - parseDate("2014-07-01")!).toBeCloseTo(123e-6, 6);
  });

  it.each([
    "2023-02-29",
    "2014-13-01",
    "2014-07-01 24:00",
    "01/07/2014",
    "2014-07/01",
    "7",
    "",
    "2014-07-01 10",
  ])("takes %j for no date", (text) => {
    expect(parseDate(text)).toBeUndefined();
  });
});

describe("readTimes", () => {
  it("knows dates and time since 1970 from plain numbers", () => {
    expect(times(["2014-07-01", "2014-07-02"]).perSecond).toBe(1);
    expect(times([1404172800, 1404259200]).perSecond).toBe(1);
    expect(times([1404172800e3, 1404259200e3]).perSecond).toBe(1e3);
    expect(times([1404172800e6, 1404259200e6]).perSecond).toBe(1e6);
    expect(times([1, 2, 3]).perSecond).toBeUndefined();
    // A column that was forced to be texts.
    expect([...times(["3", "1.5"]).values]).toEqual([3, 1.5]);
  });

  it.each([
    [["2014-07-01", "soon"], '"t" holds "soon" in row 2, where a date'],
    [["2014-07-01", null], "holds nothing in row 2, where a date"],
    [["1", "2", "l3"], '"l3" in row 3, where a number'],
    [["a", "b"], '"a" in row 1, where a date'],
  ])("names the cell of %j that is no time", (cells, message) => {
    expect(() => times(cells)).toThrow(message);
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
    expect(spanOf("15min", dates, "every")).toBe(900);
    expect(spanOf("1.5 h", dates, "every")).toBe(5400);
    expect(spanOf("2d", millis, "every")).toBe(172_800_000);
    expect(spanOf("250ms", millis, "every")).toBe(250);
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
    expect([5, 90, 5400, 864000, 0.02].map((span) => showSpan(span, dates))).toEqual([
      "5 s",
      "1.5 min",
      "1.5 h",
      "10 d",
      "20 ms",
    ]);
    expect(showSpan(5000, millis)).toBe("5 s");
    expect(showSpan(12.34567, plain)).toBe("12.35");
  });
});
