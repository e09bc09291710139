import { expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import { sampleFeatures } from "./sample.js";

const matrix = { rows: 10, columns: 2, data: Float32Array.from({ length: 20 }, (_, k) => k) };

it("leaves a matrix that is small enough as it is", () => {
  expect(sampleFeatures(matrix, 10, createRandom(1).stream("s"))).toBe(matrix);
});

it("draws rows whole, each at most once, in their order", () => {
  const { rows, columns, data } = sampleFeatures(matrix, 4, createRandom(1).stream("s"));
  expect([rows, columns, data.length]).toEqual([4, 2, 8]);
  const first = Array.from({ length: 4 }, (_, k) => data[2 * k]!);
  expect(first.every((value, k) => value % 2 === 0 && data[2 * k + 1] === value + 1)).toBe(true);
  expect(first).toEqual([...new Set(first)].toSorted((a, b) => a - b));
});
