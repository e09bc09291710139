import { expect, test } from "vitest";
import { createRandom } from "../../math/random.js";
import { calibrationSizeForRate, conformalRateBound, falseAlarmsThreshold } from "../index.js";

test("the largest of n scores: (1 - bound)^n = 1 - confidence", () => {
  // ceil(100 * 0.99) = 99 = n.
  expect(conformalRateBound(99, 0.01, 0.95)).toBeCloseTo(1 - 0.05 ** (1 / 99), 12);
});

test("meets the tolerance limit: where the bound reaches the rate, both take the same score", () => {
  const n = calibrationSizeForRate(0.05, 0.9);
  expect(conformalRateBound(n, 1 / (n + 1), 0.9)).toBeLessThanOrEqual(0.05);
  expect(conformalRateBound(n - 1, 1 / n, 0.9)).toBeGreaterThan(0.05);
});

test("holds for the stated share of calibration sets", () => {
  const stream = createRandom(11).stream("tolerance");
  const [n, alpha, confidence, repeats] = [200, 0.05, 0.9, 2000];
  const bound = conformalRateBound(n, alpha, confidence);
  let within = 0;
  for (let k = 0; k < repeats; k++) {
    // Of uniform scores, the rate above a threshold is 1 - threshold.
    const { threshold } = falseAlarmsThreshold(
      Float64Array.from({ length: n }, () => stream.uniform()),
      alpha,
    );
    if (1 - threshold <= bound) within++;
  }
  const error = Math.sqrt((confidence * (1 - confidence)) / repeats);
  expect(Math.abs(within / repeats - confidence)).toBeLessThan(3 * error);
});

test("there is none without a threshold", () => {
  expect(() => conformalRateBound(98, 0.01, 0.95)).toThrow(/calibration scores above the threshold/);
  expect(() => conformalRateBound(99, 0.01, 1)).toThrow(/confidence/);
});
