import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import {
  axisTransforms,
  kernelTransform,
  kronecker,
  type Matrix,
  outputLength,
  toomCook,
} from "./convolution-transforms.js";

const random = createRandom(8);
const times = ({ rows, columns, data }: Matrix, x: ArrayLike<number>): number[] =>
  Array.from({ length: rows }, (_, row) => {
    let total = 0;
    for (let k = 0; k < columns; k++) total += data[row * columns + k]! * x[k]!;
    return total;
  });
const values = (name: string, length: number): Float64Array => {
  const drawn = new Float64Array(length);
  const stream = random.stream(name);
  for (let k = 0; k < length; k++) drawn[k] = stream.uniform() * 2 - 1;
  return drawn;
};

describe("Toom-Cook's matrices", () => {
  it.each([
    [4, 5],
    [4, 3],
    [4, 2],
    [2, 3],
    [1, 5],
  ])("%i outputs of %i taps are what sliding gives", (tile, taps) => {
    const { kernel, data, output } = toomCook(tile, taps);
    const points = tile + taps - 1;
    expect([kernel.length, data.length, output.length]).toEqual([points, points, points]);
    const k = values("kernel", taps);
    const x = values("data", points);
    const dot = (row: readonly number[], vector: Float64Array): number =>
      row.reduce((total, value, at) => total + value * vector[at]!, 0);
    const products = kernel.map((row, point) => dot(row, k) * dot(data[point]!, x));
    for (let at = 0; at < tile; at++) {
      const found = products.reduce((total, product, point) => total + product * output[point]![at]!, 0);
      const expected = k.reduce((total, value, tap) => total + value * x[at + tap]!, 0);
      expect(found).toBeCloseTo(expected, 12);
    }
  });

  it("know the published ones of two outputs and three taps (Lavin and Gray 2016), up to each point's factor", () => {
    const { kernel, data, output } = toomCook(2, 3);
    expect(kernel).toEqual([
      [1, 0, 0],
      [1, 1, 1],
      [1, -1, 1],
      [0, 0, 1],
    ]);
    expect(output).toEqual([
      [1, 0],
      [1, 1],
      [1, -1],
      [0, 1],
    ]);
    // Theirs: (1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1), with halves in the kernel's.
    expect(data.map((row) => row.map((value) => value + 0))).toEqual([
      [1, 0, -1, 0],
      [0, 0.5, 0.5, 0],
      [0, -0.5, 0.5, 0],
      [0, -1, 0, 1],
    ]);
  });

  it("end where float32 does", () => {
    expect(() => toomCook(4, 6)).toThrow("need 9 points");
  });
});

describe("an axis", () => {
  it.each([
    ["plain", { length: 9, upsample: 1, before: 0, after: 0, taps: 3 }],
    ["padded", { length: 8, upsample: 1, before: 2, after: 2, taps: 5 }],
    ["padded on one side", { length: 7, upsample: 1, before: 0, after: 3, taps: 5 }],
    ["enlarged", { length: 5, upsample: 2, before: 1, after: 2, taps: 4 }],
  ])("%s: in tiles as by sliding, in any order", (_, axis) => {
    const x = values("axis", axis.length);
    const k = values("taps", axis.taps);
    const length = outputLength(axis);
    const at = (position: number): number => {
      const inside = position - axis.before;
      return inside < 0 || inside >= axis.length * axis.upsample ? 0 : x[Math.floor(inside / axis.upsample)]!;
    };
    const expected = Array.from({ length }, (_, position) =>
      k.reduce((total, value, tap) => total + value * at(position + tap), 0),
    );
    const order = expected.map((_, position) => (position * 3 + 1) % length);
    const { points, tiles, data, output } = axisTransforms(axis, 4, order);
    const { kernel } = toomCook(4, axis.taps);
    const products = times(data, x).map((value, row) => {
      const point = Math.floor(row / tiles);
      return value * kernel[point]!.reduce((total, each, tap) => total + each * k[tap]!, 0);
    });
    expect(products.length).toBe(points * tiles);
    times(output, products).forEach((value, row) => {
      expect(value).toBeCloseTo(expected[order[row]!]!, 5);
    });
  });

  it("and another make one matrix", () => {
    const matrix = (rows: number, columns: number, name: string): Matrix => ({
      rows,
      columns,
      data: Float32Array.from(values(name, rows * columns)),
    });
    const [a, b] = [matrix(2, 3, "a"), matrix(4, 2, "b")];
    const product = kronecker(a, b);
    expect([product.rows, product.columns]).toEqual([8, 6]);
    expect(product.data[5 * 6 + 3]).toBe(Math.fround(a.data[4]! * b.data[3]!));
    // A kernel of ones is as many taps at the point 1, squared.
    expect(times(kernelTransform(4, 5), new Float64Array(25).fill(1))[9]).toBe(25);
  });
});
