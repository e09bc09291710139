import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import type { Subject } from "./attribution.js";
import type { Game } from "./game.js";
import { nearestAttributions } from "./nearest.js";
import { shapleyAttributions } from "./shapley.js";
import type { Units } from "./units.js";

const random = createRandom("attribution");
const COUNT = 5;
/** A row of ones beside normal rows of zeros, so that the score is a function of the units that are the row's. */
type Value = (present: readonly number[]) => number;

const units: Pick<Units, "count" | "normals" | "same"> = { count: COUNT, normals: 2, same: () => false };
const game =
  (value: Value): Game =>
  async (mixtures) => ({
    scores: Float32Array.from(mixtures, ({ weights }) => value(Array.from(weights))),
    isAnomaly: new Uint8Array(mixtures.length),
  });

/** Shapley's formula over all coalitions. */
function shapley(value: Value): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: COUNT }, (_, unit) => {
    let sum = 0;
    for (let coalition = 0; coalition < 2 ** COUNT; coalition++) {
      if ((coalition >> unit) & 1) continue;
      const present = Array.from({ length: COUNT }, (_, k) => (coalition >> k) & 1);
      const size = present.reduce((all, one) => all + one, 0);
      const weight = (factorial(size) * factorial(COUNT - size - 1)) / factorial(COUNT);
      sum += weight * (value(present.with(unit, 1)) - value(present));
    }
    return sum;
  });
}

/** A polynomial of products of at most `degree` units. */
function polynomial(degree: number): Value {
  const stream = random.stream("polynomial", degree);
  const terms = Array.from({ length: 2 ** COUNT }, (_, set) => ({ set, factor: stream.normal() })).filter(
    ({ set }) => set.toString(2).replaceAll("0", "").length <= degree,
  );
  return (present) =>
    terms.reduce(
      (sum, { set, factor }) => sum + (present.every((p, k) => p === 1 || !((set >> k) & 1)) ? factor : 0),
      0,
    );
}

const subjectOf = (value: Value): Subject => ({
  row: 0,
  score: value(Array(COUNT).fill(1)),
  others: Uint32Array.of(0, 1),
  nearest: Uint32Array.of(0),
});
const normalScores = (value: Value): Float32Array => new Float32Array(2).fill(value(Array(COUNT).fill(0)));
const sum = (values: Float64Array): number => values.reduce((all, each) => all + each, 0);

describe("attributions against Shapley's formula", () => {
  it("nearest is exact where units interact in pairs only", async () => {
    const value = polynomial(2);
    const [found] = await nearestAttributions(
      [subjectOf(value)],
      units as Units,
      game(value),
      normalScores(value),
    );
    const wanted = shapley(value);
    found!.contributions.forEach((each, k) => expect(each).toBeCloseTo(wanted[k]!, 5));
  });

  it("nearest is complete for any function, and is then another value than Shapley's", async () => {
    const value = polynomial(COUNT);
    const subject = subjectOf(value);
    const [found] = await nearestAttributions([subject], units as Units, game(value), normalScores(value));
    expect(found!.baseline + sum(found!.contributions)).toBeCloseTo(subject.score, 5);
    expect(Math.abs(found!.contributions[0]! - shapley(value)[0]!)).toBeGreaterThan(0.01);
  });

  it.each([1, 7, 200])("shapley with %d samples is complete, and within its errors", async (samples) => {
    const value = polynomial(COUNT);
    const subject = subjectOf(value);
    const [found] = await shapleyAttributions(
      ...([[subject], units as Units, game(value), normalScores(value), samples] as const),
      () => random.stream("orders", samples),
    );
    expect(found!.baseline + sum(found!.contributions)).toBeCloseTo(subject.score, 5);
    if (samples === 1) expect(found!.errors!.every(Number.isNaN)).toBe(true);
    if (samples < 100) return;
    const wanted = shapley(value);
    found!.contributions.forEach((each, k) => {
      expect(Math.abs(each - wanted[k]!)).toBeLessThan(4 * found!.errors![k]! + 1e-5);
      expect(found!.errors![k]!).toBeLessThan(0.3);
    });
  });

  it("a unit that is the same in both rows contributes nothing", async () => {
    const value = polynomial(COUNT);
    const own = { ...units, same: (_: number, __: number, unit: number) => unit === 2 } as unknown as Units;
    const subject = { ...subjectOf(value), score: value([1, 1, 1, 1, 1]) };
    const [nearest] = await nearestAttributions([subject], own, game(value), normalScores(value));
    const [sampled] = await shapleyAttributions([subject], own, game(value), normalScores(value), 3, () =>
      random.stream("same"),
    );
    for (const found of [nearest!, sampled!]) {
      expect(found.contributions[2]).toBe(0);
      expect(found.baseline + sum(found.contributions)).toBeCloseTo(subject.score, 5);
    }
  });
});
