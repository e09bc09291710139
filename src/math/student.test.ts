import { expect, test } from "vitest";
import { studentQuantile } from "./student.js";

test("quantiles agree with the tables of Student's t", () => {
  for (const [freedom, expected] of [
    [4, 2.776445],
    [5, 2.570582],
    [7, 2.364624],
    [9, 2.262157],
    [30, 2.042272],
  ] as const) {
    expect(Math.abs(studentQuantile(0.975, freedom) / expected - 1)).toBeLessThan(freedom < 7 ? 3e-3 : 3e-4);
    expect(studentQuantile(0.025, freedom)).toBeCloseTo(-studentQuantile(0.975, freedom), 12);
  }
  expect(studentQuantile(0.5, 5)).toBeCloseTo(0, 12);
});
