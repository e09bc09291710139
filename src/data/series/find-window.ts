import { autocorrelation } from "./autocorrelation.js";
import type { Segment } from "./segments.js";
import type { WindowRecord } from "./series.js";

export interface FoundWindow extends WindowRecord {
  /** Steps of a window: one period or several of them; a fixed number where nothing repeats. */
  readonly window: number;
}

/** Periods up to this many steps are looked for: a longer window makes most detectors slow. */
const LONGEST_PERIOD = 512;
/** A window holds several periods where one has fewer steps. */
const SHORTEST_WINDOW = 32;
/** Steps of a window where nothing repeats: the window of the strongest published detector of patches. */
const FALLBACK = 64;
/** At least so many windows that share no step: some to learn from, others to calibrate by. */
const WINDOWS_APART = 20;
/** A period has to be seen this often. */
const REPEATS = 4;
/** This share of the steps stands in segments that hold a window. */
const HELD = 0.9;

/** What is looked at: a long series says the same of its period in every part. */
const MOST_CELLS = 2 ** 20;
const MOST_STEPS = 20_000;
const LEAST_STEPS = 4 * LONGEST_PERIOD;
const MOST_CHANNELS = 256;
const STRETCHES = 4;

/** A period is an autocorrelation of at least this, and of so many standard errors of a series that has none. */
const LEAST = 0.2;
const ERRORS = 3;
/** The least of the lags at which the series is nearly as alike to itself as at any: not twice or three times the period. */
const NEARLY = 0.8;

/**
 * The length of a window that suits a series, from its values alone: the shortest period at which it clearly resembles
 * itself. That is a peak of the autocorrelation which is at least 0.2 and 3 standard errors high (Bartlett's, of a series that
 * forgets as this one does until its autocorrelation is below 1/e), stands out from the valley before it by half its height, and comes back at twice the lag. Of several channels the one with the highest
 * peak counts, with those that agree with it. Among
 * peaks, the first one of at least 0.8 times the highest counts. A period below 32 steps is taken several times. Where there is
 * none up to 512 steps that was seen four times, the window has 64 steps, or fewer where the series is short: 20
 * windows without a common step should fit, and nine tenths of the steps lie in segments that hold one.
 *
 * Up to 20 000 steps are looked at, in four stretches that are spread over the series; fewer of more than 52 channels, and at
 * most 256 channels.
 *
 * @param channels numbers in order of time, NaN where missing; categories are no channels here
 * @param segments stretches without a gap, `to` exclusive; by default all steps are one
 * @example
 * const { window, period } = findWindow([flow, pressure]);
 */
export function findWindow(
  channels: readonly ArrayLike<number>[],
  segments: readonly Segment[] = [{ from: 0, to: channels[0]?.length ?? 0 }],
): FoundWindow {
  const steps = segments.reduce((sum, { from, to }) => sum + to - from, 0);
  const looked = spread(channels, MOST_CHANNELS);
  const most = Math.min(
    MOST_STEPS,
    Math.max(LEAST_STEPS, Math.floor(MOST_CELLS / Math.max(1, looked.length))),
  );
  const pieces = stretches(segments, steps, most);
  const seen = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  const longest = pieces.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const holds = heldBy(segments, steps);
  const mostPeriod = Math.min(LONGEST_PERIOD, Math.floor(seen / REPEATS), longest >> 1, holds);

  const found = looked.flatMap((channel) => {
    const curve = autocorrelation(channel, pieces, 2 * mostPeriod);
    const at = curve && firstPeak(curve, mostPeriod, seen);
    return at === undefined ? [] : [{ curve: curve!, at }];
  });
  const period = joinedPeriod(found, mostPeriod, seen);
  if (period !== undefined) {
    const window = period.at * Math.ceil(SHORTEST_WINDOW / period.at);
    return { window, period: period.at, autocorrelation: Number(period.height.toPrecision(3)) };
  }
  const fits = Math.min(FALLBACK, Math.floor(steps / WINDOWS_APART), holds);
  return { window: Math.max(1, fits) };
}

interface Peaked {
  readonly curve: Float64Array;
  readonly at: number;
}

/** Periods this much apart are one. */
const AGREE = 0.1;

/** The period of the channel with the highest peak, by the mean of those that agree with it. */
function joinedPeriod(
  found: readonly Peaked[],
  mostPeriod: number,
  seen: number,
): { readonly at: number; readonly height: number } | undefined {
  if (found.length === 0) return undefined;
  const best = found.reduce((most, each) => (each.curve[each.at]! > most.curve[most.at]! ? each : most));
  const agreeing = found.filter(({ at }) => Math.abs(at - best.at) <= AGREE * best.at);
  const mean = best.curve.map(
    (_, lag) => agreeing.reduce((sum, { curve }) => sum + curve[lag]!, 0) / agreeing.length,
  );
  const at = firstPeak(mean, mostPeriod, seen) ?? best.at;
  return { at, height: mean[at]! };
}

/**
 * @param curve autocorrelation at the lags from 0 to twice the longest period
 * @param seen steps that it comes from
 */
function firstPeak(curve: Float64Array, mostPeriod: number, seen: number): number | undefined {
  const least = Math.max(LEAST, ERRORS * standardError(curve, seen));
  const peaks: number[] = [];
  let valley = 1;
  for (let lag = 1; lag <= mostPeriod; lag++) {
    const height = curve[lag]!;
    valley = Math.min(valley, height);
    if (lag < 2 || height < least || height - valley < height / 2) continue;
    // Noise makes many small peaks on the way up to a large one.
    const reach = Math.max(1, lag >> 2);
    if (highest(curve, lag - reach, lag + reach) > height) continue;
    const off = 1 + Math.floor(lag / 20);
    if (highest(curve, 2 * lag - off, 2 * lag + off) >= height / 2) peaks.push(lag);
  }
  const top = peaks.reduce((most, lag) => Math.max(most, curve[lag]!), 0);
  return peaks.find((lag) => curve[lag]! >= NEARLY * top);
}

/** Bartlett's, of a series without a period: neighbours that resemble each other count as fewer steps. */
function standardError(curve: Float64Array, steps: number): number {
  const end = curve.findIndex((value) => value < Math.exp(-1));
  const squares = curve.subarray(1, end < 0 ? curve.length : end).reduce((sum, value) => sum + value ** 2, 0);
  return Math.sqrt((1 + 2 * squares) / steps);
}

function highest(curve: Float64Array, from: number, to: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let lag = Math.max(0, from); lag <= Math.min(curve.length - 1, to); lag++) {
    most = Math.max(most, curve[lag]!);
  }
  return most;
}

/** The longest window that a segment holds for nine tenths of the steps. */
function heldBy(segments: readonly Segment[], steps: number): number {
  const lengths = segments.map(({ from, to }) => to - from).sort((a, b) => b - a);
  let held = 0;
  for (const length of lengths) {
    held += length;
    if (held >= HELD * steps) return length;
  }
  return 0;
}

/** Parts of the segments, `most` steps in all: a few stretches that are spread evenly over them. */
function stretches(segments: readonly Segment[], steps: number, most: number): Segment[] {
  if (steps <= most) return [...segments];
  const length = Math.floor(most / STRETCHES);
  const parts: Segment[] = [];
  for (let k = 0; k < STRETCHES; k++) {
    const begin = Math.floor((k * (steps - length)) / (STRETCHES - 1));
    let before = 0;
    for (const { from, to } of segments) {
      const first = Math.max(from, from + begin - before);
      const last = Math.min(to, from + begin + length - before);
      if (last > first) parts.push({ from: first, to: last });
      before += to - from;
    }
  }
  return parts;
}

function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, k) => all[Math.floor((k * all.length) / most)]!);
}
