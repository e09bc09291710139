import { describe, expect, it } from "vitest";
import { matmul, transpose } from "./linalg.js";
import { pivotedInverse } from "./pivoted-cholesky.js";
import { createRandom } from "./random.js";

/** A'A for random A [rank, d]. */
function gram(d: number, rank: number): Float64Array {
  const stream = createRandom(d).stream("gram", rank);
  const a = Float64Array.from({ length: rank * d }, () => stream.normal());
  return matmul(transpose(a, rank, d), a, d, rank, d);
}

/** F = A_.p T, of which A should be the Gram matrix. */
function features(a: ArrayLike<number>, d: number, floor = 1e-12) {
  const { pivots, inverse } = pivotedInverse(a, d, floor);
  const rank = pivots.length;
  const chosen = Float64Array.from(
    { length: d * rank },
    (_, k) => a[Math.floor(k / rank) * d + pivots[k % rank]!]!,
  );
  return { rank, pivots, f: matmul(chosen, inverse, d, rank, rank) };
}

describe("the pivoted factor", () => {
  it.each([
    [1, 1],
    [6, 6],
    [40, 40],
    [40, 7],
  ])("reproduces a matrix of %i rows and rank %i", (d, rank) => {
    const a = gram(d, rank);
    const found = features(a, d, 1e-10);
    expect(found.rank).toBe(rank);
    expect(new Set(found.pivots).size).toBe(rank);
    const product = matmul(found.f, transpose(found.f, d, rank), d, rank, d);
    product.forEach((value, k) => expect(value).toBeCloseTo(a[k]!, 7));
  });

  it("takes the largest first, and each of several equal rows once", () => {
    const { pivots } = pivotedInverse([1, 0, 0, 0, 4, 0, 0, 0, 2], 3, 1e-12);
    expect([...pivots]).toEqual([1, 2, 0]);
    expect(features([1, 1, 0, 1, 1, 0, 0, 0, 1], 3).rank).toBe(2);
  });

  it("leaves out what an indefinite matrix has of negative directions, and finds nothing in a negative one", () => {
    expect([...pivotedInverse([2, 0, 0, -3], 2, 1e-12).pivots]).toEqual([0]);
    expect(pivotedInverse([-1, 0, 0, -1], 2, 1e-12).pivots).toHaveLength(0);
  });
});
