/** How many of a mixed sample's scores lie beyond what the middle of the sample predicts. */
import { normalQuantile } from "../math/normal.js";
import { quantileSorted } from "../math/quantile.js";
import type { RandomSource } from "../math/random.js";
import { countAbove } from "../scoring/conformal/calibration.js";

/** Share of normals that the body places above the cut. */
const TAIL = 0.01;
const UPPER = 0.75;
/** Where the search begins. From 0, a fifth of anomalies near the upper quartile would pass for a body with a long tail. */
const FIRST = 0.2;
const MOST = 0.4;
const RESAMPLES = 200;
/** Scores that are resampled at most. With more scores the interval is wider than necessary, never narrower. */
const MOST_RESAMPLED = 20_000;

/** A shifted log-normal distribution, the normal one where skew is 0. */
export interface Body {
  readonly centre: number;
  readonly scale: number;
  /** At least 0: a tail that is cut off above would call every large score an anomaly. */
  readonly skew: number;
}

export interface TailExcess {
  /** Share of rows above the cut in excess of the body's tail, 0 to 0.4. */
  readonly estimate: number;
  /** 95 % bootstrap interval: covers sampling error only, not whether the body's shape is right. */
  readonly low: number;
  readonly high: number;
  /** Score above which rows count as excess, in the units of the scores. */
  readonly cut: number;
  readonly body: Body;
}

/**
 * Estimates the share of anomalies without labels. A shifted log-normal body is fitted to the quartiles of the
 * scores; the estimate is the share beyond the body's 99 % point, less 1 %. Quartiles are then taken again among the
 * remaining rows, until nothing changes.
 *
 * It is too low where anomalies score like normals, and too high where normals have heavy tails.
 *
 * @param scores [n] finite, in any order
 * @returns undefined where too many scores are equal for quartiles to have a width
 */
export function tailExcess(scores: ArrayLike<number>, random: RandomSource): TailExcess | undefined {
  const sorted = Float64Array.from(scores).sort();
  const point = excess(sorted);
  if (point === undefined) return undefined;
  const stream = random.stream("bootstrap");
  const size = Math.min(sorted.length, MOST_RESAMPLED);
  const resampled: number[] = [];
  const draw = new Float64Array(size);
  for (let k = 0; k < RESAMPLES; k++) {
    for (let i = 0; i < size; i++) draw[i] = sorted[stream.int(sorted.length)]!;
    resampled.push(excess(draw.sort())?.estimate ?? point.estimate);
  }
  resampled.sort((a, b) => a - b);
  return {
    ...point,
    low: Math.min(point.estimate, quantileSorted(resampled, 0.025)),
    high: Math.max(point.estimate, quantileSorted(resampled, 0.975)),
  };
}

function excess(sorted: Float64Array): Omit<TailExcess, "low" | "high"> | undefined {
  let estimate = FIRST;
  let found: Omit<TailExcess, "low" | "high"> | undefined;
  for (let round = 0; round < 50; round++) {
    const body = bodyOf(sorted, 1 - estimate);
    if (body === undefined) return found;
    const cut = scoreAt(body, normalQuantile(1 - TAIL));
    const share = countAbove(sorted, cut) / sorted.length;
    const next = Math.min(MOST, Math.max(0, (share - TAIL) / (1 - TAIL)));
    found = { estimate: next, cut, body };
    if (next === estimate) break;
    estimate = next;
  }
  return found;
}

/** The body of the lowest `share` of the scores. */
function bodyOf(sorted: Float64Array, share: number): Body | undefined {
  const u = normalQuantile(UPPER);
  const centre = quantileSorted(sorted, 0.5 * share);
  const below = centre - quantileSorted(sorted, (1 - UPPER) * share);
  const above = quantileSorted(sorted, UPPER * share) - centre;
  if (!(below > 0 && above > 0)) return undefined;
  if (above <= below) return { centre, scale: above / u, skew: 0 };
  const skew = Math.log(above / below) / u;
  return { centre, scale: (above * skew) / Math.expm1(skew * u), skew };
}

function scoreAt({ centre, scale, skew }: Body, z: number): number {
  return centre + scale * (skew === 0 ? z : Math.expm1(skew * z) / skew);
}
