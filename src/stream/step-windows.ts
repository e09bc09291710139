import {
  type Column,
  fromMicroseconds,
  type SeriesLayout,
  type SeriesSet,
  stepsBefore,
  type Table,
  toMicroseconds,
} from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { ReadRows } from "./read-rows.js";
import { SeriesLevels } from "./series-levels.js";
import type { StreamClock } from "./stream-clock.js";

/** What a stream keeps of a cell: null where it is missing. */
export type Cell = number | string | null;

/** What a stream remembers of one series: enough to make the next window. */
export interface History {
  /** Of its last step, in microseconds since 1970 or as counted; null where the model knows no times. */
  readonly time: number | null;
  /** Steps since the series began. */
  readonly steps: number;
  /** The last steps without a gap, oldest first: as many as windows to come depend on. */
  readonly cells: readonly (readonly Cell[])[];
  /** The last of them less their levels, where there are levels: it follows from the others, and need not be passed on. */
  readonly levels?: { readonly left: readonly (readonly Cell[])[]; readonly sliding: SeriesLevels };
}

/** A step among those of its series. */
export interface PlacedStep {
  readonly entity: string;
  /** Its number, from 0; a gap in time leaves out none. */
  readonly step: number;
  /** Whether a gap in time lies before it. */
  readonly afterGap: boolean;
  /** Whether it is the first of a series that was forgotten. */
  readonly anew: boolean;
  /** Place of the window that ends with it; undefined where the series is not long enough yet. */
  readonly window?: number;
  /** Steps that a window still needs. */
  readonly missing: number;
}

export interface PlacedSteps {
  /** By place among the given rows. */
  readonly steps: ReadonlyMap<number, PlacedStep>;
  readonly refused: ReadonlyMap<number, HypersphereError>;
  /** The windows that end with one of the steps; undefined where there are none. */
  readonly series: SeriesSet | undefined;
  /** What is remembered then, of the series that had a step. */
  readonly histories: ReadonlyMap<string, History>;
  /** Times between steps of one series. */
  readonly lengths: readonly number[];
}

/**
 * Cuts the windows that end with new steps, series by series: the same as `seriesFromTable` cuts, with a stride of one step,
 * from all steps together. Nothing but the clocks is changed, so that a step that fails later can be tried again.
 * @param clockOf drafts of the clocks that say which series are forgotten
 */
export function placeSteps(
  { table, places, entities, times }: ReadRows,
  layout: SeriesLayout,
  known: ReadonlyMap<string, History>,
  clockOf?: (entity: string) => StreamClock,
): PlacedSteps {
  const maxGap = layout.maxGap === undefined ? undefined : toMicroseconds(layout.maxGap, layout.timeUnit!);
  const cells = table === undefined ? [] : tableCells(table, layout);
  const growing = new Map<string, Growing>();
  const steps = new Map<number, PlacedStep & { readonly start?: number }>();
  const refused = new Map<number, HypersphereError>();
  const lengths: number[] = [];
  for (const [k, place] of places.entries()) {
    const entity = entities[k]!;
    const series = growing.get(entity) ?? goingOn(known.get(entity), table!, layout);
    growing.set(entity, series);
    const time = times?.[k] ?? null;
    const clock = clockOf?.(entity);
    const isLate = time !== null && series.time !== null && time < series.time;
    if (isLate && clock?.hasForgotten(entity) !== true) {
      refused.set(place, tooLate(entity));
      continue;
    }
    const anew = time !== null && clock?.hear(entity, time) === true;
    const afterGap =
      !anew && time !== null && series.time !== null && maxGap !== undefined && time - series.time > maxGap;
    if (anew) series.steps = 0;
    if (anew || afterGap) series.from = series.cells.length;
    series.cells.push(cells[k]!);
    series.levels?.sliding.next(series.cells, series.cells.length - 1, series.from, series.levels.left);
    series.clock.push(time ?? Number.NaN);
    if (time !== null && series.time !== null && !anew) lengths.push(time - series.time);
    series.time = time;
    const missing = Math.max(0, layout.window - (series.cells.length - series.from));
    const window = missing > 0 ? undefined : series.starts.push(series.cells.length - layout.window) - 1;
    steps.set(place, {
      entity,
      step: series.steps++,
      afterGap,
      anew,
      missing,
      ...(window !== undefined && { window }),
    });
  }
  const { series, offsets } = joined(growing, table, layout);
  const histories = new Map(
    [...growing].map(([entity, { time, steps: count, cells: all, from, levels }]) => [
      entity,
      {
        ...{ time, steps: count, cells: lastOf(all, from, remembered(layout)) },
        ...(levels && { levels: { ...levels, left: lastOf(levels.left, from, layout.window - 1) } }),
      },
    ]),
  );
  const placed = [...steps].map(([place, step]): [number, PlacedStep] => [
    place,
    step.window === undefined ? step : { ...step, window: offsets.get(step.entity)! + step.window },
  ]);
  return { steps: new Map(placed), refused, series, histories, lengths };
}

/** How many steps have to be remembered to make the next window. */
export const remembered = ({ window, detrend }: SeriesLayout): number =>
  window - 1 + (detrend === undefined ? 0 : stepsBefore({ detrend }));

/** A series while steps are added to it. */
interface Growing {
  time: number | null;
  steps: number;
  readonly cells: (readonly Cell[])[];
  /** Where the last stretch without a gap begins. */
  from: number;
  /** Of as many steps what is left without their levels, where these are taken out: of those in new windows. */
  readonly levels: { readonly left: (readonly Cell[])[]; readonly sliding: SeriesLevels } | undefined;
  /** Where windows begin. */
  readonly starts: number[];
  /** When each step was, in microseconds; NaN of those that are remembered: no new window ends with them. */
  readonly clock: number[];
}

function goingOn(known: History | undefined, table: Table, layout: SeriesLayout): Growing {
  const cells = [...(known?.cells ?? [])];
  return {
    ...{ time: known?.time ?? null, steps: known?.steps ?? 0, cells },
    ...{ from: 0, starts: [], clock: new Array<number>(cells.length).fill(Number.NaN) },
    levels:
      layout.detrend === undefined
        ? undefined
        : levelsOf(known, table, { ...layout, detrend: layout.detrend }),
  };
}

/** Where a series' levels stand: as they were left, or from what is remembered of the steps. */
function levelsOf(
  known: History | undefined,
  table: Table,
  layout: SeriesLayout & { readonly detrend: number },
): NonNullable<Growing["levels"]> {
  const cells = known?.cells ?? [];
  const numeric = channelsOf(table, layout).map(({ kind }) => kind === "numeric");
  const sliding = known?.levels?.sliding.copy(numeric);
  if (sliding !== undefined) {
    const { left } = known!.levels!;
    return { left: [...cells.slice(0, cells.length - left.length), ...left], sliding };
  }
  const isNumeric = numeric.map((is, k) => is && cells.every((row) => typeof row[k] !== "string"));
  const anew = { left: [] as (readonly Cell[])[], sliding: SeriesLevels.begin(layout, isNumeric) };
  cells.forEach((_, step) => anew.sliding.next(cells, step, 0, anew.left));
  return anew;
}

/** The last rows of a stretch, `most` of them at most. */
const lastOf = <T>(rows: readonly T[], from: number, most: number): T[] =>
  rows.slice(Math.max(from, rows.length - most));

/** The windows of all series in one set, and the place of each series' first. */
function joined(
  growing: ReadonlyMap<string, Growing>,
  table: Table | undefined,
  layout: SeriesLayout,
): { series: SeriesSet | undefined; offsets: Map<string, number> } {
  const offsets = new Map<string, number>();
  const cells: (readonly Cell[])[] = [];
  const starts: number[] = [];
  const clock: number[] = [];
  for (const [entity, { cells: own, starts: begins, clock: shown, levels }] of growing) {
    offsets.set(entity, starts.length);
    const [first] = begins;
    if (first === undefined) continue;
    for (const start of begins) starts.push(cells.length + start - first);
    for (const row of (levels?.left ?? own).slice(first)) cells.push(row);
    for (const micro of shown.slice(first)) clock.push(micro);
  }
  if (starts.length === 0 || table === undefined) return { series: undefined, offsets };
  const columns = channelsOf(table, layout).map((column, k) => columnLike(column, cells, k));
  const steps: Table = { kind: "table", rowCount: cells.length, columns, source: table.source };
  return {
    series: {
      kind: "series",
      rowCount: starts.length,
      layout,
      starts: Uint32Array.from(starts),
      steps,
      source: table.source,
      ...(layout.season !== undefined && {
        times: Float64Array.from(clock, (micro) => fromMicroseconds(micro, "seconds")),
      }),
    },
    offsets,
  };
}

const channelsOf = (table: Table, { timeColumn, entityColumn }: SeriesLayout): readonly Column[] =>
  table.columns.filter(({ name }) => name !== timeColumn && name !== entityColumn);

/** Row by row, the cells of the channels. */
function tableCells(table: Table, layout: SeriesLayout): Cell[][] {
  const channels = channelsOf(table, layout);
  return Array.from({ length: table.rowCount }, (_, row) =>
    channels.map((column): Cell => {
      if (column.kind === "categorical") return column.levels[column.codes[row]!] ?? null;
      const value = column.values[row]!;
      return Number.isNaN(value) ? null : value;
    }),
  );
}

/** Of the same kind, unless cells that are remembered are texts. */
function columnLike({ kind, name }: Column, cells: readonly (readonly Cell[])[], k: number): Column {
  const values = kind === "numeric" ? numbersOf(cells, k) : undefined;
  if (values !== undefined) return { kind: "numeric", name, values };
  const places = new Map<string, number>();
  const codes = Int32Array.from(cells, (row) => {
    const cell = row[k]!;
    if (cell === null) return -1;
    const text = String(cell);
    if (!places.has(text)) places.set(text, places.size);
    return places.get(text)!;
  });
  return { kind: "categorical", name, codes, levels: [...places.keys()] };
}

/** The k-th of each row; undefined where one is a text. */
function numbersOf(cells: readonly (readonly Cell[])[], k: number): Float64Array | undefined {
  const values = new Float64Array(cells.length);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row]![k]!;
    if (typeof cell === "string") return undefined;
    values[row] = cell ?? Number.NaN;
  }
  return values;
}

function tooLate(entity: string): HypersphereError {
  const whose = entity === "" ? "the series" : `series "${entity}"`;
  return new HypersphereError("unfit-data", `A row is of a time before that of the last step of ${whose}.`, {
    hint:
      "A stream goes forward in time; score late rows together with their neighbours from a file. If the clock was set back, " +
      "send times with their offset from UTC, such as 2024-10-27T02:00:00+01:00.",
  });
}
