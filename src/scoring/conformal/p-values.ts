/**
 * Conformal p-values and false-discovery control: Bates, Candes, Lei, Romano and Sesia, "Testing for outliers with
 * conformal p-values", Annals of Statistics 51 (2023).
 *
 * Everything rests on one assumption: normal test rows are exchangeable with the calibration rows. Drift breaks it,
 * and so does calibrating on rows that were trained on.
 */
import { HypersphereError } from "../../errors.js";
import type { RandomStream } from "../../math/random.js";
import { refuseNaN } from "../../math/sort.js";
import { checkOption, countAbove, countAtLeast } from "./calibration.js";

function checkCalibration(sorted: ArrayLike<number>, what: string): void {
  if (sorted.length === 0) {
    throw new HypersphereError("unfit-data", `${what}: there are no calibration scores.`);
  }
  for (let i = 0; i < sorted.length; i++) {
    if (Number.isNaN(sorted[i]) || (i > 0 && sorted[i]! < sorted[i - 1]!)) {
      throw new HypersphereError("unfit-data", `${what}: calibration scores are not sorted at index ${i}.`, {
        hint: "Sort them ascending once, with new Float64Array(scores).sort().",
      });
    }
  }
}

/**
 * p = (1 + #{calibration >= score}) / (n + 1), in [1/(n+1), 1]. For a normal row P(p <= t) <= t at every t.
 * @param calibrationSorted [n] ascending scores of held-out normals
 * @param scores [m]
 * @throws unfit-data when the calibration scores are missing or not sorted, or a score is NaN
 */
export function pValues(
  calibrationSorted: ArrayLike<number>,
  scores: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  checkCalibration(calibrationSorted, "pValues");
  refuseNaN(scores, "pValues: scores");
  const n = calibrationSorted.length;
  return Float64Array.from(scores, (score) => (1 + countAtLeast(calibrationSorted, score)) / (n + 1));
}

/**
 * p = (#{calibration > score} + U (1 + #{calibration = score})) / (n + 1) with U uniform in (0, 1]: exactly uniform
 * for normal rows, ties or not, at the price of a coin in every decision. Errors as in `pValues`.
 * @param stream a named random stream; one draw per score, in order
 */
export function pValuesRandomized(
  calibrationSorted: ArrayLike<number>,
  scores: ArrayLike<number>,
  stream: RandomStream,
): Float64Array<ArrayBuffer> {
  checkCalibration(calibrationSorted, "pValuesRandomized");
  refuseNaN(scores, "pValuesRandomized: scores");
  const n = calibrationSorted.length;
  return Float64Array.from(scores, (score) => {
    const above = countAbove(calibrationSorted, score);
    const equal = countAtLeast(calibrationSorted, score) - above;
    // 1 - uniform is in (0, 1]: a p-value of 0 would pass any test.
    return (above + (1 - stream.uniform()) * (1 + equal)) / (n + 1);
  });
}

export interface Discoveries {
  /** 1 for rows declared anomalous, [m]. */
  rejected: Uint8Array<ArrayBuffer>;
  count: number;
  /** Rows with p <= cutoff are rejected; 0 when none is. */
  cutoff: number;
  /** Estimated share of normal rows; 1 unless estimated by `storey`. */
  nullShare: number;
}

/**
 * Benjamini and Hochberg (1995): the largest k with p_(k) <= alpha k / m; the rows with the k smallest p-values are
 * rejected. Of the rejected rows at most a share alpha (times the share of normals) is normal on average; this holds
 * for conformal p-values although they share one calibration set, for they depend positively (Bates et al. 2023).
 * @param p [m] p-values in [0, 1]
 * @param alpha in (0, 1)
 */
export function benjaminiHochberg(p: ArrayLike<number>, alpha: number): Discoveries {
  checkOption(alpha, 0, 1, "benjaminiHochberg: alpha", "open");
  return stepUp(p, alpha, 1, 1, "benjaminiHochberg");
}

/**
 * Benjamini-Hochberg at alpha / pi0 with Storey's estimate pi0 = (1 + #{p > lambda}) / (m (1 - lambda)), at most 1,
 * rejecting only p <= lambda (Storey, Taylor and Siegmund 2004, the form with finite-sample control for independent
 * p-values). Finds more than Benjamini-Hochberg when many rows are anomalous; with few, hardly any more.
 * @param lambda in (0, 1), default 0.5
 */
export function storey(p: ArrayLike<number>, alpha: number, lambda = 0.5): Discoveries {
  checkOption(alpha, 0, 1, "storey: alpha", "open");
  checkOption(lambda, 0, 1, "storey: lambda", "open");
  let above = 0;
  for (let i = 0; i < p.length; i++) if (p[i]! > lambda) above++;
  const nullShare = p.length === 0 ? 1 : Math.min(1, (1 + above) / (p.length * (1 - lambda)));
  return stepUp(p, alpha, nullShare, lambda, "storey");
}

function sortedPValues(p: ArrayLike<number>, what: string): Float64Array<ArrayBuffer> {
  for (let i = 0; i < p.length; i++) {
    if (!(p[i]! >= 0 && p[i]! <= 1)) {
      throw new HypersphereError("unfit-data", `${what}: p-value ${i} is ${p[i]}, expected 0 to 1.`);
    }
  }
  return Float64Array.from(p).sort();
}

function stepUp(
  p: ArrayLike<number>,
  alpha: number,
  nullShare: number,
  largest: number,
  what: string,
): Discoveries {
  const sorted = sortedPValues(p, what);
  const m = sorted.length;
  let cutoff = 0;
  let any = false;
  for (let k = m; k >= 1 && !any; k--) {
    const value = sorted[k - 1]!;
    // Conformal p-values are fractions that meet the bound exactly, and rounding must not decide: 0.3 / 3 < 0.1.
    if (value <= largest && value * m * nullShare <= alpha * k * (1 + 8 * Number.EPSILON)) {
      any = true;
      cutoff = value;
    }
  }
  const rejected = Uint8Array.from(p, (value) => (any && value <= cutoff ? 1 : 0));
  return { rejected, count: rejected.reduce((sum, r) => sum + r, 0), cutoff, nullShare };
}

/**
 * Benjamini-Hochberg adjusted p-values, min over j >= k of m p_(j) / j: the least alpha at which each row would be
 * rejected. [m] in [0, 1], in the order given.
 */
export function adjustedPValues(p: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const sorted = sortedPValues(p, "adjustedPValues");
  const m = sorted.length;
  const adjusted = new Float64Array(m);
  let least = 1;
  for (let k = m; k >= 1; k--) {
    least = Math.min(least, (m * sorted[k - 1]!) / k);
    adjusted[k - 1] = least;
  }
  // Looked up by value: equal p-values are neighbours, and the running minimum is the same for all of them.
  return Float64Array.from(p, (value) => adjusted[m - 1 - countAbove(sorted, value)]!);
}

/**
 * Fewest calibration scores with which Benjamini-Hochberg at alpha can flag a lone anomaly among m rows: the least
 * p-value 1 / (n + 1) must be at most alpha / m, hence n >= m / alpha - 1.
 */
export function calibrationSizeForDiscovery(m: number, alpha: number): number {
  checkOption(alpha, 0, 1, "calibrationSizeForDiscovery: alpha", "open");
  checkOption(m, 1, Number.MAX_SAFE_INTEGER, "calibrationSizeForDiscovery: m");
  return Math.max(1, Math.ceil((m / alpha) * (1 - 4 * Number.EPSILON)) - 1);
}
