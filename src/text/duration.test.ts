import { describe, expect, it } from "vitest";
import { parseDuration } from "./duration.js";

describe("parseDuration", () => {
  // Values by pandas 2: pd.Timedelta(text).total_seconds().
  it.each<[string, number]>([
    ["PT198S", 198],
    ["P1DT2H3M4.5S", 93784.5],
    ["PT0.25S", 0.25],
    ["-PT5M", -300],
    ["P2W", 1_209_600],
    ["P0DT0H7M27S", 447],
    ["00:07:27", 447],
    ["100:00:00", 360_000],
    ["-00:05:00", -300],
    ["1 days 02:03:04", 93784],
    ["-1 days +23:59:30", -30],
    ["0 days 00:07:27.500000", 447.5],
    ["1 day 2:03:04", 93784],
    ["-1 day, 23:59:30", -30], // str(datetime.timedelta(seconds=-30))
    ["1.02:03:04", 93784], // TimeSpan of .NET
    ["-1.02:03:04", -93784], // the same
    ["1h 30min", 5400],
    ["2m5s", 125],
    ["1m30.5s", 90.5],
    ["450ms", 0.45],
    ["1001 ms", 1.001],
    ["7 us", 7e-6],
    ["1 day 2 hours", 93600],
    ["1d 02:03:04", 93784],
    ["1d02:03:04", 93784],
    ["1 day 02:03", 93780],
    ["-2 days +01:30", -167_400],
  ])("reads %s", (text, seconds) => {
    expect(parseDuration(text)).toMatchObject({ form: "full", value: seconds });
  });

  it("reads two parts in the smaller unit", () => {
    expect(parseDuration("7:27")).toMatchObject({ form: "short", value: 447 });
    expect(parseDuration("-12:05.5")).toMatchObject({ form: "short", value: -725.5 });
  });

  // Values by pandas 2: pd.Timedelta("1 days 02:03:04"), and pd.Timestamp(f"2024-05-31 {text}") less its day.
  it.each<[string, "days" | "12-hour", number]>([
    ["1:02:03:04", "days", 93784],
    ["-001:02:03:04.5", "days", -93784.5],
    ["01:15:00 PM", "12-hour", 47700],
    ["1:15 pm", "12-hour", 47700],
    ["1:15PM", "12-hour", 47700],
    ["12:00:00.5 a.m.", "12-hour", 0.5],
    ["12:30 PM", "12-hour", 45000],
    ["11:59:59 p. m.", "12-hour", 86399],
  ])("reads %s in the form %s", (text, form, seconds) => {
    expect(parseDuration(text)).toMatchObject({ form, value: seconds });
  });

  it.each([
    "1:24:00:00",
    "1:2:3:4",
    "13:15 PM",
    "0:15 am",
    "1:60 pm",
    "1 pm",
    "1.02:03",
    "P1M",
    "P1Y",
    "PT",
    "P",
    "5",
    "00:60:00",
    "1:2:3",
    "16:9",
    "5 W",
    "5 M",
    "1,234 ms",
    "s",
    "-+0:00:01",
    "1s2h",
  ])("does not read %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
