import { describe, expect, it } from "vitest";
import { Stretches } from "./stretches.js";

/** Steps 0 to 19 of two channels, the second a hundred higher; windows of four steps. */
const data = Float32Array.from({ length: 40 }, (_, k) => Math.floor(k / 2) + (k % 2) * 100);
const of = (begins: readonly number[]): Stretches =>
  new Stretches(
    { rows: begins.length, columns: 8, data, starts: Uint32Array.from(begins, (step) => 2 * step) },
    [4, 2],
  );
const firstChannel = (window: Float32Array): number[] => [...window].filter((_, k) => k % 2 === 0);
const read = (stretches: Stretches, window: number, shift = 0): number[] => {
  const target = new Float32Array(8);
  stretches.read(stretches.place(window), shift, target);
  return firstChannel(target);
};

describe("stretches", () => {
  it("hold every window between those that share steps, in whatever order they come", () => {
    const stretches = of([12, 3, 0, 10]);
    // Steps 0 to 6 and 10 to 15.
    expect(stretches.windows).toBe(4 + 3);
    expect(Array.from({ length: 7 }, (_, window) => read(stretches, window)[0])).toEqual([
      0, 1, 2, 3, 10, 11, 12,
    ]);
    expect(firstChannel(stretches.matrix([5]).data)).toEqual([11, 12, 13, 14]);
    expect([...stretches.channel(1, 100)]).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15].map((step) => step + 100),
    );
    expect([...stretches.channel(0, 5)]).toEqual([0, 3, 6, 12, 15]);
  });

  it("hold neighbours where all of their steps were trained on, and repeat their ends elsewhere", () => {
    const stretches = of([0, 3, 10, 12]);
    const last = stretches.place(3);
    expect([-3, -1, 1].map((shift) => stretches.holds(last, shift))).toEqual([true, true, false]);
    expect(read(stretches, 3, -2)).toEqual([1, 2, 3, 4]);
    expect(read(stretches, 3, 2)).toEqual([5, 6, 6, 6]);
    expect(read(stretches, 4, -3)).toEqual([10, 10, 10, 10]);
    expect(stretches.consecutive).toBe(false);
    expect(of([0, 3, 6]).consecutive).toBe(true);
    expect(stretches.share(stretches.place(0), stretches.place(3))).toBe(true);
    expect(stretches.share(stretches.place(3), stretches.place(4))).toBe(false);
  });

  it("are one for each window that was cut already", () => {
    const stretches = new Stretches({ rows: 5, columns: 8, data }, [4, 2]);
    expect(stretches.windows).toBe(5);
    expect(read(stretches, 3)).toEqual([12, 13, 14, 15]);
    expect(stretches.holds(stretches.place(2), 1)).toBe(false);
  });
});
