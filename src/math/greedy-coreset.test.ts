import { expect, it } from "vitest";
import { greedyCoreset } from "./greedy-coreset.js";
import { createRandom } from "./random.js";

const distance = (points: Float32Array, a: number, b: number): number =>
  Math.hypot(points[2 * a]! - points[2 * b]!, points[2 * a + 1]! - points[2 * b + 1]!);

it("takes the farthest point each time, and says how far the others are", () => {
  const points = new Float32Array(2 * 200);
  createRandom(3).stream("points").fillNormal(points);
  const { chosen, radius } = greedyCoreset(points, 2, 20, 7);
  expect(chosen[0]).toBe(7);
  const toChosen = (row: number, count: number): number =>
    Math.min(...Array.from(chosen.subarray(0, count), (centre) => distance(points, row, centre)));
  for (let k = 1; k < 20; k++) {
    const farthest = Math.max(...Array.from({ length: 200 }, (_, row) => toChosen(row, k)));
    expect(toChosen(chosen[k]!, k)).toBeCloseTo(farthest, 6);
  }
  expect(radius).toBeCloseTo(Math.max(...Array.from({ length: 200 }, (_, row) => toChosen(row, 20))), 6);
});

it("does not keep copies", () => {
  const { chosen, radius } = greedyCoreset(Float32Array.of(0, 0, 1, 0, 0, 0, 1, 0), 2, 4, 0);
  expect([...chosen]).toEqual([0, 1]);
  expect(radius).toBe(0);
});
