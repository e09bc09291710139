/**
 * Betting against uniform p-values. Whatever is bet, capital in a fair game is a martingale: if the p-values are
 * independent and uniform, it reaches 1/delta ever with probability at most delta (Ville's inequality).
 */
import { portableLog } from "../math/normal.js";

/** Share of the capital that is dealt out anew before every step (Vovk et al. 2021, "Retrain or not retrain"). */
const JUMP = 0.01;
const BINS = 10;
/** The histogram forgets this share of itself with every step, and so remembers about fifty. */
const FORGET = 0.02;
/** Capital may grow beyond the range of numbers; then all of it is counted in units of 2^256. */
const UNIT = 2 ** 256;
const LOG_UNIT = 256 * portableLog(2);

/** 1 - p where it is not rounded to nothing. */
const LEAST = 2 ** -53;

/** Densities on [0, 1], each with integral 1: what a stake becomes when p is drawn. */
const FIXED_BETS: readonly ((p: number) => number)[] = [
  () => 1,
  // Scores somewhat too high, or too low: the simple jumper's bets 1 + e (p - 1/2).
  (p) => 1.5 - p,
  (p) => 0.5 + p,
  // Scores far too high, or far too low: powers k p^(k - 1) with k = 1/2.
  (p) => 0.5 / Math.sqrt(Math.max(p, LEAST)),
  (p) => 0.5 / Math.sqrt(Math.max(1 - p, LEAST)),
];
const BETS = FIXED_BETS.length + 1;

export interface BettingState {
  readonly steps: number;
  /** Times that all capital was divided by 2^256. */
  readonly rescaled: number;
  /** By bet: the fixed ones, and last the histogram's. */
  readonly capital: number[];
  /** Recent p-values by tenth, older ones counting less. */
  readonly histogram: number[];
}

/**
 * A jumper over six bets: nothing, two lines, two powers, and a histogram of the recent p-values, which finds what
 * the others cannot, such as p-values that cluster in the middle.
 *
 * A jumper that plays from the start loses a little with every step without drift, and after many steps has to win
 * all that back first. So it does not play with everything: 1/sqrt(t + 1) of the first capital is still in reserve
 * after t steps, and the rest has entered bit by bit. What enters after the drift began carries no losses. Each step's
 * game is linear in the capital, so a player who enters now and one who has been there all along share one account.
 */
export class Betting {
  #steps: number;
  #rescaled: number;
  readonly #capital: Float64Array;
  readonly #histogram: Float64Array;

  constructor(state?: BettingState) {
    this.#steps = state?.steps ?? 0;
    this.#rescaled = state?.rescaled ?? 0;
    this.#capital = Float64Array.from(state?.capital ?? new Float64Array(BETS));
    this.#histogram = Float64Array.from(state?.histogram ?? new Float64Array(BINS));
  }

  state(): BettingState {
    return {
      steps: this.#steps,
      rescaled: this.#rescaled,
      capital: Array.from(this.#capital),
      histogram: Array.from(this.#histogram),
    };
  }

  /** Natural logarithm of the whole capital, which began as 1: finite, and at least -log(steps + 1) / 2. */
  get logCapital(): number {
    return portableLog(this.#reserve(this.#steps) + sum(this.#capital)) + this.#rescaled * LOG_UNIT;
  }

  /** @param p in [0, 1] */
  bet(p: number): void {
    const capital = this.#capital;
    // Stakes are placed before p counts for anything: only then is the game fair.
    const entering = this.#reserve(this.#steps) - this.#reserve(this.#steps + 1);
    const dealt = (JUMP * sum(capital) + entering) / BETS;
    const bin = Math.min(BINS - 1, Math.floor(p * BINS));
    const seen = this.#histogram;
    const histogramBet = (BINS * (seen[bin]! + 1)) / (sum(seen) + BINS);
    for (let k = 0; k < BETS; k++) {
      capital[k] = ((1 - JUMP) * capital[k]! + dealt) * (FIXED_BETS[k]?.(p) ?? histogramBet);
    }
    for (let k = 0; k < BINS; k++) seen[k]! *= 1 - FORGET;
    seen[bin]! += 1;
    this.#steps++;
    this.#rescale();
  }

  /** Not yet in play after so many steps, in today's unit. */
  #reserve(steps: number): number {
    return UNIT ** -this.#rescaled / Math.sqrt(steps + 1);
  }

  #rescale(): void {
    const total = sum(this.#capital);
    const change = total > UNIT ? 1 : total < 1 / UNIT && this.#rescaled > 0 ? -1 : 0;
    this.#rescaled += change;
    // By powers of two, so that no digit is lost.
    if (change !== 0) for (let k = 0; k < BETS; k++) this.#capital[k]! *= UNIT ** -change;
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k]!;
  return total;
}
