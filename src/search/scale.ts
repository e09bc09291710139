import type { SearchNumber } from "./space.js";

/** The interval that a number is searched in: half a step wider for whole numbers, and its logarithm for log scales. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

const scaled = ({ log }: SearchNumber, value: number): number => (log ? Math.log(value) : value);

export function intervalOf(range: SearchNumber): Interval {
  const half = range.integer ? 0.5 : 0;
  return { from: scaled(range, range.low - half), to: scaled(range, range.high + half) };
}

/** A value's place in the interval of its range. */
export const placeOf = (range: SearchNumber, value: number): number => scaled(range, value);

/** What one value stands for: the interval that is rounded to a whole number; undefined for other numbers. */
export const cellOf = (range: SearchNumber, value: number): Interval | undefined =>
  range.integer ? { from: scaled(range, value - 0.5), to: scaled(range, value + 0.5) } : undefined;

/** The value at a place; on log scales with 6 digits, so that a last bit of a logarithm decides nothing. */
export function valueAt(range: SearchNumber, place: number): number {
  const { low, high, log, integer } = range;
  const value = log ? Math.exp(place) : place;
  const rounded = integer ? Math.round(value) : log ? Number(value.toPrecision(6)) : value;
  return Math.min(high, Math.max(low, rounded));
}
