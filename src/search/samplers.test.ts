import { describe, expect, test } from "vitest";
import { median } from "../math/quantile.js";
import {
  geneticSampler,
  randomSampler,
  type Sampler,
  type SearchSpace,
  type Trial,
  tpeSampler,
} from "./index.js";
import { orderedNames } from "./space.js";

const samplers = { random: randomSampler, tpe: tpeSampler, genetic: geneticSampler };

const branin: SearchSpace = {
  x: { kind: "number", low: -5, high: 10 },
  y: { kind: "number", low: 0, high: 15 },
};
/** Its minimum is 0.397887 (Dixon and Szego, 1978). */
function braninRegret(x: number, y: number): number {
  const b = 5.1 / (4 * Math.PI ** 2);
  const inner = y - b * x * x + (5 / Math.PI) * x - 6;
  return inner * inner + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10 - 0.397887;
}

const mixed: SearchSpace = {
  gamma: { kind: "number", low: 1e-3, high: 10, log: true, when: { option: "kernel", is: ["rbf", "poly"] } },
  kernel: { kind: "choice", values: ["rbf", "linear", "poly"] },
  degree: { kind: "number", low: 2, high: 5, integer: true, when: { option: "kernel", is: ["poly"] } },
  dims: { kind: "choice", values: [[64], [64, 32]] },
};

function search(
  sampler: Sampler,
  trials: number,
  value: (point: Trial["point"]) => number | undefined,
): Trial[] {
  const made: Trial[] = [];
  while (made.length < trials) {
    const point = sampler(made);
    made.push({ point, value: value(point) });
  }
  return made;
}

describe.each(Object.entries(samplers))("%s", (_, make) => {
  const value = ({ kernel, gamma }: Trial["point"]): number | undefined =>
    kernel === "linear" ? undefined : -Math.abs(Math.log((gamma as number) / 0.1));

  test("points lie in the space, and have the options that count", () => {
    for (const { point } of search(make(mixed, 3), 60, value)) {
      expect(["rbf", "linear", "poly"]).toContain(point.kernel);
      expect("gamma" in point).toBe(point.kernel !== "linear");
      expect("degree" in point).toBe(point.kernel === "poly");
      if (point.gamma !== undefined) {
        expect(point.gamma as number).toBeGreaterThanOrEqual(1e-3);
        expect(point.gamma as number).toBeLessThanOrEqual(10);
      }
      if (point.degree !== undefined) expect([2, 3, 4, 5]).toContain(point.degree);
      expect([[64], [64, 32]]).toContainEqual(point.dims);
    }
  });

  test("the same seed tries the same, also from the middle on; another seed tries other points", () => {
    const whole = search(make(mixed, 3), 40, value);
    expect(search(make(mixed, 3), 40, value)).toEqual(whole);
    expect(make(mixed, 3)(whole.slice(0, 30))).toEqual(whole[30]!.point);
    expect(search(make(mixed, 4), 40, value)).not.toEqual(whole);
  });
});

test.each(["tpe", "genetic"] as const)(
  "%s finds the minimum of Branin's function sooner than chance",
  (name) => {
    const regret = (make: (typeof samplers)[typeof name], seed: number): number =>
      Math.min(
        ...search(make(branin, seed), 50, ({ x, y }) => -braninRegret(x as number, y as number)).map(
          (trial) => -trial.value!,
        ),
      );
    const seeds = Array.from({ length: 5 }, (_, seed) => seed);
    const found = median(seeds.map((seed) => regret(samplers[name], seed)));
    expect(found).toBeGreaterThan(-1e-5);
    expect(found).toBeLessThan(median(seeds.map((seed) => regret(randomSampler, seed))));
  },
);

test("failures are left behind", () => {
  for (const make of [tpeSampler, geneticSampler]) {
    const trials = search(make(mixed, 1), 80, ({ kernel }) => (kernel === "linear" ? undefined : 1));
    const failed = (from: number, to: number): number =>
      trials.slice(from, to).filter((trial) => trial.value === undefined).length;
    expect(failed(40, 80)).toBeLessThan(8);
  }
});

test.each<[SearchSpace, RegExp]>([
  [{}, /no option/],
  [{ k: { kind: "number", low: 5, high: 1 } }, /k is 5 to 1/],
  [{ k: { kind: "number", low: 0, high: 1, log: true } }, /begins at 0/],
  [{ k: { kind: "number", low: 0.5, high: 3, integer: true } }, /whole numbers/],
  [{ k: { kind: "number", low: Number.NaN, high: 3 } }, /NaN/],
  [{ k: { kind: "choice", values: [] } }, /no value for k/],
  [{ k: { kind: "number", low: 0, high: 1, when: { option: "m", is: ["a"] } } }, /depends on m/],
  [
    {
      m: { kind: "choice", values: ["a"] },
      k: { kind: "number", low: 0, high: 1, when: { option: "m", is: ["b"] } },
    },
    /being "b"/,
  ],
  [
    {
      m: { kind: "choice", values: ["a"], when: { option: "n", is: [1] } },
      n: { kind: "choice", values: [1], when: { option: "m", is: ["a"] } },
    },
    /one another: m, n/,
  ],
])("a space that cannot be searched is refused", (space, message) => {
  expect(() => orderedNames(space)).toThrow(message);
});
