import { describe, expect, it } from "vitest";
import { greedyCentres, randomlyProjected } from "./greedy-centres.js";
import { createRandom } from "./random.js";

function points(rows: number, dim: number, seed: number): Float32Array {
  const data = new Float32Array(rows * dim);
  createRandom(seed).stream("points").fillNormal(data);
  return data;
}

function distance(data: Float32Array, dim: number, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < dim; k++) sum += (data[a * dim + k]! - data[b * dim + k]!) ** 2;
  return Math.sqrt(sum);
}

/** Largest distance of a point from the nearest of some. */
function radiusOf(data: Float32Array, dim: number, chosen: readonly number[]): number {
  const rows = data.length / dim;
  return Math.max(
    ...Array.from({ length: rows }, (_, row) =>
      Math.min(...chosen.map((each) => distance(data, dim, row, each))),
    ),
  );
}

/** Every choice of `count` numbers below `rows`. */
function* choices(rows: number, count: number, from = 0): Generator<number[]> {
  if (count === 0) yield [];
  else
    for (let first = from; first < rows; first++)
      for (const rest of choices(rows, count - 1, first + 1)) yield [first, ...rest];
}

describe("greedy centres", () => {
  it.each([1, 2, 3, 4])("cover within twice the least radius that any %i points have", (count) => {
    for (let seed = 0; seed < 5; seed++) {
      const data = points(11, 2, seed);
      const { chosen, radius } = greedyCentres(data, 2, count, seed);
      const best = Math.min(...Array.from(choices(11, count), (each) => radiusOf(data, 2, each)));
      expect(radius).toBeCloseTo(radiusOf(data, 2, [...chosen]), 5);
      expect(radius).toBeGreaterThanOrEqual(best - 1e-6);
      expect(radius).toBeLessThanOrEqual(2 * best + 1e-6);
    }
  });

  it("are the farthest from those before them, each in its turn, and all different", () => {
    const [rows, dim] = [200, 5];
    const data = points(rows, dim, 9);
    const { chosen } = greedyCentres(data, dim, 20, 7);
    expect(chosen[0]).toBe(7);
    expect(new Set(chosen).size).toBe(20);
    for (let k = 1; k < chosen.length; k++) {
      const before = [...chosen.slice(0, k)];
      const reached = Math.min(...before.map((each) => distance(data, dim, chosen[k]!, each)));
      expect(reached).toBeCloseTo(radiusOf(data, dim, before), 5);
    }
  });

  it("stop where nothing is left to cover", () => {
    const copies = Float32Array.from([0, 0, 1, 1, 0, 0, 1, 1, 0, 0]);
    expect(greedyCentres(copies, 2, 5, 0)).toEqual({ chosen: Uint32Array.of(0, 1), radius: 0 });
    expect(greedyCentres(points(3, 2, 1), 2, 10, 0).chosen).toHaveLength(3);
  });
});

describe("random projections", () => {
  it("keep distances about as they were", () => {
    const [rows, dim] = [40, 300];
    const data = points(rows, dim, 3);
    const { points: few, dim: less } = randomlyProjected(data, dim, 64, createRandom(1).stream("p"));
    expect(less).toBe(64);
    for (let row = 1; row < rows; row++) {
      const ratio = distance(few, less, 0, row) / distance(data, dim, 0, row);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.4);
    }
  });

  it("leave points of few dimensions as they are", () => {
    const data = points(4, 3, 3);
    expect(randomlyProjected(data, 3, 64, createRandom(1).stream("p"))).toEqual({ points: data, dim: 3 });
  });
});
