import { expect, test } from "vitest";
import golden from "../../test/golden/search/densities.json" with { type: "json" };
import { createRandom } from "../math/random.js";
import { ParzenEstimator } from "./parzen.js";
import { intervalOf, placeOf } from "./scale.js";
import { orderedNames, type SearchPoint, type SearchSpace } from "./space.js";

const space: SearchSpace = {
  x: { kind: "number", low: -5, high: 10 },
  rate: { kind: "number", low: 1e-5, high: 1e-1, log: true },
  k: { kind: "number", low: 1, high: 50, integer: true },
  width: { kind: "number", low: 4, high: 256, integer: true, log: true },
  kind: { kind: "choice", values: ["a", "b", "c"] },
};
const pointOf = (row: readonly number[]): SearchPoint =>
  Object.fromEntries(golden.names.map((name, k) => [name, name === "kind" ? "abc"[row[k]!]! : row[k]!]));

test.each(golden.cases)("densities are those of Optuna's estimator", ({ seen, asked, log }) => {
  const estimator = new ParzenEstimator(space, golden.names, seen.map(pointOf));
  asked.forEach((row, k) => {
    // Both are densities per unit of the logarithm where the scale is one.
    expect(Math.abs(estimator.logDensity(pointOf(row)) - log[k]!)).toBeLessThan(1e-9);
  });
});

test("points are drawn by the density that they are judged by", () => {
  const names = ["x"];
  const one: SearchSpace = { x: space.x! };
  const estimator = new ParzenEstimator(one, names, [{ x: -4 }, { x: 3 }, { x: 3.5 }]);
  const stream = createRandom(1).stream("draws");
  const drawn = Array.from({ length: 4000 }, () => estimator.draw(stream).x as number);
  const steps = 3000;
  const { from, to } = intervalOf({ kind: "number", low: -5, high: 10 });
  const share = (until: number): number => {
    let sum = 0;
    for (let k = 0; k < steps; k++) {
      const x = from + ((k + 0.5) / steps) * (to - from);
      if (x < until) sum += (Math.exp(estimator.logDensity({ x })) * (to - from)) / steps;
    }
    return sum;
  };
  expect(share(to)).toBeCloseTo(1, 6);
  for (const until of [-3, 0, 2, 3, 5]) {
    // Kolmogorov's bound at 4000 draws is 0.031 at 0.1 %.
    expect(Math.abs(drawn.filter((x) => x < until).length / drawn.length - share(until))).toBeLessThan(0.031);
  }
});

test("an option that a point did not have is as if nobody had tried it", () => {
  const dependent: SearchSpace = {
    kernel: { kind: "choice", values: ["rbf", "linear"] },
    gamma: { kind: "number", low: 0.01, high: 10, log: true, when: { option: "kernel", is: ["rbf"] } },
  };
  const estimator = new ParzenEstimator(dependent, orderedNames(dependent), [{ kernel: "linear" }]);
  const density = (gamma: number): number => estimator.logDensity({ kernel: "rbf", gamma });
  const middle = Math.exp(
    (placeOf(dependent.gamma as never, 0.01) + placeOf(dependent.gamma as never, 10)) / 2,
  );
  expect(density(middle)).toBeGreaterThan(density(0.02));
  const stream = createRandom(2).stream("draws");
  const points = Array.from({ length: 200 }, () => estimator.draw(stream));
  expect(points.every((point) => "gamma" in point === (point.kernel === "rbf"))).toBe(true);
  expect(new Set(points.map(({ kernel }) => kernel)).size).toBe(2);
});
