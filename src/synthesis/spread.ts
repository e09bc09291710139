import type { Column, NumericColumn } from "../data/index.js";

export interface Spread {
  readonly low: number;
  readonly high: number;
  /** Standard deviation, of the population. */
  readonly deviation: number;
}

/** Over the cells that are not missing; low above high where there are none. */
export function spreadOf({ values }: NumericColumn): Spread {
  let [low, high, count, mean, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    count++;
    const step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
  }
  return { low, high, deviation: Math.sqrt(squares / Math.max(1, count)) };
}

/** Whether there are two values that differ; missing cells do not count. */
export function isVaried(column: Column): boolean {
  if (column.kind === "categorical") return new Set(column.codes).size > 1;
  const { low, high } = spreadOf(column);
  return low < high;
}
