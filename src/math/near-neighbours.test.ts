import { describe, expect, it } from "vitest";
import { nearNeighbours, type Vectors } from "./near-neighbours.js";
import { createRandom } from "./random.js";

/** Vectors around 12 dimensions, padded with small numbers; every tenth has a close neighbour. */
function vectors(count: number, length = 32): Vectors {
  const stream = createRandom(5).stream("vectors");
  const data = new Float32Array(count * length);
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < length; d++) {
      const at = i * length + d;
      data[at] =
        i % 10 === 1 ? data[at - length]! + 0.01 * stream.normal() : stream.normal() * (d < 12 ? 1 : 0.1);
    }
  }
  return { count, length, data };
}

function distance({ data, length }: Vectors, i: number, j: number): number {
  let sum = 0;
  for (let d = 0; d < length; d++) sum += (data[i * length + d]! - data[j * length + d]!) ** 2;
  return Math.sqrt(sum);
}

describe("nearest neighbours", () => {
  it("of few vectors are those that comparing all pairs finds", () => {
    const given = vectors(300);
    const { indices, distances } = nearNeighbours(given, 5);
    for (const i of [0, 1, 150, 299]) {
      const all = Array.from({ length: 300 }, (_, j) => (j === i ? Infinity : distance(given, i, j)));
      const expected = all.toSorted((a, b) => a - b).slice(0, 5);
      for (let k = 0; k < 5; k++) {
        expect(distances[i * 5 + k]).toBeCloseTo(expected[k]!, 5);
        expect(all[indices[i * 5 + k]!]).toBeCloseTo(expected[k]!, 5);
      }
    }
  });

  it("of many hold the close ones, and tell how far the others are within a quarter", () => {
    const given = vectors(5000);
    const { indices, distances } = nearNeighbours(given, 10);
    let found = 0;
    for (let i = 0; i < 5000; i += 10) if (indices[i * 10] === i + 1) found++;
    expect(found).toBeGreaterThanOrEqual(490);
    for (const i of [5, 1234, 4321]) {
      const all = Array.from({ length: 5000 }, (_, j) => (j === i ? Infinity : distance(given, i, j)));
      const tenth = all.toSorted((a, b) => a - b)[9]!;
      expect(distances[i * 10 + 9]).toBeGreaterThanOrEqual(tenth * (1 - 1e-5));
      expect(distances[i * 10 + 9]).toBeLessThan(1.25 * tenth);
    }
  });

  it("are as many as there are", () => {
    const { indices, distances } = nearNeighbours(vectors(3), 5);
    expect(Array.from(indices.subarray(2, 5))).toEqual([-1, -1, -1]);
    expect(distances[4]).toBe(Infinity);
  });
});
