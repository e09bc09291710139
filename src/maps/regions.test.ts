import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectedComponents } from "../math/components.js";
import { type AnomalyMap, type Region, regionsOf } from "./regions.js";

const calibration = Float32Array.of(1, 2, 3, 4);

/** A map from a drawing: digits are scores, anything else is 0. */
function drawn(...rows: string[]): AnomalyMap {
  const data = Float32Array.from(rows.join(""), (sign) => Number(sign) || 0);
  return { height: rows.length, width: rows[0]!.length, data };
}

/** Twice the signed area that an outline encloses, above 0 where it is clockwise on a screen. */
const shoelace = (outline: Region["polygons"][number]): number =>
  outline.reduce((sum, [x, y], k) => {
    const [nextX, nextY] = outline[(k + 1) % outline.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);

/** By the even-odd rule: how many edges a ray to the right meets. */
const holds = ({ polygons }: Region, x: number, y: number): boolean =>
  polygons
    .flatMap((outline) => outline.map((corner, k) => [corner, outline[(k + 1) % outline.length]!] as const))
    .filter(([[fromX, fromY], [toX, toY]]) => fromX === toX && fromX > x && fromY > y !== toY > y).length %
    2 ===
  1;

const map = fc
  .record({ height: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 9 }) })
  .chain(({ height, width }) =>
    fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: height * width, maxLength: height * width })
      .map((values): AnomalyMap => ({ height, width, data: Float32Array.from(values) })),
  );
const connectivities = fc.constantFrom(4, 8);

describe("regionsOf", () => {
  it("gives box, outline, area, peak, place and p-value of each region, the highest peak first", () => {
    const shown = drawn(
      "......", //
      ".77...",
      ".7....",
      "....39",
      "......",
    );
    expect(regionsOf(shown, 2, { calibration })).toEqual([
      {
        box: [4, 3, 2, 1],
        polygons: [
          [
            [6, 3],
            [6, 4],
            [4, 4],
            [4, 3],
          ],
        ],
        area: 2,
        peak: 9,
        at: [5, 3],
        pValue: 1 / 5,
      },
      {
        box: [1, 1, 2, 2],
        polygons: [
          [
            [3, 1],
            [3, 2],
            [2, 2],
            [2, 3],
            [1, 3],
            [1, 1],
          ],
        ],
        area: 3,
        peak: 7,
        at: [1, 1],
        pValue: 1 / 5,
      },
    ]);
    expect(regionsOf(shown, 9, { calibration })).toEqual([]);
  });

  it("is in pixels of the original, whatever its proportions", () => {
    const [region] = regionsOf(drawn("....", "..5.", "...."), 1, {
      calibration,
      size: { height: 30, width: 10 },
    });
    expect(region).toEqual({
      box: [5, 10, 3, 10],
      polygons: [
        [
          [7.5, 10],
          [7.5, 20],
          [5, 20],
          [5, 10],
        ],
      ],
      area: 25,
      peak: 5,
      at: [6, 15],
      pValue: 1 / 5,
    });
  });

  it("draws holes, and joins or parts pixels at corners as connectivity says", () => {
    const ring = drawn("999", "9.9", "998");
    const [region, ...others] = regionsOf(ring, 1, { calibration });
    expect(others).toEqual([]);
    expect(region!.area).toBe(8);
    expect(region!.polygons.map(shoelace)).toEqual([18, -2]);
    const corners = drawn("9..", ".9.", "..9");
    expect(regionsOf(corners, 1, { calibration })).toHaveLength(1);
    expect(regionsOf(corners, 1, { calibration, connectivity: 4 })).toHaveLength(3);
  });

  it("encloses the pixels above the threshold, each once, and nothing else", () => {
    fc.assert(
      fc.property(map, connectivities, fc.integer({ min: 0, max: 9 }), (given, connectivity, threshold) => {
        const { height, width, data } = given;
        const regions = regionsOf(given, threshold, { calibration, connectivity });
        data.forEach((value, place) => {
          const [x, y] = [place % width, Math.floor(place / width)];
          const around = regions.filter((region) => holds(region, x + 0.5, y + 0.5));
          expect(around).toHaveLength(value > threshold ? 1 : 0);
        });
        for (const { area, polygons, peak, at, box } of regions) {
          expect(polygons.reduce((sum, outline) => sum + shoelace(outline) / 2, 0)).toBe(area);
          expect(polygons.map((outline) => shoelace(outline) > 0)).toEqual(polygons.map((_, k) => k === 0));
          expect(data[at[1] * width + at[0]]).toBe(peak);
          const [xs, ys] = [0, 1].map((axis) => polygons[0]!.map((corner) => corner[axis]!));
          const [left, top] = [Math.min(...xs!), Math.min(...ys!)];
          expect(box).toEqual([left, top, Math.max(...xs!) - left, Math.max(...ys!) - top]);
        }
        // As many holes as parts of the rest, hanging together the other way, that do not reach the frame.
        const around = Uint8Array.from({ length: (height + 2) * (width + 2) }, (_, place) => {
          const [x, y] = [(place % (width + 2)) - 1, Math.floor(place / (width + 2)) - 1];
          const inside = x >= 0 && y >= 0 && x < width && y < height;
          return inside && data[y * width + x]! > threshold ? 0 : 1;
        });
        const rest = connectedComponents(around, height + 2, width + 2, connectivity === 8 ? 4 : 8);
        const holes = regions.reduce((sum, { polygons }) => sum + polygons.length - 1, 0);
        expect(holes).toBe(rest.count - 1);
      }),
      { numRuns: 300 },
    );
  });

  it("counts pixels that are above the threshold by a rounding as tied with it, as models do", () => {
    const near = drawn("3");
    near.data[0] = 3 * (1 + 2 ** -20);
    expect(regionsOf(near, 3, { calibration })).toEqual([]);
    // Tied with a calibration score too: 3 and 4 are at least as high.
    expect(regionsOf(near, 2, { calibration })[0]!.pValue).toBe(3 / 5);
  });

  it.each([
    [() => regionsOf({ height: 2, width: 2, data: new Float32Array(3) }, 1, { calibration }), "unfit-data"],
    [() => regionsOf({ height: 1, width: 1, data: Float32Array.of(NaN) }, 1, { calibration }), "unfit-data"],
    [() => regionsOf(drawn("9"), Number.NaN, { calibration }), "invalid-option"],
    [() => regionsOf(drawn("9"), 1, { calibration, size: { height: 0, width: 9 } }), "invalid-option"],
    [() => regionsOf(drawn("9"), 1, { calibration, connectivity: 6 as 8 }), "invalid-option"],
    [() => regionsOf(drawn("9"), 1, { calibration: [] }), "unfit-data"],
    [() => regionsOf(drawn("9"), 1, { calibration: [2, 1] }), "unfit-data"],
  ])("refuses what has no meaning (%#)", (make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  it("takes a time that grows with the number of pixels, also of one winding region", () => {
    const side = 1024;
    const data = Float32Array.from({ length: side * side }, (_, place) => {
      const [x, y] = [place % side, Math.floor(place / side)];
      // Lines that are joined at their ends, left and right in turn.
      return y % 2 === 0 || x === ((y - 1) % 4 === 0 ? side - 1 : 0) ? 9 : 0;
    });
    const regions = regionsOf({ height: side, width: side, data }, 1, { calibration });
    expect(regions).toHaveLength(1);
    expect(regions[0]!.polygons).toHaveLength(1);
    expect(regions[0]!.area).toBe(data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0));
  }, 5000);
});
