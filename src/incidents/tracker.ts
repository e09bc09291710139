import { HypersphereError } from "../errors.js";

/** A step of a series as a model scored it. */
export interface ScoredStep {
  /** Its place in the order of time: the next one has a higher number, and where steps are missing, a higher one by more. */
  readonly step: number;
  /** NaN where the step has no score, which is no alarm. */
  readonly score: number;
  readonly pValue: number;
  readonly isAnomaly: boolean;
}

/** Flagged steps that belong together, from the first to the last. */
export interface Stretch {
  /** Its first and its last flagged step. */
  readonly from: number;
  readonly to: number;
  /** Flagged steps in it; those that lie between them are not. */
  readonly flagged: number;
  /** The highest score, where it is (the first, of equal ones), and its p-value. */
  readonly peak: number;
  readonly peakAt: number;
  readonly pValue: number;
}

export interface TrackerOptions {
  /** Flagged steps with at most so many others between them are of one stretch; default 0. */
  readonly mergeGap?: number | undefined;
  /** Stretches of fewer steps, from the first to the last, are none; default 1. */
  readonly minLength?: number | undefined;
}

export interface StretchEvent {
  /** Opened as soon as it is long enough; closed when nothing can be added to it any more. */
  readonly kind: "opened" | "closed";
  readonly stretch: Stretch;
}

/**
 * Joins flagged steps to stretches, one step after the other, in constant memory. A stretch opens with a flagged step, goes on
 * over gaps of at most `mergeGap` steps, and closes once more have passed, or with `end`. What it says depends on the steps
 * alone, and not on how they are divided: `new StretchTracker(options, tracker.open)` goes on where another one stopped.
 *
 * @example
 * const tracker = new StretchTracker({ mergeGap: 10 });
 * for (const { kind, stretch } of tracker.add(step)) if (kind === "opened") ring(stretch);
 */
export class StretchTracker {
  readonly #mergeGap: number;
  readonly #minLength: number;
  #open: Stretch | undefined;
  #last: number;

  /**
   * @param open of another tracker, to go on from
   * @throws HypersphereError `invalid-option` for a gap or a length that is no whole number
   */
  constructor({ mergeGap = 0, minLength = 1 }: TrackerOptions = {}, open?: Stretch) {
    requireWhole("mergeGap", mergeGap, 0);
    requireWhole("minLength", minLength, 1);
    this.#mergeGap = mergeGap;
    this.#minLength = minLength;
    this.#open = open;
    this.#last = open?.to ?? Number.NEGATIVE_INFINITY;
  }

  /** What may still grow, however short; undefined between stretches. */
  get open(): Stretch | undefined {
    return this.#open;
  }

  /**
   * @returns what the step closes, then what it opens; usually nothing
   * @throws HypersphereError `unfit-data` for a step that is not after the one before it
   */
  add({ step, score, pValue, isAnomaly }: ScoredStep): StretchEvent[] {
    if (!(step > this.#last)) {
      throw new HypersphereError("unfit-data", `Step ${step} comes after step ${this.#last}.`, {
        hint: "Add steps in the order of time, and call end() between two series.",
      });
    }
    this.#last = step;
    const events: StretchEvent[] = [];
    const flagged = isAnomaly && !Number.isNaN(score);
    // A step that is not flagged is one more of the gap.
    const gap = this.#open === undefined ? 0 : step - this.#open.to - (flagged ? 1 : 0);
    if (gap > this.#mergeGap) events.push(...this.#close());
    if (!flagged) return events;
    const before = this.#open;
    const higher = before === undefined || score > before.peak;
    const stretch: Stretch = {
      from: before?.from ?? step,
      to: step,
      flagged: (before?.flagged ?? 0) + 1,
      ...(higher
        ? { peak: score, peakAt: step, pValue }
        : { peak: before.peak, peakAt: before.peakAt, pValue: before.pValue }),
    };
    this.#open = stretch;
    if (this.#isLong(stretch) && !this.#isLong(before)) events.push({ kind: "opened", stretch });
    return events;
  }

  /** Ends the series, at a gap in time or with the data: steps may begin anew. */
  end(): StretchEvent[] {
    this.#last = Number.NEGATIVE_INFINITY;
    return this.#close();
  }

  #isLong(stretch: Stretch | undefined): boolean {
    return stretch !== undefined && stretch.to - stretch.from + 1 >= this.#minLength;
  }

  #close(): StretchEvent[] {
    const stretch = this.#open;
    this.#open = undefined;
    return stretch !== undefined && this.#isLong(stretch) ? [{ kind: "closed", stretch }] : [];
  }
}

function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new HypersphereError(
    "invalid-option",
    `option "${name}" is ${value}, expected a whole number of steps from ${least} on.`,
  );
}
