import type { GivenSplit } from "../../data/samples.js";
import type { ColumnKind } from "../../data/table/column-builder.js";
import { makeTable } from "../../data/table/make-table.js";
import type { Column, Table } from "../../data/table/table.js";
import { HypersphereError } from "../../errors.js";
import { shown } from "../../text/shown.js";
import type { ByteSource, ReadControl } from "../byte-source.js";
import { collect } from "../bytes.js";
import { checkFormat, detectFormat, type TableFormat } from "../detect-format.js";
import type { Inflate } from "../inflate.js";
import { readNpyTable, readNpzTable } from "../numpy/npz-read.js";
import { type Opened, openSource, randomAccess } from "../opened.js";
import type { ReadColumns } from "./column-set.js";
import { readCsv } from "./csv-read.js";
import { readJsonLines } from "./jsonl-read.js";

export interface ReadTableOptions extends ReadControl {
  /** Default: by content, then by the name's ending. gzip is recognised in every case. */
  format?: TableFormat | undefined;
  /** Overrides the inferred kind of columns (text formats and Parquet). */
  columnTypes?: Readonly<Record<string, ColumnKind>> | undefined;
  /** Texts that mean "no value"; default `defaultMissingTokens`. Empty cells always do. */
  missing?: readonly string[] | undefined;
  /** One character; default: tab for .tsv, otherwise found out from the first line among comma, tab, ; and |. */
  delimiter?: string | undefined;
  /** Whether the first line of a delimited file names the columns; default true. Without one they are c0, c1, ... */
  header?: boolean | undefined;
  /** Which arrays of an NPZ archive hold features and labels; default X and y. */
  array?: string | undefined;
  labelArray?: string | undefined;
  /** Stops after so many rows. */
  maxRows?: number | undefined;
}

/** A table, and sentences about what was odd in reading it (usually none). */
export interface ReadTable extends Table {
  readonly warnings: string[];
  /** The column of labels, where the format says which it is: y of an NPZ archive. */
  readonly labelColumn?: string | undefined;
  /** The data set's own split, where the format has one: the array split of an NPZ archive. */
  readonly split?: GivenSplit | undefined;
}

/**
 * Reads a table: CSV and the like, JSON lines, Parquet, NPY and NPZ, the text formats also compressed by gzip. Text is
 * read as a stream, holding little more than the columns; of Parquet and NPZ the parts are read that are needed, but a
 * stream of them is held in memory whole.
 *
 * @throws HypersphereError `io` when the data cannot be had, `unreadable-data` when they are not what they seem to be,
 * `unfit-data` when they make no table, `invalid-option`, `aborted`
 */
export async function readTableFrom(
  source: ByteSource,
  options: ReadTableOptions,
  inflate: Inflate,
): Promise<ReadTable> {
  checkOptions(options);
  const opened = await openSource(source, inflate, options);
  const format = options.format ?? (await formatOf(source, opened));
  switch (format) {
    case "parquet":
      return fromParquet(source, opened, options);
    case "npz":
    case "npy":
      return fromArrays(source, opened, format, options, inflate);
    default:
      return fromText(source, opened, format, options, inflate);
  }
}

async function formatOf(source: ByteSource, opened: Opened): Promise<TableFormat> {
  try {
    return detectFormat(source.name, opened.head);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function fromText(
  source: ByteSource,
  opened: Opened,
  format: "csv" | "tsv" | "jsonl",
  options: ReadTableOptions,
  inflate: Inflate,
): Promise<ReadTable> {
  const read = (bytes: AsyncIterable<Uint8Array>, only?: ReadonlySet<string>): Promise<ReadColumns> => {
    const common = {
      source: source.name,
      columnTypes: options.columnTypes,
      missing: options.missing && new Set(options.missing),
      maxRows: options.maxRows,
      only,
      rereadable: source.slice !== undefined,
    };
    if (format === "jsonl") return readJsonLines(bytes, common);
    const delimiter = options.delimiter ?? (format === "tsv" ? "\t" : undefined);
    return readCsv(bytes, { ...common, delimiter, header: options.header ?? true });
  };
  const first = await read(opened.bytes);
  const columns = [...first.columns];
  if (first.spoiled.length > 0) {
    const again = await openSource(source, inflate, options);
    const second = await read(again.bytes, new Set(first.spoiled));
    for (const column of second.columns) {
      if (column) columns[first.names.indexOf(column.name)] = column;
    }
  }
  return withWarnings(makeTable(columns as Column[], source.name), first.warnings);
}

async function fromParquet(
  source: ByteSource,
  opened: Opened,
  options: ReadTableOptions,
): Promise<ReadTable> {
  // Loaded here and not before: its decompressors take longer to start than a small CSV to read.
  const { readParquet } = await import("./parquet-read.js");
  const { signal } = options;
  // Columns tell how far it is, for parts of the file are read in any order.
  const data = await randomAccess(source, opened, { signal });
  const { columns, warnings } = await readParquet(data, {
    source: source.name,
    columnTypes: options.columnTypes,
    missing: options.missing && new Set(options.missing),
    maxRows: options.maxRows,
    rereadable: true,
    onProgress: opened.plain && source.slice ? options.onProgress : undefined,
    signal,
  });
  return withWarnings(makeTable(columns as Column[], source.name), warnings);
}

async function fromArrays(
  source: ByteSource,
  opened: Opened,
  format: "npz" | "npy",
  options: ReadTableOptions,
  inflate: Inflate,
): Promise<ReadTable> {
  const { maxRows, signal } = options;
  const first = (table: Table): Table => (maxRows === undefined ? table : firstRows(table, maxRows));
  if (format === "npy") {
    return withWarnings(first(readNpyTable(await collect(opened.bytes), source.name)), []);
  }
  const archive = await randomAccess(source, opened, options);
  const { table, labelColumn, split } = await readNpzTable({ archive, inflate, signal }, options);
  return { ...withWarnings(first(table), []), labelColumn, split: maxRows === undefined ? split : undefined };
}

function firstRows(table: Table, count: number): Table {
  const columns = table.columns.map(
    (column): Column =>
      column.kind === "numeric"
        ? { ...column, values: column.values.subarray(0, count) }
        : { ...column, codes: column.codes.subarray(0, count) },
  );
  return { ...table, rowCount: Math.min(table.rowCount, count), columns };
}

function withWarnings(table: Table, warnings: string[]): ReadTable {
  return { ...table, warnings };
}

function checkOptions({ delimiter, maxRows, columnTypes, format }: ReadTableOptions): void {
  if (format !== undefined) checkFormat(format);
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n]/.test(delimiter))) {
    throw new HypersphereError(
      "invalid-option",
      `The delimiter must be one character, neither a quote nor a line end, but is ${shown(delimiter)}.`,
      { hint: 'For tabs use the tab character itself, "\\t".' },
    );
  }
  if (maxRows !== undefined && !(Number.isInteger(maxRows) && maxRows > 0)) {
    throw new HypersphereError(
      "invalid-option",
      `maxRows must be a whole number above 0, but is ${maxRows}.`,
    );
  }
  const typed = Object.keys(columnTypes ?? {});
  if (typed.length > 0 && (format === "npz" || format === "npy")) {
    throw new HypersphereError("invalid-option", "The columns of NPY and NPZ files have types already.");
  }
}
