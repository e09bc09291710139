import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exceeds, MAP_TIES, SCORE_BITS, TIE, tieBound } from "./ties.js";

const score = fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 });
/** The distance between scores of `SCORE_BITS` bits near x. */
const step = (x: number): number => 2 ** (Math.floor(Math.log2(Math.abs(x))) - (SCORE_BITS - 1));

describe("scores that are tied but for a rounding", () => {
  it("are those up to one step of the grid apart, never those ten steps apart", () => {
    fc.assert(
      fc.property(
        score.filter((x) => Math.abs(x) > 1e-30),
        (x) => {
          const up = step(x);
          expect(exceeds(x, x)).toBe(false);
          expect(exceeds(x + up, x)).toBe(false);
          expect(exceeds(x, x + up)).toBe(false);
          expect(exceeds(x + 10 * up, x)).toBe(true);
        },
      ),
    );
  });

  it("are ordered: who is above a threshold is above every lower one", () => {
    fc.assert(
      fc.property(score, score, score, (x, a, b) => {
        if (exceeds(x, Math.max(a, b))) expect(exceeds(x, Math.min(a, b))).toBe(true);
      }),
    );
  });

  it("are bounded below by a float32, for infinite scores as well", () => {
    fc.assert(
      fc.property(score, (x) => {
        expect(tieBound(x)).toBe(Math.fround(tieBound(x)));
        expect(tieBound(x)).toBeLessThanOrEqual(x);
        // The smallest numbers are a step of float32 apart, however small they are.
        expect(Math.abs(tieBound(x) - x)).toBeLessThanOrEqual(Math.abs(x) * TIE * 1.1 + 2 ** -149);
      }),
    );
    expect(tieBound(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(exceeds(Number.POSITIVE_INFINITY, 1)).toBe(true);
    expect(exceeds(Number.NaN, 1)).toBe(false);
  });

  it("are of maps those within 1e-5, however small, and for large scores the same as of others", () => {
    for (const x of [0, 1e-9, -1e-9, 0.3, -2, 3.9]) {
      for (const apart of [1e-6, 1e-5]) {
        expect(exceeds(x + apart, x, MAP_TIES)).toBe(false);
        expect(exceeds(x, x + apart, MAP_TIES)).toBe(false);
      }
      expect(exceeds(x + 2e-5, x, MAP_TIES)).toBe(true);
    }
    fc.assert(
      fc.property(score, (x) => {
        if (Math.abs(x) >= MAP_TIES.size) expect(tieBound(x, MAP_TIES)).toBe(tieBound(x));
        expect(tieBound(x, MAP_TIES)).toBeLessThanOrEqual(tieBound(x));
      }),
    );
  });
});
