import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codedMap8, codedMap16, decodedMap } from "./map-codes.js";
import { shrunkImage, shrunkMap, within } from "./shrink.js";

const map = (values: readonly number[], width = values.length) => ({
  height: values.length / width,
  width,
  data: Float32Array.from(values),
});

describe("coded maps", () => {
  test.each([
    [codedMap8, 255],
    [codedMap16, 65_535],
  ] as const)("give values back to within half a step (%#)", (code, steps) => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 }),
        (values) => {
          const given = map(values);
          const coded = code(given);
          const back = decodedMap(coded);
          const range = Math.max(...given.data) - Math.min(...given.data);
          expect(coded.step).toBeCloseTo(range / steps, 10);
          given.data.forEach((value, k) => {
            const rounding = 1e-6 * Math.abs(value);
            expect(Math.abs(back.data[k]! - value)).toBeLessThanOrEqual(0.501 * coded.step + rounding);
          });
        },
      ),
      { seed: 3 },
    );
  });

  test("take one value, and what is not finite", () => {
    expect(codedMap16(map([3, 3]))).toMatchObject({ offset: 3, step: 0, codes: Uint16Array.of(0, 0) });
    const { codes } = codedMap8(map([1, 2, Number.NaN, Infinity, -Infinity]));
    expect([...codes]).toEqual([0, 255, 0, 255, 0]);
    expect(codedMap8(map([Number.NaN]))).toMatchObject({ offset: 0, step: 0 });
  });
});

describe("smaller", () => {
  test("sizes keep their proportions", () => {
    expect(within(1000, 500, 100)).toEqual({ height: 100, width: 50 });
    expect(within(10, 5, 100)).toEqual({ height: 10, width: 5 });
    expect(within(10_000, 3, 100)).toEqual({ height: 100, width: 1 });
  });

  test("images have the mean of what each pixel covers, maps the highest", () => {
    const data = Uint8Array.from({ length: 4 * 6 }, (_, k) => k);
    expect(shrunkImage({ height: 4, width: 6, data }, 3)).toEqual({
      height: 2,
      width: 3,
      data: Uint8Array.of(4, 6, 8, 16, 18, 20),
    });
    expect(shrunkMap(map([...data], 6), 3).data).toEqual(Float32Array.of(7, 9, 11, 19, 21, 23));
    const colour = { height: 1, width: 2, data: Uint8Array.of(0, 10, 20, 100, 110, 120) };
    expect([...shrunkImage(colour, 1).data]).toEqual([50, 60, 70]);
    expect(shrunkImage(colour, 9)).toBe(colour);
  });

  test("maps keep their highest value, whatever the sizes", () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, size, fc.nat(), (height, width, side, place) => {
        const values = new Array<number>(height * width).fill(0);
        values[place % values.length] = 7;
        expect(Math.max(...shrunkMap(map(values, width), side).data)).toBe(7);
      }),
      { seed: 4 },
    );
  });
});
