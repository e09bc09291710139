/** Slow drift taken out of a series: each value less its level, the median of what came before it. */
import { HypersphereError } from "../../errors.js";
import type { Column, Table } from "../table/table.js";
import type { Segment } from "./segments.js";

/** How a level is told: no step that comes after a window has a part in it. */
export interface LevelOptions {
  /** Steps of a window. */
  readonly window: number;
  /** Steps that a level is the median of, from `window` on. */
  readonly detrend: number;
}

/**
 * Steps before a window's first one that its levels depend on. Whoever remembers as many can go on without the others.
 */
export const stepsBefore = ({ detrend }: Pick<LevelOptions, "detrend">): number => detrend - 1;

/** @throws HypersphereError `invalid-option` */
export function checkLevel({ window, detrend }: LevelOptions): void {
  if (Number.isSafeInteger(detrend) && detrend >= window) return;
  throw new HypersphereError(
    "invalid-option",
    `detrend is ${detrend}, expected a whole number of steps, and no fewer than a window of ${window} has.`,
    { hint: `Ten windows (${10 * window} steps) or more leave alone what happens within a window.` },
  );
}

/**
 * The numeric columns of time steps less their levels. A level is the median of the last `detrend` values up to the step itself, or of
 * those since the segment began; in the first window of a segment, which cannot be scored before it is whole, of that window.
 * Missing cells stay missing and have no part in it.
 */
export function withoutLevel(steps: Table, segments: readonly Segment[], options: LevelOptions): Table {
  const columns = steps.columns.map(
    (column): Column =>
      column.kind === "numeric" ? { ...column, values: lessLevel(column.values, segments, options) } : column,
  );
  return { ...steps, columns };
}

function lessLevel(
  values: ArrayLike<number>,
  segments: readonly Segment[],
  { window, detrend }: LevelOptions,
): Float64Array<ArrayBuffer> {
  const result = Float64Array.from(values);
  const recent = new SortedValues(detrend);
  for (const { from, to } of segments) {
    recent.clear();
    const first = Math.min(to, from + window);
    for (let step = from; step < first; step++) recent.add(values[step]!);
    for (let step = from; step < to; step++) {
      if (step >= first) recent.add(values[step]!);
      if (step >= first && step - from >= detrend) recent.remove(values[step - detrend]!);
      // An infinite cell stays what it is, however many there are.
      if (Number.isFinite(values[step]!)) result[step] = values[step]! - recent.median();
    }
  }
  return result;
}

/** Some values in order, which come and go one by one; missing ones are not among them. */
class SortedValues {
  readonly #values: Float64Array;
  #count = 0;

  /** @param most that are there after one has gone for each that came */
  constructor(most: number) {
    this.#values = new Float64Array(most + 1);
  }

  clear(): void {
    this.#count = 0;
  }

  add(value: number): void {
    if (Number.isNaN(value)) return;
    const place = this.#placeOf(value);
    this.#values.copyWithin(place + 1, place, this.#count);
    this.#values[place] = value;
    this.#count++;
  }

  remove(value: number): void {
    if (Number.isNaN(value)) return;
    const place = this.#placeOf(value);
    this.#values.copyWithin(place, place + 1, this.#count);
    this.#count--;
  }

  /** NaN of none. */
  median(): number {
    if (this.#count === 0) return Number.NaN;
    const [low, high] = [this.#values[(this.#count - 1) >> 1]!, this.#values[this.#count >> 1]!];
    return low === high ? low : (low + high) / 2;
  }

  /** The first place whose value is not below. */
  #placeOf(value: number): number {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#values[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
