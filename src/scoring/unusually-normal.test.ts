import fc from "fast-check";
import { expect, it } from "vitest";
import { unusuallyNormal } from "./unusually-normal.js";

const scores = (from: number, count: number) =>
  Float32Array.from({ length: count }, (_, k) => from + k / 100);

it("tells of most scores below all held out, where chance hardly explains it", () => {
  const held = scores(5, 30);
  expect(unusuallyNormal(scores(1, 8), held)).toEqual({ rows: 8, below: 8 });
  expect(unusuallyNormal(Float32Array.of(Number.NaN, 1, 2, 3, 9, Number.NaN, 1), held)).toEqual({
    rows: 5,
    below: 4,
  });
  // Half of them, ties, and what chance may bring: the two lowest of 32 are these once in 496 times.
  expect(unusuallyNormal(Float32Array.of(1, 1, 1, 1, 9, 9, 9, 9), held)).toBeUndefined();
  expect(unusuallyNormal(scores(5, 8).fill(5), held)).toBeUndefined();
  expect(unusuallyNormal(Float32Array.of(1, 1), held)).toBeUndefined();
  expect(unusuallyNormal(Float32Array.of(1, 1), scores(5, 60))).toEqual({ rows: 2, below: 2 });
  expect(unusuallyNormal(scores(1, 8), new Float32Array())).toBeUndefined();
  expect(unusuallyNormal(new Float32Array(), held)).toBeUndefined();
});

it("is silent on observations like those held out", () => {
  const of = (count: number) =>
    fc.array(fc.double({ noNaN: true, min: 0, max: 1 }), { minLength: count, maxLength: count });
  let told = 0;
  fc.assert(
    fc.property(of(20), of(12), (held, fresh) => {
      if (unusuallyNormal(Float32Array.from(fresh), Float32Array.from(held).sort()) !== undefined) told++;
    }),
    { numRuns: 500, seed: 4 },
  );
  expect(told).toBeLessThan(5);
});
