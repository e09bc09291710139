import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDate, parseDigitDate, statesZone } from "./dates.js";

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
    ["2024-02-29 01:15:00 PM", "2024-02-29T13:15:00Z"],
    ["2024/2/29 1:15 pm", "2024-02-29T13:15:00Z"],
    ["2024-02-29  1:15pm", "2024-02-29T13:15:00Z"],
    ["2024-02-29 12:05 a.m.", "2024-02-29T00:05:00Z"],
    ["2024-02-29 12:05:01.5 PM +01:00", "2024-02-29T11:05:01.500Z"],
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
    "2014-07-01 13:00 PM",
    "2014-07-01 0:30 am",
  ])("takes %j for no date", (text) => {
    expect(parseDate(text)).toBeUndefined();
  });
});

describe("parseDigitDate", () => {
  it.each([
    ["20240305", "2024-03-05T00:00:00Z"],
    ["2024030513", "2024-03-05T13:00:00Z"],
    ["202403051345", "2024-03-05T13:45:00Z"],
    ["20240305134501", "2024-03-05T13:45:01Z"],
    ["20240305134501.25", "2024-03-05T13:45:01.250Z"],
    ["20240305134501250", "2024-03-05T13:45:01.250Z"],
    ["20240305T134501Z", "2024-03-05T13:45:01Z"],
    ["20240305T1345+0100", "2024-03-05T12:45:00Z"],
  ])("reads %s", (text, same) => {
    expect(parseDigitDate(text)).toBe(Date.parse(same) / 1000);
  });

  it.each([
    "20240230",
    "20241305",
    "202403",
    "2024030524",
    "18991231",
    "21000101",
    "1709596800",
    "1709596800000",
  ])("takes %s for no date", (text) => {
    expect(parseDigitDate(text)).toBeUndefined();
  });
});

describe("statesZone", () => {
  it.each([
    "2024-03-05T10:00Z",
    "2024-03-05 10:00:00 UTC",
    "2024-03-05T10:00:00+01",
    "2024-03-05 10:00 -05:30",
    "20240305T1000+0100",
  ])("finds one in %s", (text) => {
    expect(statesZone(text)).toBe(true);
  });
  it.each(["2024-03-05", "2024-03-05T10:00:00", "20240305100000", "2024/03/05 10:00"])(
    "finds none in %s",
    (text) => {
      expect(statesZone(text)).toBe(false);
    },
  );
});
