import type { Season } from "../data/index.js";
import type { ColumnKind } from "../data/table/column-builder.js";
import type { DecimalMark } from "../text/number-notation.js";
import type { ReadControl } from "./byte-source.js";
import type { StallLimit } from "./limits.js";

/** How tables are read: rows, or the time steps of a series. Each concerns some formats and is refused for others. */
export interface TableReading extends StallLimit {
  /** Kinds of columns by name, where the reader is not to find out by itself. A model remembers them. */
  readonly columnTypes?: Readonly<Record<string, ColumnKind>> | undefined;
  /**
   * Cells that mean a missing value: texts as they are written, and numbers however they are written. Instead of the usual
   * ones (docs/reading.md); empty cells always do. A model remembers them.
   */
  readonly missing?: readonly string[] | undefined;
  /** The mark before the decimals of numbers in texts; found out by default, column by column. A model remembers it. */
  readonly decimal?: DecimalMark | undefined;
  /** One character between the fields of a text file; found out by default. */
  readonly delimiter?: string | undefined;
  /** Whether the first line names the columns; default true. Without it they are c0, c1, ... */
  readonly header?: boolean | undefined;
  /** Refuses tables with more columns; default 10 000, and Infinity for any number. */
  readonly maxColumns?: number | undefined;
}

/** What of the data says which rows are normal. */
export interface Labelling<File = string> {
  /** Column of the labels; by default the array y of an NPZ archive. Rows with an empty cell are unlabelled. */
  readonly labelColumn?: string | undefined;
  /** The label of normal rows; every other label then is an anomaly. */
  readonly normalLabel?: string | number | undefined;
  /** The label of anomalies; every other label then is normal. */
  readonly anomalyLabel?: string | number | undefined;
  /** The class that is normal, where images or windows have class numbers. */
  readonly normalClass?: number | undefined;
  /** File of the class numbers that belong to an IDX file; of a folder with both they are found. */
  readonly labels?: File | undefined;
  /** False reads no labels: what stands in their place need not be understood. Default true. */
  readonly labelled?: boolean | undefined;
}

/** How windows are cut from a table of time steps; any of them but `stride` makes a table a series. */
export interface SeriesCutting {
  /** True where nothing else says that the data are a series, such as windows that were cut already. */
  readonly series?: boolean | undefined;
  /** Time steps of a window; where it is not given, a table's is found from its values, see `findWindow`. */
  readonly window?: number | undefined;
  /** Time steps from one window to the next; default 1. For a model: as trained, but no more than the window. */
  readonly stride?: number | undefined;
  /** Column of time stamps: dates, or numbers. */
  readonly timeColumn?: string | undefined;
  /** Column that tells several series apart. */
  readonly entityColumn?: string | undefined;
  /** A longer time between rows breaks a series, as a number or such as "15min"; default 3 median steps. */
  readonly maxGap?: number | string | undefined;
  /** Brings irregular series to steps of this length, such as "10s". */
  readonly every?: number | string | undefined;
  /** What such a step shows between two rows; default "last". */
  readonly fill?: "last" | "linear" | undefined;
  /** Compares windows with normal ones of the same part of a day, or of a week, by the time column. */
  readonly season?: Season | undefined;
}

/** How images are read. */
export interface ImageReading {
  /** Converts all images to grey (1) or colour (3); default grey where all are. */
  readonly channels?: 1 | 3 | undefined;
  /** What becomes of files that cannot be decoded; default "stop". */
  readonly onCorrupt?: "stop" | "skip" | undefined;
  /** Refuses images with more pixels; default 2^26 (8192 x 8192), and Infinity for any number. */
  readonly maxPixels?: number | undefined;
}

/**
 * Everything that can be said of data that are opened; what concerns other data than those found is refused.
 * @typeParam File how other files are named: by their paths in Node, as blobs in a browser
 */
export interface OpenOptions<File = string>
  extends TableReading,
    Labelling<File>,
    SeriesCutting,
    ImageReading,
    ReadControl {
  /** Columns to read, and columns to leave out. Labels, names, time and entity are kept in any case. */
  readonly columns?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Column whose texts name the rows. */
  readonly idColumn?: string | undefined;
  /**
   * Column that tells apart what a fleet has models for: `Samples.entities` then says which of them each row is of. It is no
   * feature. Of a series it is the entity column.
   */
  readonly perEntity?: string | undefined;
  /** Column that says train or test (also 0 or 1) of each row; by default the array split of an NPZ archive. */
  readonly splitColumn?: string | undefined;
  /** Of data with a split of their own, such as folders train/ and test/, this part alone. */
  readonly part?: "train" | "test" | undefined;
}
