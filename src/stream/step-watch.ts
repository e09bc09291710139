import { type SeriesLayout, toMicroseconds } from "../data/index.js";
import { stepWarnings } from "../data/series/segments.js";

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
    const median = this.#lengths.sort((a, b) => a - b)[FIRST_STEPS >> 1]!;
    const trained = toMicroseconds(usualStep, timeUnit);
    this.warnings.push(...stepWarnings(median, { trained }, { unit: timeUnit }, "The stream"));
  }
}
