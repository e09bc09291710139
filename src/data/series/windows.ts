import { HypersphereError } from "../../errors.js";
import { argsort } from "../../math/sort.js";
import { makeTable } from "../table/make-table.js";
import type { Table } from "../table/table.js";
import type { Segment } from "./segments.js";
import type { SeriesSet } from "./series.js";

export interface WindowsArray {
  /** windows * steps * channels values. */
  readonly data: Float32Array | Float64Array;
  readonly windows: number;
  /** Steps of each window. */
  readonly steps: number;
  readonly channels: number;
  /** "C" (default): window after window, in it step after step. "F": as Fortran and Julia lay the same array out. */
  readonly order?: "C" | "F";
}

/**
 * A series from windows that were cut already, [windows, steps, channels]: each is a segment of its own, and no two share
 * a step. Channels are named `names` or x0, x1, ...; with one channel in order "C" its values are those of the array,
 * not to be changed after.
 * @throws HypersphereError `unfit-data` for sizes that do not fit
 */
export function seriesFromWindows(
  array: WindowsArray,
  names?: readonly string[],
  source = "<memory>",
): SeriesSet {
  const { data, windows, steps, channels, order = "C" } = array;
  const size = windows * steps * channels;
  if (data.length !== size || size === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${windows} windows of ${steps} steps and ${channels} channels have ${size} values, ` +
        `but there are ${data.length}.`,
    );
  }
  if (names && names.length !== channels) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: ${names.length} names were given for windows with ${channels} channels.`,
    );
  }
  const length = windows * steps;
  const columns = Array.from({ length: channels }, (_, channel) => {
    const name = names?.[channel] ?? `x${channel}`;
    if (channels === 1 && order === "C") return { kind: "numeric" as const, name, values: data };
    const values = new (data.constructor as Float64ArrayConstructor)(length);
    for (let window = 0; window < windows; window++) {
      for (let step = 0; step < steps; step++) {
        const at =
          order === "C"
            ? (window * steps + step) * channels + channel
            : window + windows * (step + steps * channel);
        values[window * steps + step] = data[at]!;
      }
    }
    return { kind: "numeric" as const, name, values };
  });
  return seriesOfSteps(makeTable(columns, source), steps);
}

/** A series from steps that are window after window, none of them sharing steps. */
export function seriesOfSteps(steps: Table, window: number): SeriesSet {
  const rowCount = steps.rowCount / window;
  const starts = Uint32Array.from({ length: rowCount }, (_, k) => k * window);
  return {
    kind: "series",
    rowCount,
    layout: { window, stride: window },
    starts,
    steps,
    source: steps.source,
  };
}

/**
 * The windows at `rows`, in that order, of the same steps; a row may occur more than once.
 * @throws HypersphereError `invalid-option` for a row out of range
 */
export function selectSeries(series: SeriesSet, rows: Int32Array | Uint32Array): SeriesSet {
  const starts = new Uint32Array(rows.length);
  rows.forEach((row, k) => {
    checkRow(series, row);
    starts[k] = series.starts[row]!;
  });
  return { ...series, rowCount: starts.length, starts };
}

/** How many windows after a window share steps with it, at most: ceil(window / stride) - 1 where all are there. */
export function overlapRows(series: SeriesSet): number {
  const starts = series.starts.slice().sort();
  let most = 0;
  let end = 0;
  for (let row = 0; row < starts.length; row++) {
    while (end < starts.length && starts[end]! - starts[row]! < series.layout.window) end++;
    most = Math.max(most, end - row - 1);
  }
  return most;
}

/**
 * The windows that share a step with any of `rows`, which are among them themselves; ascending.
 * @throws HypersphereError `invalid-option` for a row out of range
 */
export function windowsOverlapping(
  series: SeriesSet,
  rows: Int32Array | Uint32Array,
): Uint32Array<ArrayBuffer> {
  const { window } = series.layout;
  const begins = new Uint8Array(series.steps.rowCount);
  for (const row of rows) {
    checkRow(series, row);
    begins[series.starts[row]!] = 1;
  }
  // Two windows share a step if they begin less than a window apart: counts of chosen ones before each step tell.
  const before = new Uint32Array(begins.length + 1);
  for (let step = 0; step < begins.length; step++) before[step + 1] = before[step]! + begins[step]!;
  const found: number[] = [];
  for (let row = 0; row < series.rowCount; row++) {
    const start = series.starts[row]!;
    const from = Math.max(0, start - window + 1);
    const to = Math.min(begins.length, start + window);
    if (before[to]! > before[from]!) found.push(row);
  }
  return Uint32Array.from(found);
}

/** The windows of some stretches of the same steps, one every `stride` steps; no stretch may span two segments. */
export function windowsWithin(series: SeriesSet, stretches: readonly Segment[], stride: number): SeriesSet {
  const { layout } = series;
  const starts = stretches.flatMap(({ from, to }) =>
    Array.from(
      { length: Math.max(0, Math.floor((to - from - layout.window) / stride) + 1) },
      (_, k) => from + k * stride,
    ),
  );
  return { ...series, rowCount: starts.length, starts: Uint32Array.from(starts) };
}

/** As many windows as can be had of which no two share a step, in the order of their starts. */
export function windowsApart({ starts, layout }: SeriesSet): Uint32Array<ArrayBuffer> {
  let free = 0;
  return argsort(starts, "starts").filter((row) => {
    if (starts[row]! < free) return false;
    free = starts[row]! + layout.window;
    return true;
  });
}

/**
 * The row, of the table that the series was made from, with which a window is complete: the last in time of its last
 * step, or on a regular grid of the last step that has a row.
 */
export function lastRowOf({ starts, layout, rowSteps }: SeriesSet, window: number): number {
  const end = starts[window]! + layout.window - 1;
  if (rowSteps === undefined) return end;
  let [found, last] = [0, -1];
  rowSteps.forEach((step, row) => {
    if (step <= end && step >= last) [found, last] = [row, step];
  });
  return found;
}

function checkRow(series: SeriesSet, row: number): void {
  if (row >= 0 && row < series.rowCount) return;
  throw new HypersphereError(
    "invalid-option",
    `Window ${row} was asked for, but ${series.source} has windows 0 to ${series.rowCount - 1}.`,
  );
}
