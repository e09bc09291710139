/**
 * Conformal test martingale (Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2nd ed. 2022,
 * part III): watches a stream of scores and raises an alarm when it no longer looks like the calibration scores.
 */
import { z } from "zod";
import { HypersphereError } from "../errors.js";
import { portableLog } from "../math/normal.js";
import { createRandom, type RandomSource } from "../math/random.js";
import { refuseNaN, sortedCopy } from "../math/sort.js";
import { checkOption, countAbove, countAtLeast } from "../scoring/conformal/calibration.js";
import { Betting } from "./betting.js";

/** Scores that are kept unless told otherwise: 400 kB, and about ten microseconds a score. */
const CAPACITY = 50_000;

export interface DriftMonitorOptions {
  /** Scores of normal rows that training has not seen, in any order: `model.calibrationScores`. */
  readonly calibration: ArrayLike<number>;
  /** Probability, in (0, 1), that a stream without drift ever raises the alarm. Default 0.01. */
  readonly delta?: number | undefined;
  /** Of the draws that rank tied scores. Default 0. */
  readonly seed?: number | undefined;
  /** Most scores that are kept, at least as many as `calibration` has. Default 50,000, or more for more calibration scores. */
  readonly capacity?: number | undefined;
}

export interface DriftStatus {
  /** The martingale has reached 1/delta, now or before: an alarm stays. */
  readonly alarmed: boolean;
  /** Scores pushed when it did, from 1; null without an alarm. */
  readonly at: number | null;
  /** Natural logarithm of the martingale, which began as 0. Its alarm is at log(1/delta). */
  readonly logValue: number;
  /** The martingale itself; Infinity where that is beyond the range of numbers. */
  readonly value: number;
  /** Greatest value so far, and its logarithm. */
  readonly max: number;
  readonly logMax: number;
  /** Scores pushed so far. */
  readonly pushed: number;
  readonly delta: number;
}

const whole = z.int().min(0);
const stateSchema = z.strictObject({
  version: z.literal(1),
  delta: z.number().gt(0).lt(1),
  seed: z.number(),
  capacity: whole,
  pushed: whole,
  at: whole.nullable(),
  logMax: z.number(),
  betting: z.strictObject({
    steps: whole,
    rescaled: whole,
    capital: z.array(z.number().min(0)).length(6),
    histogram: z.array(z.number().min(0)).length(10),
  }),
  /** The scores kept, ascending. */
  scores: z.array(z.number()).min(1),
});

/** Everything a monitor knows, as plain data for JSON. */
export type DriftMonitorState = z.infer<typeof stateSchema>;

/** Watches a stream of scores; see `driftMonitor`. */
export class DriftMonitor {
  readonly #delta: number;
  readonly #seed: number;
  readonly #random: RandomSource;
  readonly #capacity: number;
  readonly #betting: Betting;
  /** Ascending in the first #size places. */
  #scores: Float64Array;
  #size: number;
  #pushed: number;
  #at: number | null;
  #logMax: number;

  constructor(state: DriftMonitorState) {
    this.#delta = state.delta;
    this.#seed = state.seed;
    this.#random = createRandom(state.seed);
    this.#capacity = state.capacity;
    this.#betting = new Betting(state.betting);
    this.#scores = Float64Array.from(state.scores);
    this.#size = state.scores.length;
    this.#pushed = state.pushed;
    this.#at = state.at;
    this.#logMax = state.logMax;
  }

  /**
   * Takes the next score of the stream.
   * @returns its p-value in (0, 1): small for scores that are high among all so far
   * @throws HypersphereError `unfit-data` for NaN
   */
  push(score: number): number {
    refuseNaN([score], "driftMonitor: score");
    // JSON knows neither Infinity, which ranks as the largest number does, nor -0.
    const value = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, score)) + 0;
    const draws = this.#random.stream("drift", this.#pushed);
    // The rank is taken among calibration scores AND all scores of the stream before, with ties broken at random:
    // these p-values are independent and uniform if all scores are exchangeable. P-values against the calibration
    // scores alone are not: each is uniform, but all of them lean on the same sample, and where that happens to lie a
    // little too low, a long enough stream without drift would make any bettor rich.
    const known = this.#scores.subarray(0, this.#size);
    const above = countAbove(known, value);
    const equal = countAtLeast(known, value) - above;
    const p = (above + (draws.uniform() + 2 ** -54) * (equal + 1)) / (this.#size + 1);
    this.#insert(value, this.#size - above);
    // A full memory forgets a score at random, without regard to its value or age. What is kept is then a random
    // sample of all so far, and exchangeable with the next score: the p-values stay independent and uniform.
    if (this.#size > this.#capacity) this.#forget(draws.int(this.#size));
    this.#betting.bet(p);
    this.#pushed++;
    const logValue = this.#betting.logCapital;
    this.#logMax = Math.max(this.#logMax, logValue);
    if (this.#at === null && logValue >= portableLog(1 / this.#delta)) this.#at = this.#pushed;
    return p;
  }

  status(): DriftStatus {
    const logValue = this.#betting.logCapital;
    return {
      alarmed: this.#at !== null,
      at: this.#at,
      logValue,
      value: Math.exp(logValue),
      max: Math.exp(this.#logMax),
      logMax: this.#logMax,
      pushed: this.#pushed,
      delta: this.#delta,
    };
  }

  /** For `restoreMonitor`: a monitor that was saved and restored goes on as if nothing had happened. */
  state(): DriftMonitorState {
    return {
      version: 1,
      delta: this.#delta,
      seed: this.#seed,
      capacity: this.#capacity,
      pushed: this.#pushed,
      at: this.#at,
      logMax: this.#logMax,
      betting: this.#betting.state(),
      scores: Array.from(this.#scores.subarray(0, this.#size)),
    };
  }

  #insert(score: number, position: number): void {
    if (this.#size === this.#scores.length) {
      const larger = new Float64Array(Math.min(2 * this.#size, this.#capacity) + 1);
      larger.set(this.#scores);
      this.#scores = larger;
    }
    this.#scores.copyWithin(position + 1, position, this.#size);
    this.#scores[position] = score;
    this.#size++;
  }

  #forget(position: number): void {
    this.#scores.copyWithin(position, position + 1, this.#size);
    this.#size--;
  }
}

/**
 * Watches whether scores still come from where the calibration scores came from. If calibration and stream are
 * exchangeable (no drift, and no dependence between neighbours in time), the alarm is ever raised with probability at
 * most `delta`, however long the stream and however often one looks.
 *
 * @throws HypersphereError `unfit-data` without calibration scores or with NaN among them, `invalid-option`
 * @example
 * const monitor = driftMonitor({ calibration: model.calibrationScores, delta: 0.01 });
 * for (const score of scores) monitor.push(score);
 * if (monitor.status().alarmed) console.log(`drift, noticed at score ${monitor.status().at}`);
 */
export function driftMonitor({
  calibration,
  delta = 0.01,
  seed = 0,
  capacity = Math.max(CAPACITY, calibration.length),
}: DriftMonitorOptions): DriftMonitor {
  checkOption(delta, 0, 1, "driftMonitor: delta", "open");
  if (calibration.length === 0) {
    throw new HypersphereError("unfit-data", "driftMonitor: there are no calibration scores.");
  }
  if (!(Number.isInteger(capacity) && capacity >= calibration.length)) {
    throw new HypersphereError(
      "invalid-option",
      `driftMonitor: capacity is ${capacity}, expected an integer of at least ${calibration.length}, the number of calibration scores.`,
    );
  }
  const scores = sortedCopy(calibration, "driftMonitor: calibration scores");
  return new DriftMonitor({
    version: 1,
    delta,
    seed,
    capacity,
    pushed: 0,
    at: null,
    logMax: 0,
    betting: new Betting().state(),
    scores: Array.from(scores),
  });
}

/**
 * The monitor whose `state()` this was, also after a way through JSON.
 * @throws HypersphereError `unreadable-data` for anything else
 */
export function restoreMonitor(state: unknown): DriftMonitor {
  const parsed = stateSchema.safeParse(state);
  const sorted = parsed.data?.scores.every((score, k, scores) => k === 0 || score >= scores[k - 1]!);
  if (!parsed.success || !sorted) {
    const issue = parsed.error?.issues[0];
    const what =
      issue === undefined ? "its scores are not ascending" : `${issue.path.join(".")}: ${issue.message}`;
    throw new HypersphereError("unreadable-data", `This is not the state of a drift monitor (${what}).`, {
      hint: "Pass what monitor.state() gave, or start anew from the calibration scores.",
    });
  }
  return new DriftMonitor(parsed.data);
}
