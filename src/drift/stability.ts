/** How far a column, or the p-values, moved: measures for the eye, beside the martingale's guarantee. */
import { HypersphereError } from "../errors.js";
import { normalQuantile } from "../math/normal.js";
import { sortedCopy } from "../math/sort.js";

/** Below it, a column counts as stable whatever its significance: with many rows, the least difference is significant. */
const NOTABLE = 0.1;
/** An empty bin counts as half a row: its logarithm would be infinite. */
const EMPTY = 0.5;

export interface Stability {
  /** Population stability index, from 0. By custom, 0.1 is a small and 0.25 a large change. */
  readonly psi: number;
  /** What chance alone gives on average, without any drift. */
  readonly expectedByChance: number;
  /** Chance alone stays below this with probability 1 - alpha. */
  readonly chanceLimit: number;
  /** The index is above 0.1 and above what chance explains. */
  readonly shifted: boolean;
}

/** Rows that count as independent of each other, where not all do. */
export interface IndependentRows {
  readonly reference: number;
  readonly current: number;
}

/**
 * PSI = sum over bins of (q - p) ln(q / p) with p and q the shares of rows then and now. Bins that are empty on both
 * sides are left out; an empty bin on one side counts as half a row.
 *
 * Without drift, PSI / (1/n + 1/m) is about chi-square with B - 1 degrees of freedom (B bins, n and m rows; Yurdakul
 * 2018), so chance alone gives (B - 1)(1/n + 1/m) on average: with 100 rows and ten bins 0.09 and more, however
 * many training rows there were. With fewer than about five rows per bin the limit is rough.
 *
 * @param reference rows per bin then
 * @param current rows per bin now, of the same bins
 * @param alpha in (0, 1), for `chanceLimit`
 * @param independent how many rows of each side chance is reckoned with; default all of them
 * @throws HypersphereError `unfit-data` when a side has no rows or the bins differ
 */
export function populationStability(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  alpha = 0.01,
  independent?: IndependentRows,
): Stability {
  if (reference.length !== current.length) {
    throw new HypersphereError(
      "unfit-data",
      `populationStability: ${reference.length} bins then, ${current.length} now; expected as many.`,
    );
  }
  const n = total(reference);
  const m = total(current);
  if (!(n > 0 && m > 0)) {
    throw new HypersphereError("unfit-data", `populationStability: ${n} rows then, ${m} now; expected some.`);
  }
  let psi = 0;
  let bins = 0;
  for (let k = 0; k < reference.length; k++) {
    if (reference[k] === 0 && current[k] === 0) continue;
    const p = Math.max(reference[k]!, EMPTY) / n;
    const q = Math.max(current[k]!, EMPTY) / m;
    psi += (q - p) * Math.log(q / p);
    bins++;
  }
  const spread = 1 / (independent?.reference ?? n) + 1 / (independent?.current ?? m);
  const chanceLimit = spread * chiSquareQuantile(1 - alpha, bins - 1);
  return {
    psi,
    expectedByChance: (bins - 1) * spread,
    chanceLimit,
    shifted: psi > Math.max(NOTABLE, chanceLimit),
  };
}

export interface Uniformity {
  /** Greatest distance between the p-values' distribution function and the diagonal, in [0, 1]. */
  readonly distance: number;
  /** Chance of a distance at least as great from as many independent uniform p-values (Stephens' approximation). */
  readonly significance: number;
}

/**
 * Kolmogorov and Smirnov's distance of p-values from uniform. One look at one batch: unlike the martingale, it
 * promises nothing to those who look every day.
 * @throws HypersphereError `unfit-data` without p-values, or with NaN
 */
export function uniformity(p: ArrayLike<number>): Uniformity {
  if (p.length === 0) throw new HypersphereError("unfit-data", "uniformity: there are no p-values.");
  const sorted = sortedCopy(p, "uniformity: p-values");
  const n = sorted.length;
  let distance = 0;
  for (let k = 0; k < n; k++) {
    distance = Math.max(distance, sorted[k]! - k / n, (k + 1) / n - sorted[k]!);
  }
  const root = Math.sqrt(n);
  const z = (root + 0.12 + 0.11 / root) * distance;
  let significance = 0;
  // Alternating and quickly falling, except where the answer is 1 to all digits.
  for (let k = 1; k <= 100; k++) significance += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * z) ** 2);
  return { distance, significance: z < 0.2 ? 1 : Math.min(1, Math.max(0, significance)) };
}

/** Wilson and Hilferty (1931): the cube root of chi-square over its degrees of freedom is nearly normal. */
function chiSquareQuantile(probability: number, freedom: number): number {
  if (freedom === 0) return 0;
  const c = 2 / (9 * freedom);
  return freedom * Math.max(0, 1 - c + normalQuantile(probability) * Math.sqrt(c)) ** 3;
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < counts.length; k++) sum += counts[k]!;
  return sum;
}
