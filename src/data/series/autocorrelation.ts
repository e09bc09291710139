/** How alike a series is to itself some steps later, over gaps, missing cells and spikes. */

import { addLaggedProducts } from "../../math/lagged-products.js";
import { MAD_TO_SIGMA, mad, mean, median, std } from "../../math/quantile.js";
import type { Segment } from "./segments.js";

/** Values further from the median than this many deviations count as no further: a spike is no rhythm. */
const CLIP = 5;

/** Shorter pieces have a mean of their own, but no trend. */
const TREND_STEPS = 16;
/** Of the values of a third of a piece, this share at either end has no part in its mean. */
const TRIM = 0.1;

/**
 * The autocorrelation of one channel at the lags 0 to `lags`, pooled over its segments: each without its trimmed mean
 * and its trend (a line through the trimmed means of its first and its last third), with values cut off at 5 robust deviations. Pairs with a missing cell (NaN) or across the end of a segment
 * have no part in it.
 * @returns [lags + 1], 1 at lag 0, and 0 at lags of which fewer than `leastPairs` pairs are there; undefined for a channel that
 * does not vary
 */
export function autocorrelation(
  values: ArrayLike<number>,
  segments: readonly Segment[],
  lags: number,
  leastPairs = 8,
): Float64Array | undefined {
  const pieces = segments.map((segment) => residuals(values, segment));
  const all = joined(pieces);
  if (all.length < 2) return undefined;
  const spread = MAD_TO_SIGMA * mad(all) || std(all);
  // What is left of a constant or a straight line by rounding.
  const size = joined(segments.map(({ from, to }) => known(values, from, to))).reduce(
    (most, value) => Math.max(most, Math.abs(value)),
    0,
  );
  if (!(std(all) > 1e-9 * size) || !Number.isFinite(spread)) return undefined;
  const middle = median(all);
  const [low, high] = [middle - CLIP * spread, middle + CLIP * spread];
  const centre = mean(all.map((value) => Math.min(high, Math.max(low, value))));
  // A missing cell is 0 with weight 0, so that it adds to no sum.
  const there = pieces.map((piece) => Float64Array.from(piece, (value) => (Number.isNaN(value) ? 0 : 1)));
  for (const piece of pieces) {
    piece.forEach((value, k) => {
      piece[k] = Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, value)) - centre;
    });
  }
  const [sums, pairs] = [new Float64Array(lags + 1), new Float64Array(lags + 1)];
  addLaggedProducts(pieces, sums);
  if (!(sums[0]! > 0)) return undefined;
  addLaggedProducts(
    there.filter((weights) => weights.includes(0)),
    pairs,
  );
  for (const { length } of there.filter((weights) => !weights.includes(0))) {
    for (let lag = 0; lag < Math.min(lags + 1, length); lag++) pairs[lag]! += length - lag;
  }
  const result = sums.map((sum, lag) => {
    const count = Math.round(pairs[lag]!);
    return count < leastPairs && lag > 0 ? 0 : sum / count;
  });
  return result.map((value) => value / result[0]!);
}

/** The known values of a piece without their mean, and without their trend where it is long enough to have one. */
function residuals(values: ArrayLike<number>, { from, to }: Segment): Float64Array {
  const piece = Float64Array.from({ length: to - from }, (_, k) => {
    const value = values[from + k]!;
    return Number.isFinite(value) ? value : Number.NaN;
  });
  const third = Math.floor(piece.length / 3);
  const [first, last] = [piece.subarray(0, third), piece.subarray(piece.length - third)].map(trimmedMean);
  const slope =
    piece.length < TREND_STEPS || Number.isNaN(first! + last!)
      ? 0
      : (last! - first!) / (piece.length - third);
  const level = piece.map((value, k) => value - slope * k);
  const mean = trimmedMean(level);
  return level.map((value) => value - mean);
}

function trimmedMean(values: Float64Array): number {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return Number.NaN;
  const cut = Math.floor(TRIM * sorted.length);
  return mean(sorted.subarray(cut, sorted.length - cut));
}

function known(values: ArrayLike<number>, from: number, to: number): Float64Array {
  return Float64Array.from({ length: to - from }, (_, k) => values[from + k]!).filter(Number.isFinite);
}

function joined(pieces: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let filled = 0;
  for (const piece of pieces) {
    for (const value of piece) if (Number.isFinite(value)) all[filled++] = value;
  }
  return all.subarray(0, filled);
}
