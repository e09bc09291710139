import { type SeriesLayout, toMicroseconds } from "../data/index.js";
import { stepWarnings } from "../data/series/segments.js";
import { median } from "../math/quantile.js";

/** So many steps say how often steps come. */
const FIRST_STEPS = 50;

/** Holds the first times between steps against those of training. */
export class StepWatch {
  readonly warnings: string[] = [];
  readonly #layout: SeriesLayout | undefined;
  readonly #lengths: number[] = [];

  constructor(layout: SeriesLayout | undefined) {
    this.#layout = layout;
  }

  hear(lengths: readonly number[]): void {
    const { usualStep, timeUnit } = this.#layout ?? {};
    const needed = FIRST_STEPS - this.#lengths.length;
    if (usualStep === undefined || timeUnit === undefined || needed === 0) return;
    this.#lengths.push(...lengths.slice(0, needed));
    if (lengths.length < needed) return;
    const trained = toMicroseconds(usualStep, timeUnit);
    this.warnings.push(...stepWarnings(median(this.#lengths), { trained }, { unit: timeUnit }, "The stream"));
  }
}
