/** What a point should be by the points around it, whatever some of those are. */

/** Points that a line is drawn through: anomalies may be up to a quarter of them. */
export const WINDOW = 15;
/** Of a season, at least this many. */
const LEAST_REPEATS = 2;

export interface Expected {
  /** [points]; NaN where there is no value. */
  readonly values: Float64Array;
  /** How far usual points are from it: a robust standard deviation. */
  readonly spread: number;
}

/**
 * Seasonal values by medians, and a Theil-Sen line through the nearest 14 other points without their season. No point has a part in
 * what is expected of itself.
 * @param values NaN where there is none
 * @param period 0 for none
 * @param earlierOnly what is expected of a point comes from those before it, and the season from all but the last
 */
export function expectedValues(
  values: Float64Array,
  period: number,
  { earlierOnly = false }: { earlierOnly?: boolean } = {},
): Expected {
  const known = earlierOnly ? values.subarray(0, -1) : values;
  const season = seasonOf(known, period);
  const seasonal = (at: number): number => (period === 0 ? 0 : season[at % period]!);
  const rest = values.map((value, at) => value - seasonal(at));
  const order = Uint32Array.from(rest.keys()).filter((at) => !Number.isNaN(rest[at]));
  const expected = new Float64Array(values.length).fill(Number.NaN);
  order.forEach((at, place) => {
    const around = earlierOnly
      ? order.subarray(Math.max(0, place - WINDOW + 1), place)
      : nearest(order, place).filter((other) => other !== at);
    if (around.length > 0) expected[at] = lineAt(at, Array.from(around), rest) + seasonal(at);
  });
  // What is beyond the end of a line is known less well than what is within: the last point is measured by its like.
  const judged = earlierOnly ? order.subarray(Math.min(WINDOW, order.length >> 1), -1) : order;
  const residuals = Array.from(judged, (at) => values[at]! - expected[at]!);
  return { values: expected, spread: spreadOf(residuals, known) };
}

/** Medians of each phase above the level around it, with a median of 0. */
function seasonOf(values: Float64Array, period: number): Float64Array {
  if (period === 0) return new Float64Array();
  const half = Math.ceil(period / 2);
  const above = values.map((value, at) => {
    const from = Math.max(0, Math.min(at - half, values.length - 2 * half - 1));
    return value - median(Array.from(values.subarray(from, from + 2 * half + 1)));
  });
  const phases = Float64Array.from({ length: period }, (_, phase) => {
    const own = Array.from(above).filter((value, at) => at % period === phase && !Number.isNaN(value));
    return own.length < LEAST_REPEATS ? 0 : median(own);
  });
  const middle = median(Array.from(phases));
  return phases.map((value) => value - middle);
}

/** Places in `order` nearest to one, with itself. */
function nearest(order: Uint32Array, place: number): Uint32Array {
  const end = Math.min(order.length, Math.max(place + (WINDOW >> 1) + 1, WINDOW));
  return order.subarray(Math.max(0, end - WINDOW), end);
}

/** Theil-Sen: the median slope between all pairs, and the median height. */
function lineAt(at: number, points: readonly number[], values: Float64Array): number {
  const slopes: number[] = [];
  for (let i = 0; i < points.length; i++) {
    for (let j = i + 1; j < points.length; j++) {
      slopes.push((values[points[j]!]! - values[points[i]!]!) / (points[j]! - points[i]!));
    }
  }
  const slope = slopes.length === 0 ? 0 : median(slopes);
  return median(points.map((point) => values[point]! + slope * (at - point)));
}

/** Of a normal distribution, the median distance is 0.6745 standard deviations, and the mean of the lower nine tenths 0.657. */
function spreadOf(residuals: readonly number[], values: Float64Array): number {
  const sizes = Float64Array.from(residuals, Math.abs).sort();
  if (sizes.length === 0) return Number.MIN_VALUE;
  const usual = sizes.subarray(0, Math.max(1, Math.floor(0.9 * sizes.length)));
  const mean = usual.reduce((sum, size) => sum + size, 0) / usual.length;
  // A series that hardly ever changes has none; rounding is no anomaly.
  const known = values.filter((value) => !Number.isNaN(value));
  const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.max(median(Array.from(sizes)) / 0.6745, mean / 0.657, 1e-9 * largest, Number.MIN_VALUE);
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  const middle = (sorted.length - 1) / 2;
  return sorted.length === 0 ? Number.NaN : (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
