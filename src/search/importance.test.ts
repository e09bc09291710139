import { expect, test } from "vitest";
import { createRandom } from "../math/random.js";
import { optionImportance } from "./importance.js";
import { randomSampler } from "./random-sampler.js";
import type { Trial } from "./sampler.js";
import type { SearchPoint, SearchSpace } from "./space.js";

const space: SearchSpace = {
  a: { kind: "number", low: 0, high: 1 },
  b: { kind: "number", low: 1e-4, high: 1, log: true },
  c: { kind: "choice", values: ["x", "y", "z"] },
  d: { kind: "number", low: 1, high: 9, integer: true, when: { option: "c", is: ["x"] } },
};

function trialsOf(value: (point: SearchPoint) => number | undefined, count: number): Trial[] {
  const sampler = randomSampler(space, 3);
  const trials: Trial[] = [];
  while (trials.length < count) {
    const point = sampler(trials);
    trials.push({ point, value: value(point) });
  }
  return trials;
}

test("the options that a value is made of are important, in the order of their share", () => {
  const noise = createRandom(1).stream("noise");
  const trials = trialsOf(({ a, c }) => 3 * (a as number) + (c === "y" ? 1 : 0) + 0.01 * noise.normal(), 80);
  const { a, b, c, d } = optionImportance(space, trials)!;
  // The variance of 3 a is 9 / 12, that of the choice 2 / 9.
  expect(a).toBeGreaterThan(0.6);
  expect(c).toBeGreaterThan(0.1);
  expect(a! + b! + c! + d!).toBeCloseTo(1, 12);
  expect(Math.max(b!, d!)).toBeLessThan(0.05);
  expect(optionImportance(space, trials)).toEqual({ a, b, c, d });
});

test("the scale is that of the range, and an option that others lack is one", () => {
  const byLog = optionImportance(
    space,
    trialsOf(({ b }) => Math.log(b as number), 60),
  )!;
  expect(byLog.b).toBeGreaterThan(0.9);
  const dependent = optionImportance(
    space,
    trialsOf(({ d }) => (d as number | undefined) ?? -20, 60),
  )!;
  expect(dependent.d! + dependent.c!).toBeGreaterThan(0.9);
});

test("trials without a value are left out, and of few or equal ones nothing is said", () => {
  const few = trialsOf(({ a }) => ((a as number) < 0.2 ? (a as number) : undefined), 20);
  expect(optionImportance(space, few)).toBeUndefined();
  const equal = optionImportance(
    space,
    trialsOf(() => 1, 20),
  );
  expect(equal).toEqual({ a: 0, b: 0, c: 0, d: 0 });
});
