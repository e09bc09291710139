import type { Reading } from "../table/reading.js";
import type { Table } from "../table/table.js";
import type { Season } from "./season.js";
import type { Segment } from "./segments.js";
import type { TimeUnit } from "./time-units.js";

/** How the length of a window was found, where nobody gave it; neither field where nothing repeats. */
export interface WindowRecord {
  /** Steps after which the series repeats. */
  readonly period?: number;
  /** How alike the series is to itself a period later, up to 1: the mean over the channels that have the period. */
  readonly autocorrelation?: number;
}

/** How windows are cut from a table of time steps. A model remembers it, and cuts new data alike. */
export interface SeriesLayout {
  /** Steps of a window. */
  readonly window: number;
  /** How `window` was found in the training data; absent where it was given. */
  readonly found?: WindowRecord;
  /** Steps from the start of one window to that of the next. */
  readonly stride: number;
  /** Column of time stamps; without one, rows are in the order of time. */
  readonly timeColumn?: string;
  /** Column that tells several series apart. */
  readonly entityColumn?: string;
  /**
   * What the time column counts: seconds (also for dates), milliseconds, microseconds, nanoseconds since 1970, or a count
   * of its own. Times in another unit are converted. Models from before it was kept take their data's own.
   */
  readonly timeUnit?: TimeUnit;
  /** Median time between two rows of a series, in `timeUnit`. Models from before it was kept lack it. */
  readonly usualStep?: number;
  /** Longest time between two steps of one segment, in `timeUnit`. */
  readonly maxGap?: number;
  /** Time between the steps of a regular grid to which the series are brought, in `timeUnit`. */
  readonly every?: number;
  /** What a grid's step between two rows shows: the row before it (the default), or a value on the line between both. */
  readonly fill?: "last" | "linear";
  /** Steps that the level of a column is the median of, which is taken out of its values: the columns hold what is left. */
  readonly detrend?: number;
  /** What a window's score is compared within: windows that end at the same part of a day or of a week. */
  readonly season?: Season;
}

/**
 * Windows of one or several series as observations. All windows are views of the same time steps: a step belongs to
 * every window that covers it, and is stored once.
 */
export interface SeriesSet {
  readonly kind: "series";
  /** Windows. */
  readonly rowCount: number;
  readonly layout: SeriesLayout;
  /** First step of each window, a row number of `steps`. A window never spans two entities or a gap. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** One row per time step, entity after entity and each in the order of time; its columns are the channels. */
  readonly steps: Table;
  /** Step of each row of the table that the series was made from; without it the rows are the steps. */
  readonly rowSteps?: Uint32Array<ArrayBuffer>;
  /** Steps without a gap between them and of one entity, of a series that was cut from a table. */
  readonly segments?: readonly Segment[];
  /** Steps of each entity, where a column tells several apart. */
  readonly entities?: readonly Segment[];
  /**
   * Seconds since 1970 of each step by the clock that the data state, where `layout.season` asks for them. Those of steps that
   * end no window may be NaN.
   */
  readonly times?: Float64Array;
  /** Where the series came from, for messages. */
  readonly source: string;
  /** How the table of its steps was told to be read, where it was. */
  readonly reading?: Reading | undefined;
  /**
   * Set where cells of several rows met in a step (by `detrend`, or by a grid between rows) before anybody said which cells
   * are missing. A model that knows, and knows the kinds of the columns, has its table cut again.
   */
  readonly cutAgain?: CutAgain | undefined;
}

/** The table that a series was cut from, and the steps of that table once more cells of it are known to be missing. */
export interface CutAgain {
  readonly table: Table;
  steps(told: Table): Table;
}

/** The time steps of a series in their order, and the rows that show them. */
export interface Timeline {
  /** Time steps in all. */
  readonly steps: number;
  /** Those without a gap between them and of one entity, ascending. */
  readonly segments: readonly Segment[];
  /** Steps of each entity, where there are several series. */
  readonly entities?: readonly Segment[];
  /** The step of each row. */
  readonly rowSteps: Uint32Array;
}
