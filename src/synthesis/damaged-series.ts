import { type Column, makeTable, type NumericColumn, type SeriesSet } from "../data/index.js";
import { mean } from "../math/quantile.js";
import type { RandomStream } from "../math/random.js";
import { isVaried, spreadOf } from "./spread.js";

export const SERIES_DAMAGES = [
  "spikes",
  "noise",
  "frozen-values",
  "reversed-steps",
  "scaled-values",
  "raised-values",
] as const;
/**
 * How windows of a series are damaged, before anything is made of their values (after Goswami et al., "Unsupervised model
 * selection for time-series anomaly detection", ICLR 2023):
 *
 * - `spikes`: one to three single steps are 3 to 8 standard deviations higher or lower;
 * - `noise`: a stretch has noise of 0.5 to 2 standard deviations on top;
 * - `frozen-values`: a stretch stays at its first value;
 * - `reversed-steps`: a stretch runs backwards;
 * - `scaled-values`: the deviations of a stretch from its mean are 0.25 to 0.5 or 2 to 4 times as large;
 * - `raised-values`: a stretch lies 1 to 4 standard deviations higher or lower.
 */
export type SeriesDamage = (typeof SERIES_DAMAGES)[number];

/** A stretch has this share of a window's steps at least. */
const LEAST_STRETCH = 0.25;
const MOST_SPIKES = 3;
/** Channels that are damaged in a window: from one of them to half of all. */
const SHARE = 0.5;

/** Steps of the table of windows, `to` excluded. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Damaged copies of random windows: anomalies for a detector that does not learn from their kind. Missing values stay missing
 * but where steps are frozen or reversed, and channels that never vary stay as they are.
 *
 * @param count windows to make; no two share a step
 * @returns undefined where the channels cannot be damaged in this way: none varies, or the windows are too short
 */
export function damagedSeries(
  series: SeriesSet,
  damage: SeriesDamage,
  count: number,
  stream: RandomStream,
): SeriesSet | undefined {
  const { steps, starts, layout, times } = series;
  const { window } = layout;
  const moves = damage === "frozen-values" || damage === "reversed-steps";
  const changeable = steps.columns.flatMap((column, k) =>
    isVaried(column) && (moves || column.kind === "numeric") ? [k] : [],
  );
  if (changeable.length === 0 || (window < 2 && damage !== "spikes" && damage !== "raised-values"))
    return undefined;
  const sources = Uint32Array.from({ length: count }, () => starts[stream.int(starts.length)]!);
  const stepOf = (at: number): number => sources[Math.floor(at / window)]! + (at % window);
  const columns = steps.columns.map((column) => copied(column, count * window, stepOf));
  const deviations = steps.columns.map((column) =>
    column.kind === "numeric" ? spreadOf(column).deviation : 0,
  );
  const most = Math.max(1, Math.floor(SHARE * changeable.length));
  for (let copy = 0; copy < count; copy++) {
    const stretch = drawnStretch(copy * window, window, stream);
    for (const place of stream.sample(changeable.length, 1 + stream.int(most))) {
      const k = changeable[place]!;
      if (moves) rearranged(columns[k]!, damage, stretch);
      else changed(columns[k] as NumericColumn, deviations[k]!, damage, stretch, stream);
    }
  }
  return {
    kind: "series",
    rowCount: count,
    layout: { ...layout, stride: window },
    starts: Uint32Array.from({ length: count }, (_, k) => k * window),
    steps: makeTable(columns, steps.source),
    source: series.source,
    // A copy is of the hour of what it is a copy of.
    ...(times && { times: Float64Array.from({ length: count * window }, (_, at) => times[stepOf(at)]!) }),
  };
}

function drawnStretch(start: number, window: number, stream: RandomStream): Stretch {
  const least = Math.min(window, Math.max(2, Math.ceil(LEAST_STRETCH * window)));
  const length = least + stream.int(window - least + 1);
  const from = start + stream.int(window - length + 1);
  return { from, to: from + length };
}

/** The windows one after the other; values of their own, which may be changed. */
function copied(column: Column, length: number, step: (at: number) => number): Column {
  return column.kind === "categorical"
    ? { ...column, codes: Int32Array.from({ length }, (_, at) => column.codes[step(at)]!) }
    : { ...column, values: Float64Array.from({ length }, (_, at) => column.values[step(at)]!) };
}

function rearranged(column: Column, damage: SeriesDamage, { from, to }: Stretch): void {
  const values = column.kind === "categorical" ? column.codes : column.values;
  if (damage === "frozen-values") values.fill(values[from]!, from, to);
  else values.subarray(from, to).reverse();
}

function changed(
  { values }: NumericColumn,
  deviation: number,
  damage: SeriesDamage,
  { from, to }: Stretch,
  stream: RandomStream,
): void {
  const between = (low: number, high: number): number => low + stream.uniform() * (high - low);
  const sign = (): number => (stream.uniform() < 0.5 ? -1 : 1);
  if (damage === "spikes") {
    for (let left = 1 + stream.int(MOST_SPIKES); left > 0; left--)
      values[from + stream.int(to - from)]! += sign() * between(3, 8) * deviation;
  } else if (damage === "noise") {
    const size = between(0.5, 2) * deviation;
    for (let step = from; step < to; step++) values[step]! += size * stream.normal();
  } else if (damage === "raised-values") {
    const distance = sign() * between(1, 4) * deviation;
    for (let step = from; step < to; step++) values[step]! += distance;
  } else {
    const factor = stream.uniform() < 0.5 ? between(0.25, 0.5) : between(2, 4);
    const present = Array.from(values.subarray(from, to)).filter((value) => !Number.isNaN(value));
    const centre = present.length === 0 ? Number.NaN : mean(present);
    for (let step = from; step < to; step++) values[step] = centre + factor * (values[step]! - centre);
  }
}
