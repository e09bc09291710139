import { expect, test } from "vitest";
import type { Samples, Timeline } from "../../data/index.js";
import { stepTimes } from "./step-times.js";

const timesOf = (
  texts: readonly (string | number)[],
  more: Partial<Timeline> = {},
  unit?: "seconds" | "count",
) =>
  stepTimes(
    { names: { columns: ["m", "t"], of: (row: number) => ["a", texts[row]] } } as unknown as Samples,
    {
      steps: texts.length,
      segments: [{ from: 0, to: texts.length }],
      rowSteps: Uint32Array.from(texts.keys()),
      ...more,
    },
    unit,
  );

test("dates are seconds, a clock that is set back waits, and a grid's steps lie evenly", () => {
  const dates = ["2026-03-01 00:00", "2026-03-01T01:00", "2026-03-01 00:30"];
  const start = Date.UTC(2026, 2, 1) / 1000;
  expect(timesOf(dates, {}, "seconds")).toEqual({
    values: Float64Array.of(start, start + 3600, start + 3600),
    dates: true,
    named: true,
  });
  const grid = { steps: 6, segments: [{ from: 0, to: 6 }], rowSteps: Uint32Array.of(0, 3, 4) };
  expect([...timesOf([1, 4, 9], grid, "count").values]).toEqual([1, 2, 3, 4, 9, 9]);
});

test("times since 1970 are dates, counts are not, and rows have their numbers", () => {
  expect(timesOf(["1780000000", "1780000060"], {}, "seconds").dates).toBe(true);
  expect(timesOf([10, 20], {}, "count")).toEqual({
    values: Float64Array.of(10, 20),
    dates: false,
    named: true,
  });
  expect(timesOf(["x", "y"])).toEqual({ values: Float64Array.of(1, 2), dates: false, named: false });
});
