/** Quantiles, robust and ordinary moments, ranks and correlations of plain number lists. */
import { HypersphereError } from "../errors.js";
import { argsort, refuseNaN, selectInPlace, sortedCopy } from "./sort.js";

/**
 * - `linear`: numpy's default, position (n - 1) q, interpolated (Hyndman and Fan 1996, type 7)
 * - `lower`, `higher`: the order statistic on either side of that position, as in numpy
 * - `conformal`: the ceil((n + 1) q)-th smallest; an exchangeable next value is at most this with probability >= q.
 *   Infinity when n < q / (1 - q), that is when the sample is too small to promise it.
 */
export type QuantileMethod = "linear" | "lower" | "higher" | "conformal";

/** MAD times this estimates the standard deviation of normal data: 1 / normalQuantile(0.75). */
export const MAD_TO_SIGMA = 1.482602218505602;

/**
 * @param values n >= 1 numbers in any order; infinities are allowed
 * @param q in [0, 1]
 * @throws unfit-data when empty or with NaN; invalid-option when q is out of range
 */
export function quantile(values: ArrayLike<number>, q: number, method: QuantileMethod = "linear"): number {
  refuseEmpty(values, "quantile");
  refuseNaN(values, "quantile");
  const at = position(values.length, q, method);
  if (at.lower >= values.length) return Infinity;
  // Two order statistics at most: selection is linear where sorting is not.
  const work = values instanceof Float64Array ? values.slice() : Float64Array.from(values);
  const a = selectInPlace(work, at.lower);
  if (at.fraction === 0) return a;
  let b = Infinity;
  for (let i = at.lower + 1; i < work.length; i++) if (work[i]! < b) b = work[i]!;
  return interpolate(a, b, at.fraction);
}

/** `quantile` of values already sorted ascending (not checked). */
export function quantileSorted(
  sorted: ArrayLike<number>,
  q: number,
  method: QuantileMethod = "linear",
): number {
  refuseEmpty(sorted, "quantile");
  const at = position(sorted.length, q, method);
  if (at.lower >= sorted.length) return Infinity;
  const a = sorted[at.lower]!;
  return at.fraction === 0 ? a : interpolate(a, sorted[at.lower + 1]!, at.fraction);
}

/** Several quantiles of the same values: sorts once. */
export function quantiles(
  values: ArrayLike<number>,
  qs: readonly number[],
  method: QuantileMethod = "linear",
): number[] {
  refuseEmpty(values, "quantile");
  const sorted = sortedCopy(values, "quantile");
  return qs.map((q) => quantileSorted(sorted, q, method));
}

/**
 * ceil((n + 1) q), the rank (from 1) of the conformal quantile; n + 1 stands for "no finite value will do".
 * The tolerance undoes rounding in q: 100 * 0.07 is 7.000000000000001 in binary, and one rank too high.
 */
export function conformalRank(n: number, q: number): number {
  const exact = (n + 1) * q;
  return Math.min(n + 1, Math.max(1, Math.ceil(exact - (n + 1) * 4 * Number.EPSILON)));
}

function position(n: number, q: number, method: QuantileMethod): { lower: number; fraction: number } {
  if (!(q >= 0 && q <= 1)) {
    throw new HypersphereError("invalid-option", `quantile: q is ${q}, expected a number from 0 to 1.`);
  }
  if (method === "conformal") return { lower: conformalRank(n, q) - 1, fraction: 0 };
  const at = (n - 1) * q;
  if (method === "lower") return { lower: Math.floor(at), fraction: 0 };
  if (method === "higher") return { lower: Math.ceil(at), fraction: 0 };
  return { lower: Math.floor(at), fraction: at - Math.floor(at) };
}

/** numpy's _lerp, which anchors at the nearer end so that the result is monotone in t and exact at both ends. */
function interpolate(a: number, b: number, t: number): number {
  if (a === b) return a;
  return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
}

function refuseEmpty(values: ArrayLike<number>, what: string): void {
  if (values.length === 0) throw new HypersphereError("unfit-data", `${what}: there are no values.`);
}

/** Arithmetic mean; NaN in, NaN out. @throws unfit-data when empty */
export function mean(values: ArrayLike<number>): number {
  refuseEmpty(values, "mean");
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const first = sum / values.length;
  // A second pass over the residuals recovers what rounding took from the first.
  let rest = 0;
  for (let i = 0; i < values.length; i++) rest += values[i]! - first;
  return Number.isFinite(rest) ? first + rest / values.length : first;
}

/**
 * Standard deviation, divisor n - ddof (two passes).
 * @param ddof 0 for the population formula (numpy's default), 1 for the sample formula
 * @throws unfit-data when n <= ddof
 */
export function std(values: ArrayLike<number>, ddof: 0 | 1 = 0): number {
  if (values.length <= ddof) {
    throw new HypersphereError("unfit-data", `std with ddof ${ddof}: ${values.length} values are too few.`);
  }
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return Math.sqrt(sum / (values.length - ddof));
}

/** Middle value, or the mean of the two middle ones. @throws unfit-data when empty or with NaN */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Median absolute deviation from the median, unscaled: times `MAD_TO_SIGMA` it estimates a standard deviation. */
export function mad(values: ArrayLike<number>): number {
  const centre = median(values);
  // An infinite value at an infinite centre deviates by nothing.
  return median(Float64Array.from(values, (v) => (v === centre ? 0 : Math.abs(v - centre))));
}

/** Third minus first quartile, `linear`. */
export function iqr(values: ArrayLike<number>): number {
  const [q1, q3] = quantiles(values, [0.25, 0.75]);
  return q3! - q1!;
}

/** Ranks from 1; tied values share the mean of the ranks they take up. @throws unfit-data on NaN */
export function ranks(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const order = argsort(values, "ranks");
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    const value = values[order[start]!]!;
    let end = start + 1;
    while (end < order.length && values[order[end]!] === value) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return result;
}

/**
 * Pearson's correlation in [-1, 1]; NaN when either side is constant, since correlation is then undefined.
 * @throws unfit-data when the lengths differ or are below 2
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length || x.length < 2) {
    throw new HypersphereError(
      "unfit-data",
      `correlation: expected two lists of one length, at least 2, not ${x.length} and ${y.length}.`,
    );
  }
  const mx = mean(x);
  const my = mean(y);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - mx;
    const dy = y[i]! - my;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  // Two roots rather than the root of the product, which may overflow or underflow.
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
}

/** Spearman's rank correlation: Pearson's of the mid-ranks. Errors and NaN as in `pearson`. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(ranks(x), ranks(y));
}
