import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import { planeOf } from "./latent.js";

const random = createRandom("plane");

/** Rows that vary along two known directions of a space, and little along all others. */
function rowsAlong(rows: number, columns: number, spreads: readonly [number, number]) {
  const stream = random.stream(rows, columns);
  const data = new Float32Array(rows * columns);
  const [first, second] = [new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row++) {
    [first[row], second[row]] = [spreads[0] * stream.normal(), spreads[1] * stream.normal()];
    for (let k = 0; k < columns; k++) data[row * columns + k] = 5 + 0.01 * stream.normal();
    data[row * columns] = 5 + (first[row]! + second[row]!) / Math.SQRT2;
    data[row * columns + 1] = 5 + (first[row]! - second[row]!) / Math.SQRT2;
  }
  return { matrix: { rows, columns, data }, first, second };
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let k = 0; k < a.length; k++) {
    ab += (a[k]! - ma) * (b[k]! - mb);
    aa += (a[k]! - ma) ** 2;
    bb += (b[k]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

describe("the plane of a latent space", () => {
  // More dimensions than rows go through products of rows.
  it.each([
    ["few dimensions", 200, 6],
    ["more dimensions than are decomposed", 120, 300],
  ])("shows the two directions of most variance, of %s", (_, rows, columns) => {
    const { matrix, first, second } = rowsAlong(rows, columns, [3, 1]);
    const centre = new Float32Array(columns).fill(5);
    const { x, y, shares, centre: seen } = planeOf(matrix, centre);
    expect(Math.abs(correlation(x, first))).toBeGreaterThan(0.99);
    expect(Math.abs(correlation(y, second))).toBeGreaterThan(0.99);
    expect(shares[0] + shares[1]).toBeGreaterThan(0.98);
    expect(shares[0]).toBeGreaterThan(shares[1]);
    // It lies at the mean of the rows, but for chance.
    expect(Math.hypot(...seen!)).toBeLessThan(1);
  });

  it("shows one dimension on a line, and has no centre where there is none of that width", () => {
    const matrix = { rows: 3, columns: 1, data: Float32Array.of(1, 2, 6) };
    const { x, y, shares, centre } = planeOf(matrix, Float32Array.of(1, 2));
    expect([...x].map(Math.abs)).toEqual([2, 1, 3]);
    expect([...y]).toEqual([0, 0, 0]);
    expect([...shares]).toEqual([1, 0]);
    expect(centre).toBeUndefined();
  });
});
