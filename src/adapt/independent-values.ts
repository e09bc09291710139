import type { Segment } from "../data/index.js";
import { MAD_TO_SIGMA, mad, median } from "../math/quantile.js";

/** Correlations below this are taken for none: sums over many lags of them would be noise. */
const NONE = 0.05;
/** What a channel remembers shows in so many steps; a longer memory is cut off. */
const MOST_STEPS = 8192;
const MOST_LAGS = 1024;
/** One spike must not make all else look independent. */
const CLIP = 5;

/**
 * How many independent values the steps of a channel are worth: their number, divided by 1 + 2 (rho_1 + rho_2 + ...), the
 * autocorrelations up to the first that is below 0.05. A slow drift is no more than a few values, however often it is read.
 * @param values NaN where missing
 * @returns from 0, for a channel without values or that does not vary
 */
export function independentValues(values: ArrayLike<number>, stretches: readonly Segment[]): number {
  const pieces = piecesOf(values, stretches);
  const known = Float64Array.from(pieces.flatMap((piece) => Array.from(piece.filter(Number.isFinite))));
  if (known.length < 2) return 0;
  const middle = median(known);
  const spread = CLIP * MAD_TO_SIGMA * mad(known);
  const cut = (value: number): number =>
    spread > 0 ? Math.min(middle + spread, Math.max(middle - spread, value)) : value;
  const mean = known.reduce((sum, value) => sum + cut(value), 0) / known.length;
  for (const piece of pieces) {
    piece.forEach((value, k) => {
      piece[k] = Number.isFinite(value) ? cut(value) - mean : 0;
    });
  }
  const products = (lag: number): number =>
    pieces.reduce((sum, piece) => {
      for (let k = lag; k < piece.length; k++) sum += piece[k]! * piece[k - lag]!;
      return sum;
    }, 0);
  const whole = products(0);
  const size = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(whole > known.length * (1e-12 * size) ** 2)) return 0;
  let memory = 1;
  for (let lag = 1; lag < Math.min(MOST_LAGS, known.length); lag++) {
    const correlation = products(lag) / whole;
    if (correlation < NONE) break;
    memory += 2 * correlation;
  }
  const all = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const looked = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return Math.max(1, (known.length * all) / looked / memory);
}

/** The first steps of the stretches, as copies. */
function piecesOf(values: ArrayLike<number>, stretches: readonly Segment[]): Float64Array[] {
  const pieces: Float64Array[] = [];
  let left = MOST_STEPS;
  for (const { from, to } of stretches) {
    const length = Math.min(left, to - from);
    if (length === 0) break;
    pieces.push(Float64Array.from({ length }, (_, k) => values[from + k]!));
    left -= length;
  }
  return pieces;
}
