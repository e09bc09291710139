import { HypersphereError } from "../../errors.js";
import { mean, quantileSorted } from "../../math/quantile.js";
import {
  checkOption,
  checkScores,
  countAbove,
  normalThreshold,
  type Threshold,
} from "../conformal/calibration.js";
import { checkPercentile, INSIDE, type NormalRule } from "./define.js";

/** Fewer excesses than this do not support two parameters. */
const LEAST_EXCESSES = 10;

export interface GeneralizedPareto {
  /** xi: above 0 a heavy tail, 0 exponential, below 0 a tail that ends at -scale / shape. */
  shape: number;
  /** sigma, above 0. */
  scale: number;
}

/**
 * Generalised Pareto fit by probability-weighted moments, a closed form that never fails to converge and is more
 * accurate than maximum likelihood below some 500 excesses (Hosking and Wallis, Technometrics 29, 1987):
 *   a0 = mean y,  a1 = mean (1 - p_i) y_(i) with p_i = (i - 0.35) / n,
 *   shape = 2 - a0 / (a0 - 2 a1),  scale = 2 a0 a1 / (a0 - 2 a1).
 * Consistent for shape < 1.
 * @param excesses positive, ascending, at least two different
 */
export function fitGeneralizedPareto(excesses: ArrayLike<number>): GeneralizedPareto {
  const n = excesses.length;
  const a0 = mean(excesses);
  let a1 = 0;
  for (let i = 0; i < n; i++) a1 += ((1 - (i + 0.65) / n) * excesses[i]!) / n;
  const gap = a0 - 2 * a1;
  return { shape: 2 - a0 / gap, scale: (2 * a0 * a1) / gap };
}

/** Fewest calibration scores, all different, of which enough lie above the percentile `level` for `potThreshold`. */
export function calibrationSizeForTail(level: number): number {
  checkPercentile(level, "pot: level");
  const quantile = level / 100;
  // n - 1 - floor((n - 1) q) of n scores lie above it: LEAST_EXCESSES or more once (n - 1)(1 - q) > that - 1.
  let size = Math.floor((LEAST_EXCESSES - 1) / (1 - quantile)) + 1;
  while (size - 1 - Math.floor((size - 1) * quantile) < LEAST_EXCESSES) size++;
  return size;
}

export interface TailOptions {
  /** Percentile above which scores count as tail; default 98. */
  level?: number;
}

/**
 * Extreme-value threshold (SPOT's initialisation: Siffer et al., KDD 2017): with t the percentile `level`, N_t excesses
 * over it and a generalised Pareto fit to them,
 *   z = t + (scale / shape) ((rate n / N_t)^(-shape) - 1),  or  t - scale ln(rate n / N_t)  for shape 0.
 * Reaches below the rate 1 / (n + 1) at which order statistics end, by assuming that the tail goes on as it began:
 * unlike a conformal threshold this is no guarantee. `diagnostics.modelledFalseAlarmRate` is what the fit says.
 * @param rate false-alarm rate asked for, above 0 and below the share of scores above t
 * @throws unfit-data with fewer than 10 excesses, or when they are all equal
 */
export function potThreshold(scores: ArrayLike<number>, rate: number, options: TailOptions = {}): Threshold {
  const { level = 98 } = options;
  checkPercentile(level, "pot: level");
  checkOption(rate, 0, 1, "pot: rate", "open");
  const sorted = checkScores(scores, "pot", 2);
  const n = sorted.length;
  const start = quantileSorted(sorted, level / 100);
  const count = countAbove(sorted, start);
  if (count < LEAST_EXCESSES) {
    throw new HypersphereError(
      "unfit-data",
      `pot: ${count} of ${n} scores lie above the ${level}th percentile, ${LEAST_EXCESSES} are needed.`,
      {
        hint: `Give about ${Math.ceil(LEAST_EXCESSES / (1 - level / 100))} calibration scores, or lower the level.`,
      },
    );
  }
  const share = count / n;
  if (!(rate < share)) {
    throw new HypersphereError(
      "invalid-option",
      `pot: rate is ${rate}, expected below the share of scores in the tail, ${share}.`,
      { hint: "Such a rate needs no model of the tail: use false-alarms or percentile." },
    );
  }
  const excesses = sorted.slice(n - count).map((s) => s - start);
  const largest = excesses[count - 1]!;
  if (excesses[0] === largest) {
    throw new HypersphereError("unfit-data", `pot: all ${count} scores in the tail are equal.`);
  }
  let fit = fitGeneralizedPareto(excesses);
  let note: string | undefined;
  // A moment fit may end below a score that was seen; an exponential tail never does, and errs to the high side.
  if (fit.shape < 0 && -fit.scale / fit.shape <= largest) {
    fit = { shape: 0, scale: mean(excesses) };
    note =
      "The fitted tail ended below the largest calibration score: an exponential tail was taken instead.";
  }
  const ratio = rate / share;
  const reach =
    Math.abs(fit.shape) < 1e-8
      ? -fit.scale * Math.log(ratio)
      : (fit.scale / fit.shape) * Math.expm1(-fit.shape * Math.log(ratio));
  return normalThreshold(
    sorted,
    start + reach,
    "pot",
    { rate, level },
    {
      diagnostics: {
        tailStart: start,
        excesses: count,
        shape: fit.shape,
        scale: fit.scale,
        modelledFalseAlarmRate: rate,
      },
      ...(note ? { note } : {}),
    },
  );
}

export const potRule: NormalRule = {
  name: "pot",
  summary: "peaks over threshold: a rate too rare to count, from a model of the tail",
  needs: "normals",
  example: "pot 0.1%",
  parameters: [
    { name: "rate", kind: "share", range: INSIDE, summary: "false-alarm rate asked for" },
    {
      name: "level",
      word: "level",
      kind: "percentile",
      range: [1, 100, "open"],
      default: 98,
      summary: "percentile from which the tail is modelled",
    },
  ],
  conflict: ({ rate, level }) =>
    rate! + level! / 100 < 1
      ? undefined
      : `a rate of ${rate} is no rarer than the tail above the ${level}th percentile; use false-alarms or percentile`,
  calibrationSize: ({ level }) => calibrationSizeForTail(level!),
  apply: (scores, { rate, level }) => potThreshold(scores, rate!, { level: level! }),
};
