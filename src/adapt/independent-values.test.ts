import { describe, expect, test } from "vitest";
import { createRandom } from "../math/random.js";
import { independentValues } from "./independent-values.js";

const stream = createRandom(3).stream("values");
const all = (values: ArrayLike<number>) => [{ from: 0, to: values.length }];

function autoregressive(steps: number, rho: number): Float64Array {
  const values = new Float64Array(steps);
  for (let k = 0; k < steps; k++)
    values[k] = (k === 0 ? 0 : rho * values[k - 1]!) + Math.sqrt(1 - rho * rho) * stream.normal();
  return values;
}

describe("independent values", () => {
  test.each([0, 0.5, 0.9])("of an AR(1) series with rho %d are n (1 - rho) / (1 + rho)", (rho) => {
    const values = autoregressive(8000, rho);
    const expected = (8000 * (1 - rho)) / (1 + rho);
    expect(independentValues(values, all(values)) / expected).toBeGreaterThan(0.8);
    expect(independentValues(values, all(values)) / expected).toBeLessThan(1.4);
  });

  test("of a drift are few, however often it is read, and spikes do not hide it", () => {
    const drift = Float64Array.from({ length: 400 }, (_, k) => k / 100 + 0.01 * stream.normal());
    expect(independentValues(drift, all(drift))).toBeLessThan(6);
    drift[100] = 1e9;
    expect(independentValues(drift, all(drift))).toBeLessThan(6);
  });

  test("of a constant, of nothing, and over missing cells", () => {
    expect(independentValues(new Float64Array(50).fill(7.3), [{ from: 0, to: 50 }])).toBe(0);
    expect(independentValues(new Float64Array(50).fill(Number.NaN), [{ from: 0, to: 50 }])).toBe(0);
    const values = autoregressive(600, 0);
    for (let k = 0; k < 600; k += 3) values[k] = Number.NaN;
    expect(independentValues(values, all(values))).toBeGreaterThan(300);
    expect(independentValues(values, all(values))).toBeLessThanOrEqual(400);
  });
});
