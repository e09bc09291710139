import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { averagePathLength, pathLengthGrid } from "./path-length.js";

describe("c(n)", () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1.20739236],
    [4, 1.85165591],
    [8, 3.29625163],
    [16, 4.69553173],
    [64, 7.47195078],
    [128, 8.8584305],
    [256, 10.24477092],
    [512, 11.63107676],
    [1000, 12.96994089],
  ])("c(%i) = %d", (n, expected) => {
    expect(averagePathLength(n)).toBeCloseTo(expected, 8);
  });
});

describe("the grid of path lengths", () => {
  it("makes sums exact in float32, whatever their order", () => {
    const sums = fc.integer({ min: 2, max: 24 }).chain((longest) =>
      fc.record({
        longest: fc.constant(longest),
        lengths: fc.array(fc.double({ min: 0, max: longest, noNaN: true }), { minLength: 1, maxLength: 8 }),
      }),
    );
    fc.assert(
      fc.property(sums, ({ longest, lengths }) => {
        const grid = pathLengthGrid(8, longest);
        const rounded = lengths.map((length) => Math.round(length / grid) * grid);
        const inFloat32 = rounded.reduce((sum, length) => Math.fround(sum + Math.fround(length)), 0);
        expect(inFloat32).toBe(rounded.reduce((sum, length) => sum + length));
      }),
    );
  });

  it("is fine: a hundred trees of 256 rows lose less than the sixth digit", () => {
    expect(pathLengthGrid(8, 8 + averagePathLength(256)) / 2).toBeLessThan(1e-5);
  });
});
