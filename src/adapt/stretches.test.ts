import fc from "fast-check";
import { expect, test } from "vitest";
import { rowsFor, stepsIn, stretchesOf, windowsIn } from "./stretches.js";

const one = (steps: number, ...cuts: number[]) => {
  const ends = [0, ...cuts, steps];
  return {
    steps,
    rowSteps: Uint32Array.from({ length: steps }, (_, k) => k),
    segments: ends.slice(1).map((to, k) => ({ from: ends[k]!, to })),
  };
};

test("the first half locates, the second calibrates a window later, and the rest is left", () => {
  expect(stretchesOf(one(100), 60, 10)).toEqual({
    located: [{ from: 0, to: 30 }],
    calibrated: [{ from: 40, to: 60 }],
    used: [{ from: 0, to: 60 }],
    rest: [{ from: 60, to: 100 }],
  });
  // A gap in time at step 25, and one at step 45.
  expect(stretchesOf(one(100, 25, 45), 60, 10)).toMatchObject({
    located: [
      { from: 0, to: 25 },
      { from: 25, to: 30 },
    ],
    calibrated: [
      { from: 40, to: 45 },
      { from: 45, to: 60 },
    ],
  });
});

test("each entity gives its own first rows", () => {
  const entities = [
    { from: 0, to: 50 },
    { from: 50, to: 100 },
  ];
  const { located, calibrated, rest } = stretchesOf({ ...one(100, 50), entities }, 40, 5);
  expect(located).toEqual([
    { from: 0, to: 20 },
    { from: 50, to: 70 },
  ]);
  expect(calibrated).toEqual([
    { from: 25, to: 40 },
    { from: 75, to: 90 },
  ]);
  expect(stepsIn(rest)).toBe(20);
});

test("rowsFor is the least number of rows that gives so many windows", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 40 }), (windows, window) => {
      const rows = rowsFor(windows, window, 1);
      const given = (count: number): number =>
        windowsIn(stretchesOf(one(count + 50), count, window).calibrated, window);
      expect(given(rows)).toBeGreaterThanOrEqual(windows);
      expect(given(rows - 1)).toBeLessThan(windows);
    }),
    { seed: 1, numRuns: 200 },
  );
});
