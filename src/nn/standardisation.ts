import { div, sub, type Tensor } from "../graph/index.js";
import { mean, median, std } from "../math/quantile.js";

/** What a logarithm is standardised by. */
export interface Standardisation {
  readonly mean: number;
  readonly deviation: number;
}

/** Added before a logarithm, so that duplicates of training rows do not run off to minus infinity. */
export function logFloor(values: Float64Array): number {
  const middle = median(values);
  return 0.1 * (middle > 1e-6 ? middle : mean(values) + 1e-6);
}

/**
 * Logarithms that vary by less than a hundredth say that all training rows look alike to this view, as where each has
 * an exact copy. Divided by such a deviation, rounding would be all that is left of a score.
 */
const LEAST_DEVIATION = 0.01;

export function standardisation(values: Float64Array): Standardisation {
  return { mean: mean(values), deviation: Math.max(std(values), LEAST_DEVIATION) };
}

export const standardised = (x: Tensor, { mean: centre, deviation }: Standardisation): Tensor =>
  div(sub(x, centre), deviation);
