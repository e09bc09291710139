import { expect, test } from "vitest";
import { createRandom } from "../math/random.js";
import { type HalvingTrial, halvingShares, promoted } from "./halving.js";

const trial = (x: number, rung: number, value?: number): HalvingTrial => ({ point: { x }, rung, value });

test("shares grow by the reduction up to the whole", () => {
  expect(halvingShares(3)).toEqual([1 / 9, 1 / 3, 1]);
  expect(halvingShares(2)).toEqual([0.25, 0.5, 1]);
});

test("the best of a rung goes on once there are enough beside it, the highest rung first", () => {
  expect(promoted([], 3)).toBeUndefined();
  expect(promoted([trial(1, 0, 0.9), trial(2, 0, 0.5)], 3)).toBeUndefined();
  // Trials that run or have failed do not count.
  expect(promoted([trial(1, 0, 0.9), trial(2, 0, 0.5), trial(3, 0)], 3)).toBeUndefined();
  const three = [trial(1, 0, 0.5), trial(2, 0, 0.9), trial(3, 0, 0.1)];
  expect(promoted(three, 3)).toEqual({ point: { x: 2 }, rung: 1 });
  expect(promoted([...three, trial(2, 1)], 3)).toBeUndefined();
  const both = [...three, trial(4, 1, 0.7), trial(5, 1, 0.8), trial(6, 1, 0.6)];
  expect(promoted(both, 3)).toEqual({ point: { x: 5 }, rung: 2 });
  expect(promoted([...both, trial(5, 2)], 3)).toEqual({ point: { x: 2 }, rung: 1 });
});

test("of many, a third goes on each time, and none that was worse than two thirds of those before it", () => {
  const stream = createRandom(1).stream("values");
  const trials: HalvingTrial[] = [];
  for (let job = 0; job < 400; job++) {
    const next = promoted(trials, 3) ?? { point: { x: job }, rung: 0 };
    if (next.rung > 0) {
      const below = trials.filter(({ rung }) => rung === next.rung - 1);
      const own = below.find(({ point }) => point["x"] === next.point["x"])!;
      const better = below.filter(({ value }) => value! > own.value!).length;
      expect(better).toBeLessThan(below.length / 3);
    }
    trials.push({ ...next, value: stream.uniform() });
  }
  const counts = [0, 1, 2].map((rung) => trials.filter((each) => each.rung === rung).length);
  expect(counts[1]! / counts[0]!).toBeGreaterThan(0.3);
  expect(counts[1]! / counts[0]!).toBeLessThan(0.45);
  expect(counts[2]! / counts[1]!).toBeGreaterThan(0.3);
  expect(counts[2]! / counts[1]!).toBeLessThan(0.45);
});
