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
  options: LevelOptions,
): Float64Array<ArrayBuffer> {
  const { window, detrend } = options;
  const result = Float64Array.from(values);
  const level = new SlidingLevel(options);
  const take = (step: number, of: number): void => {
    result[step] = lessLevelOf(values[step]!, of);
  };
  for (const { from, to } of segments) {
    level.begin();
    for (let step = from; step < to; step++) {
      const current = level.next(values[step]!, step - from < detrend ? undefined : values[step - detrend]!);
      if (step - from >= window) take(step, current);
      else if (step === Math.min(to, from + window) - 1)
        for (let first = from; first <= step; first++) take(first, current);
    }
  }
  return result;
}

/** An infinite cell stays what it is, however many there are, and a missing one missing. */
export const lessLevelOf = (value: number, level: number): number =>
  Number.isFinite(value) ? value - level : value;

/** The level of one column, step by step: see `withoutLevel`. */
export class SlidingLevel {
  readonly #detrend: number;
  readonly #recent: SortedValues;

  constructor({ detrend }: Pick<LevelOptions, "detrend">) {
    this.#detrend = detrend;
    this.#recent = new SortedValues(detrend);
  }

  /** One that goes on from here by itself. */
  copy(): SlidingLevel {
    const copy = new SlidingLevel({ detrend: this.#detrend });
    copy.#recent.set(this.#recent);
    return copy;
  }

  /** Begins a segment. */
  begin(): void {
    this.#recent.clear();
  }

  /**
   * The level with a further step, which of a segment's first window is that of the window once it is whole.
   * @param gone the value of `detrend` steps before; undefined where the segment had not begun
   */
  next(value: number, gone: number | undefined): number {
    this.#recent.add(value);
    if (gone !== undefined) this.#recent.remove(gone);
    return this.#recent.median();
  }
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

  set(other: SortedValues): void {
    this.#count = other.#count;
    this.#values.set(other.#values.subarray(0, other.#count));
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
