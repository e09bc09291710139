import { HypersphereError } from "../../errors.js";
import { listNames } from "../../text/closest-name.js";
import { dropColumns, selectRows } from "../table/select.js";
import type { Table } from "../table/table.js";
import { type FoundWindow, findWindow } from "./find-window.js";
import { checkLevel, withoutLevel } from "./level.js";
import { resample } from "./resample.js";
import { SEASONS, type Season } from "./season.js";
import {
  counted,
  type Entities,
  groupByEntity,
  medianStep,
  type Segment,
  samplingWarnings,
  splitAtGaps,
  stepLengths,
  stepWarnings,
} from "./segments.js";
import type { SeriesLayout, SeriesSet, WindowRecord } from "./series.js";
import { readTimes, showSpan, spanOf } from "./time.js";
import { sortByTime } from "./time-order.js";
import { fromMicroseconds, TIME_UNITS, type TimeUnit } from "./time-units.js";

export interface SeriesOptions {
  /** Steps of a window, from 1 on; found from the steps by `findWindow` where it is not given. */
  readonly window?: number | undefined;
  /** Steps from the start of one window to that of the next; default 1. */
  readonly stride?: number | undefined;
  /** Column of time stamps; default: rows are in the order of time. */
  readonly timeColumn?: string | undefined;
  /** Column that tells several series apart. */
  readonly entityColumn?: string | undefined;
  /** A longer step breaks a series; default 3 times the median step. A number, or a text such as "15min". */
  readonly maxGap?: number | string | undefined;
  /** Brings the series to steps of this length; default: rows are steps as they come. A number, or a text. */
  readonly every?: number | string | undefined;
  /** What a step of that grid shows between two rows; default "last". */
  readonly fill?: "last" | "linear" | undefined;
  /** Median step of the training data, in `timeUnit`: a warning says where that of these data differs. A layout has it. */
  readonly usualStep?: number | undefined;
  /**
   * Unit of the numbers in `maxGap` and `every`, and of times that do not tell theirs by their size; default: that of the
   * time column. A layout has it.
   */
  readonly timeUnit?: TimeUnit | undefined;
  /**
   * Compares the score of a window with those of normal windows that end at the same part of a day, or of a week; default: with all.
   * By the clock that the time column states, in UTC where it states an offset.
   */
  readonly season?: Season | undefined;
  /**
   * Takes slow drift out: numeric columns become their values less their level, the median of the last so many steps. From a
   * window's length on; default: values as they are.
   */
  readonly detrend?: number | undefined;
  /**
   * Puts every step of a segment that is as long as a window into one: by a last window at the segment's end, and by a
   * stride no longer than the window. For scoring; default false.
   */
  readonly cover?: boolean | undefined;
  /** Rows of the table from which a window is found, ascending, such as those for training; default all. */
  readonly learnedFrom?: ArrayLike<number> | undefined;
}

/** A series, and warnings about cutting it: gaps, irregular steps, segments too short for a window. */
export interface SeriesFromTable extends SeriesSet {
  readonly warnings: string[];
  readonly rowSteps: Uint32Array<ArrayBuffer>;
}

/** A step longer than this many median steps is a gap. */
const gapFactor = 3;

/**
 * Cuts windows from a table with one row per time step. Rows are grouped by the entity column and sorted by the time
 * column; both are no channels, every other column is one. No window spans a gap in time or two entities. Rows of
 * the same time stay steps of their own, in the order of the table.
 *
 * @example
 * const series = seriesFromTable(tableFromRows(readings), { window: 100, stride: 10, timeColumn: "timestamp" });
 *
 * @returns windows as views of the steps; `layout` holds the longest gap and the grid as numbers in units of the time
 * column (seconds for dates), with that unit, so that it cuts other data alike whatever the unit of their times
 * @throws HypersphereError `invalid-option`; `unfit-data` for cells that are no time, rows without an entity, times of which half are
 * the same, no column left as a channel, and when no segment is as long as a window
 */
export function seriesFromTable(table: Table, options: SeriesOptions): SeriesFromTable {
  checkOptions(options);
  const { stride = 1, timeColumn, entityColumn, fill, timeUnit, season, detrend, cover = false } = options;
  const { source } = table;
  if (table.rowCount === 0) throw noWindow([], options.window ?? 1, source, cover);
  const entities = groupByEntity(table, entityColumn);
  const named = [timeColumn, entityColumn].filter((name) => name !== undefined);
  const channels = named.length === 0 ? table : dropColumns(table, named);

  const warnings: string[] = [];
  let cut: Cut = cutAsTheyCome(channels, entities.order, entities.ranges);
  let apart = "";
  let layout: Omit<SeriesLayout, "window"> = { stride, ...(entityColumn !== undefined && { entityColumn }) };
  if (timeColumn !== undefined) {
    const times = readTimes(table, timeColumn, timeUnit);
    const unit = timeUnit ?? times.unit;
    if (season !== undefined && times.unit === "count") throw noClock(table, timeColumn, season);
    // Before times move on to where a clock was set back: its hours are those that it shows.
    const clock = season && times.values.slice();
    warnings.push(...times.warnings, ...sortByTime(entities, times, table, timeColumn));
    const lengths = stepLengths(entities, times);
    const median = medianStep(lengths, table, timeColumn);
    const every = options.every === undefined ? undefined : spanOf(options.every, times, "every", unit);
    const trained =
      options.usualStep === undefined ? undefined : spanOf(options.usualStep, times, "usualStep", unit);
    const usualStep = trained ?? median;
    const usual = Math.max(median ?? 0, every ?? 0);
    const maxGap =
      options.maxGap === undefined
        ? usual > 0
          ? gapFactor * usual
          : undefined
        : spanOf(options.maxGap, times, "maxGap", unit);
    if (median !== undefined && maxGap !== undefined) {
      if (trained !== undefined) warnings.push(...stepWarnings(median, { trained, every }, times, source));
      const regular = every !== undefined;
      warnings.push(...samplingWarnings({ lengths, median, maxGap, regular }, times, source));
      if (median > maxGap) {
        const training = trained === undefined ? "" : ` (in training ${showSpan(trained, times)})`;
        apart = `Its rows are ${showSpan(median, times)} apart${training}, and over ${showSpan(maxGap, times)} is a gap: are the times in another unit? If not: `;
      }
    }
    const segments = splitAtGaps(entities, times, maxGap ?? Number.POSITIVE_INFINITY);
    cut =
      every === undefined
        ? cutAsTheyCome(channels, entities.order, segments, clock)
        : resample(channels, entities.order, times, segments, every, fill ?? "last", clock);
    layout = {
      ...layout,
      timeColumn,
      timeUnit: unit,
      ...(usualStep !== undefined && { usualStep: fromMicroseconds(usualStep, unit) }),
      ...(maxGap !== undefined && { maxGap: fromMicroseconds(maxGap, unit) }),
      ...(every !== undefined && { every: fromMicroseconds(every, unit), fill: fill ?? "last" }),
      ...(season !== undefined && { season }),
    };
  }
  if (cut.hidden > 0) {
    warnings.push(
      `${source}: ${cut.hidden} of ${table.rowCount} rows fall between two steps of the grid and are not used; ` +
        'a shorter option "every" uses them.',
    );
  }
  const { window, ...found } =
    options.window === undefined ? foundIn(cut, options.learnedFrom) : { window: options.window };
  if (options.window === undefined) warnings.push(describeFound(window, found, source));
  const level = detrend === undefined ? undefined : { window, detrend };
  if (level !== undefined) checkLevel(level);
  const starts = windowStarts(cut.segments, window, stride, cover);
  if (starts.length === 0) throw noWindow(cut.segments, window, source, cover, apart);
  warnings.push(...shortWarnings(cut, entities, window, source));
  const { rowSteps } = cut;
  const steps = level === undefined ? cut.steps : withoutLevel(cut.steps, cut.segments, level);
  const lasts = lastStepsOf(cut, entities);
  const each = lasts.map((last, k): Segment => ({ from: k === 0 ? 0 : lasts[k - 1]! + 1, to: last + 1 }));
  return {
    kind: "series",
    rowCount: starts.length,
    layout: {
      window,
      ...layout,
      ...(detrend !== undefined && { detrend }),
      ...(options.window === undefined && { found }),
    },
    ...{ starts, steps, rowSteps, segments: cut.segments, source, warnings },
    ...(table.reading && { reading: table.reading }),
    ...(mixesRows(layout, level) &&
      table.reading?.missing === undefined && {
        cutAgain: { table, steps: (told: Table) => seriesFromTable(told, { ...options, window }).steps },
      }),
    ...(entityColumn !== undefined && { entities: each }),
    ...(cut.clock && { times: cut.clock.map((micro) => fromMicroseconds(micro, "seconds")) }),
  };
}

/** Whether a cell that nobody said is missing would be lost among others. */
const mixesRows = ({ fill }: Pick<SeriesLayout, "fill">, level: object | undefined): boolean =>
  fill === "linear" || level !== undefined;

/** The window that the steps suggest, of the rows that are learned from. */
function foundIn({ steps, segments, rowSteps }: Cut, rows: ArrayLike<number> | undefined): FoundWindow {
  const channels = steps.columns.flatMap((column) => (column.kind === "numeric" ? [column.values] : []));
  if (rows === undefined) return findWindow(channels, segments);
  // Steps of a grid that no row leads to belong to the stretch around them.
  const others = new Uint8Array(steps.rowCount);
  for (const step of rowSteps) others[step] = 1;
  for (let k = 0; k < rows.length; k++) others[rowSteps[rows[k]!]!] = 0;
  const parts: Segment[] = [];
  for (const { from, to } of segments) {
    let begin = from;
    for (let step = from; step <= to; step++) {
      if (step < to && others[step] === 0) continue;
      if (step > begin) parts.push({ from: begin, to: step });
      begin = step + 1;
    }
  }
  return findWindow(channels, parts);
}

function describeFound(window: number, { period, autocorrelation }: WindowRecord, source: string): string {
  const why =
    period === undefined
      ? "nothing in it repeats itself clearly"
      : `it repeats itself every ${counted(period, "step")}, with an autocorrelation of ${autocorrelation}`;
  return `${source}: a window has ${counted(window, "step")}, since ${why}; option "window" sets another length.`;
}

interface Cut {
  readonly steps: Table;
  readonly segments: readonly Segment[];
  readonly rowSteps: Uint32Array<ArrayBuffer>;
  readonly hidden: number;
  /** What the clock shows at each step, in microseconds, where it was asked for. */
  readonly clock?: Float64Array | undefined;
}

/**
 * Every row is a step. Columns of rows that are in order already are shared with the table.
 * @param clock of each row
 */
function cutAsTheyCome(
  channels: Table,
  order: Uint32Array<ArrayBuffer>,
  segments: readonly Segment[],
  clock?: Float64Array,
): Cut {
  const rowSteps = new Uint32Array(order.length);
  order.forEach((row, step) => {
    rowSteps[row] = step;
  });
  const inOrder = order.every((row, step) => row === step);
  return {
    steps: inOrder ? channels : selectRows(channels, order),
    ...{ segments, rowSteps, hidden: 0 },
    clock: clock && Float64Array.from(order, (row) => clock[row]!),
  };
}

function windowStarts(
  segments: readonly Segment[],
  window: number,
  stride: number,
  cover: boolean,
): Uint32Array<ArrayBuffer> {
  const step = cover ? Math.min(stride, window) : stride;
  // Windows of one segment: every `step`-th place, and with `cover` the last place as well.
  const countIn = ({ from, to }: Segment): number => {
    const places = to - from - window;
    return places < 0 ? 0 : (cover ? Math.ceil(places / step) : Math.floor(places / step)) + 1;
  };
  const starts = new Uint32Array(segments.reduce((sum, segment) => sum + countIn(segment), 0));
  let filled = 0;
  for (const segment of segments) {
    const count = countIn(segment);
    for (let k = 0; k < count; k++) starts[filled++] = Math.min(segment.from + k * step, segment.to - window);
  }
  return starts;
}

/** The last step of each entity. */
const lastStepsOf = ({ rowSteps }: Cut, { order, ranges }: Entities): number[] =>
  ranges.map(({ to }) => rowSteps[order[to - 1]!]!);

/** Segments without a window, and entities that have no other. */
function shortWarnings(cut: Cut, entities: Entities, window: number, source: string): string[] {
  const { names } = entities;
  const lastSteps = lastStepsOf(cut, entities);
  const seen = new Uint8Array(names.length);
  let [short, steps, entity] = [0, 0, 0];
  for (const { from, to } of cut.segments) {
    while (from > lastSteps[entity]!) entity++;
    if (to - from >= window) {
      seen[entity] = 1;
    } else {
      short++;
      steps += to - from;
    }
  }
  if (short === 0) return [];
  const warnings = [
    `${source}: ${short} of ${counted(cut.segments.length, "segment")}, with ${counted(steps, "step")}, ` +
      `${short === 1 ? "is" : "are"} shorter than a window of ${window} steps, and left out.`,
  ];
  const without = names.filter((_, entity) => seen[entity] === 0);
  if (without.length > 0) warnings.push(`${source}: no window comes from ${listNames(without)}.`);
  return warnings;
}

/**
 * @param cover whether a model is to score the steps, whose windows are as long as they are
 * @param apart why nearly every row is by itself
 */
function noWindow(
  segments: readonly Segment[],
  window: number,
  source: string,
  cover: boolean,
  apart = "",
): HypersphereError {
  const longest = segments.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const way = cover
    ? `Give at least ${counted(window, "row")} without a gap${apart === "" ? "" : ", at steps as in training"}`
    : `Choose a shorter window${segments.length > 1 ? ', or allow longer gaps (option "maxGap")' : ""}`;
  return new HypersphereError(
    "unfit-data",
    `${source}: no window of ${window} steps fits; the longest of ${counted(segments.length, "segment")} has ${longest}.`,
    { hint: `${apart}${way}.` },
  );
}

function noClock({ source }: Table, timeColumn: string, season: Season): HypersphereError {
  return new HypersphereError(
    "unfit-data",
    `${source}: the times in "${timeColumn}" are plain numbers, neither dates nor times since 1970: no ${season} is known of them.`,
    { hint: 'Give times as dates, or leave the option "season" out.' },
  );
}

function checkOptions({
  window,
  stride = 1,
  timeColumn,
  entityColumn,
  maxGap,
  every,
  fill,
  timeUnit,
  season,
}: SeriesOptions): void {
  for (const [name, value] of Object.entries({ window, stride })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new HypersphereError(
      "invalid-option",
      `${name} must be a whole number of steps from 1 on, but is ${value}.`,
    );
  }
  if (timeUnit !== undefined && !TIME_UNITS.includes(timeUnit)) {
    throw new HypersphereError(
      "invalid-option",
      `timeUnit is ${JSON.stringify(timeUnit)}, expected one of ${TIME_UNITS.join(", ")}.`,
    );
  }
  if (season !== undefined && !SEASONS.includes(season)) {
    throw new HypersphereError(
      "invalid-option",
      `season is ${JSON.stringify(season)}, expected one of ${SEASONS.join(", ")}.`,
    );
  }
  if (season !== undefined && timeColumn === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `season is "${season}", but no time column was named: nobody knows which step is of which hour.`,
      { hint: 'Name it (option "timeColumn").' },
    );
  }
  const timed = Object.entries({ maxGap, every }).find(([, value]) => value !== undefined);
  if (timed !== undefined && timeColumn === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `${timed[0]} is a length of time, but no time column was named.`,
      {
        hint: 'Name it (option "timeColumn").',
      },
    );
  }
  if (fill !== undefined && every === undefined) {
    throw new HypersphereError(
      "invalid-option",
      "fill says how a regular grid is filled, but `every` does not ask for one.",
    );
  }
  if (timeColumn !== undefined && timeColumn === entityColumn) {
    throw new HypersphereError("invalid-option", `"${timeColumn}" cannot be both time and entity column.`);
  }
}
