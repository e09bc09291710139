/** Samplers on functions of which the best value is known. */
import { expect, it, test } from "vitest";
import { median } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import { nextPoint, type Sampler, type Told } from "./samplers.js";
import { type Dimension, drawnPoint, optionsAt, type SearchSpace } from "./space.js";

const TRIALS = 60;

/** Branin: least value 0.397887 (Dixon and Szegoe, 1978). */
const branin = {
  space: { x: { low: -5, high: 10 }, y: { low: 0, high: 15 } } as SearchSpace,
  least: 0.397887,
  value: ({ x, y }: Record<string, number>): number =>
    (y! - (5.1 / (4 * Math.PI ** 2)) * x! ** 2 + (5 / Math.PI) * x! - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x!) +
    10,
};

const unit: Dimension = { low: 0, high: 1 };
/** Hartmann in six dimensions: least value -3.32237. */
const hartmann = {
  space: Object.fromEntries(Array.from({ length: 6 }, (_, k) => [`x${k}`, unit])) as SearchSpace,
  least: -3.32237,
  value: (options: Record<string, number>): number => {
    const a = [
      [10, 3, 17, 3.5, 1.7, 8],
      [0.05, 10, 17, 0.1, 8, 14],
      [3, 3.5, 1.7, 10, 17, 8],
      [17, 8, 0.05, 10, 0.1, 14],
    ];
    const p = [
      [1312, 1696, 5569, 124, 8283, 5886],
      [2329, 4135, 8307, 3736, 1004, 9991],
      [2348, 1451, 3522, 2883, 3047, 6650],
      [4047, 8828, 8732, 5743, 1091, 381],
    ];
    const x = Object.values(options);
    return -[1, 1.2, 3, 3.2].reduce(
      (sum, alpha, i) =>
        sum +
        alpha * Math.exp(-x.reduce((inner, xj, j) => inner + a[i]![j]! * (xj - p[i]![j]! / 1e4) ** 2, 0)),
      0,
    );
  },
};

function regret(sampler: Sampler, { space, least, value }: typeof branin, seed: number): number {
  const random = createRandom(seed);
  const told: Told[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    const point = nextPoint(sampler, space, told, random.stream("trial", trial));
    told.push({ point, value: -value(optionsAt(space, point) as Record<string, number>) });
  }
  return -Math.max(...told.map((one) => one.value)) - least;
}

test.each([
  ["Branin", branin],
  ["Hartmann in six dimensions", hartmann],
] as const)("what is learned from trials finds more than chance on %s", (_, problem) => {
  const seeds = Array.from({ length: 7 }, (_, seed) => seed);
  const of = (sampler: Sampler): number => median(seeds.map((seed) => regret(sampler, problem, seed)));
  const chance = of("random");
  expect(of("tpe")).toBeLessThan(0.7 * chance);
  expect(of("genetic")).toBeLessThan(0.8 * chance);
});

it("learns which of some values is good, and where a number on a logarithmic scale is", () => {
  const space: SearchSpace = {
    rate: { low: 1e-5, high: 1, log: true },
    size: { low: 1, high: 64, log: true, whole: true },
    kind: { values: ["a", "b", "c", "d"] },
  };
  for (const sampler of ["tpe", "genetic"] as const) {
    const random = createRandom(3);
    const told: Told[] = [];
    for (let trial = 0; trial < 80; trial++) {
      const point = nextPoint(sampler, space, told, random.stream("trial", trial));
      const { rate, size, kind } = optionsAt(space, point) as { rate: number; size: number; kind: string };
      expect(Number.isInteger(size) && size >= 1 && size <= 64 && rate >= 1e-5 && rate <= 1).toBe(true);
      told.push({
        point,
        value: -Math.abs(Math.log10(rate) + 3) - Math.abs(Math.log2(size) - 4) / 3 - (kind === "c" ? 0 : 1),
      });
    }
    const late = told.slice(-20);
    expect(late.filter(({ point }) => point[2] === 2).length).toBeGreaterThan(10);
    expect(Math.max(...late.map(({ value }) => value))).toBeGreaterThan(-0.4);
  }
});

it("draws uniformly along the scale of each dimension", () => {
  const space: SearchSpace = {
    rate: { low: 1e-4, high: 1, log: true },
    size: { low: 1, high: 4, whole: true },
  };
  const stream = createRandom(0).stream("draws");
  const drawn = Array.from({ length: 4000 }, () => optionsAt(space, drawnPoint(space, stream)));
  expect(drawn.filter(({ rate }) => (rate as number) < 1e-2).length / 4000).toBeCloseTo(0.5, 1);
  for (const size of [1, 2, 3, 4])
    expect(drawn.filter((one) => one["size"] === size).length / 4000).toBeCloseTo(0.25, 1);
});
