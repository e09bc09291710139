import type { Values } from "../runtime/index.js";
import type { SchemaNotes } from "./raw-values.js";

/** Rows that one run of a graph takes. */
export interface Piece {
  /** Positions in the list of rows: `to` is excluded. */
  readonly from: number;
  readonly to: number;
  /** The inputs of the graph for these rows. */
  readonly feeds: Values;
}

/** Observations in the form in which a model's graph takes them. */
export interface RawRows {
  readonly rowCount: number;
  /** The listed rows, or all of them, in order, piece by piece: memory is bounded, and a run ends soon. */
  pieces(rows?: ArrayLike<number>): AsyncIterable<Piece> | Iterable<Piece>;
  notes(): SchemaNotes;
  /** Of windows of a series; absent for other rows. */
  readonly overlapping?: OverlappingRows;
}

/** Windows as the steps that they share, for a graph that `overSteps` has made. */
export interface OverlappingRows {
  /** Numbers of a window. */
  readonly numbers: number;
  /** All windows in order, at most `most` at a time: their steps, and where each of them begins. */
  pieces(most: number): Iterable<Piece>;
  /** How many steps of windows there are for each step of these pieces: 1 where none is shared. */
  shared(most: number): number;
}

/** Rows of moderate length that go through a graph at a time: what a network makes of them stays in a processor's cache. */
export const ROWS_PER_RUN = 1024;
/** Numbers of longer rows that do: what a network computes from an image or a window is many times larger. */
const NUMBERS_PER_RUN = 2 ** 19;

/** How many rows of that many numbers go through a network at a time. */
export function rowsPerRun(rowSize: number, most = ROWS_PER_RUN): number {
  return Math.max(1, Math.min(most, Math.floor(NUMBERS_PER_RUN / rowSize)));
}
