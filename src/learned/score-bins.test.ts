import { expect, it } from "vitest";
import { scoreBins } from "./score-bins.js";

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

it("counts every score once, on a scale that holds the marks", () => {
  const { low, high, logarithmic, upper, lower } = scoreBins([1, 2, 2, 3], [2, 4], [5]);
  expect([low, high, logarithmic]).toEqual([1, 5, false]);
  expect([sum(upper), sum(lower)]).toEqual([4, 2]);
  expect([upper[0], upper.at(-1), lower.at(-1)]).toEqual([1, 0, 0]);
});

it("is logarithmic where scores span much, and holds what cannot be told apart", () => {
  expect(scoreBins([0.1, 10], [], []).logarithmic).toBe(true);
  expect(scoreBins([-1, 100], [], []).logarithmic).toBe(false);
  const { low, high, upper } = scoreBins([3, 3], [3], []);
  expect([low, high, sum(upper)]).toEqual([3, 3, 2]);
});

it("lets no single extreme press all others together", () => {
  const scores = Array.from({ length: 1000 }, (_, k) => -k);
  const { low, upper } = scoreBins([...scores, -1e9], [], []);
  expect(low).toBeGreaterThan(-1100);
  expect(sum(upper)).toBe(1001);
});
