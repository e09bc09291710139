import type { Table } from "./table.js";

/**
 * Windows of one or several series as observations. All windows are views of the same time steps: a step belongs to
 * every window that covers it, and is stored once.
 */
export interface SeriesSet {
  readonly kind: "series";
  /** Windows. */
  readonly rowCount: number;
  /** Steps of a window. */
  readonly window: number;
  /** First step of each window, a row number of `steps`. A window never spans two entities or a gap. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** One row per time step, entity after entity and each in the order of time; its columns are the channels. */
  readonly steps: Table;
  /** Where the series came from, for messages. */
  readonly source: string;
}
