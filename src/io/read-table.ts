import type { GivenSplit } from "../data/samples.js";
import type { ColumnKind } from "../data/table/column-builder.js";
import { makeTable } from "../data/table/make-table.js";
import type { Column, Table } from "../data/table/table.js";
import { HypersphereError } from "../errors.js";
import {
  type ByteSource,
  byteSource,
  collect,
  gunzipped,
  type Peeked,
  peek,
  type ReadProgress,
} from "./byte-source.js";
import type { ReadColumns } from "./column-set.js";
import { readCsv } from "./csv-read.js";
import { checkFormat, detectFormat, isGzip, type TableFormat } from "./format.js";
import { readJsonLines } from "./jsonl-read.js";
import { readNpyTable, readNpzTable } from "./npz-read.js";

export interface ReadTableOptions {
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
  onProgress?: ((progress: ReadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
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
 * Reads a table from a file, from standard input ("-") or from a stream: CSV and the like, JSON lines, Parquet, NPY and NPZ,
 * the text formats also compressed by gzip. Text is read as a stream, holding little more than the columns; the
 * other formats from a stream are held in memory whole.
 *
 * @example
 * const table = await readTable("sensors.csv.gz", { columnTypes: { machine: "categorical" } });
 *
 * @throws HypersphereError `io` when the file cannot be had, `unreadable-data` when it is not what it seems to be,
 * `unfit-data` when it holds no table, `invalid-option`, `aborted`
 */
export async function readTable(
  source: string | NodeJS.ReadableStream,
  options: ReadTableOptions = {},
): Promise<ReadTable> {
  checkOptions(options);
  const bytes = await byteSource(source, options);
  const opened = await openData(bytes);
  const format = options.format ?? (await formatOf(bytes, opened));
  switch (format) {
    case "parquet":
      return fromParquet(bytes, opened, options);
    case "npz":
    case "npy":
      return fromArrays(bytes, opened, format, options);
    default:
      return fromText(bytes, opened, format, options);
  }
}

const sniffedBytes = 4096;

export interface Opened extends Peeked {
  /** The bytes of the table are those of the file: it was not compressed. */
  readonly plain: boolean;
}

/** @throws HypersphereError `unreadable-data` for no bytes at all, `io` */
export async function openData(source: ByteSource): Promise<Opened> {
  const raw = await peek(source.open(), sniffedBytes);
  if (raw.head.length === 0) {
    throw new HypersphereError("unreadable-data", `${source.name} is empty.`, {
      hint: "Was it written to the end?",
    });
  }
  if (!isGzip(raw.head)) return { ...raw, plain: true };
  return { ...(await peek(gunzipped(raw.bytes, source.name), sniffedBytes)), plain: false };
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
  opened: Peeked,
  format: "csv" | "tsv" | "jsonl",
  options: ReadTableOptions,
): Promise<ReadTable> {
  const read = (bytes: AsyncIterable<Uint8Array>, only?: ReadonlySet<string>): Promise<ReadColumns> => {
    const common = {
      source: source.name,
      columnTypes: options.columnTypes,
      missing: options.missing && new Set(options.missing),
      maxRows: options.maxRows,
      only,
      rereadable: source.file !== undefined,
    };
    if (format === "jsonl") return readJsonLines(bytes, common);
    const delimiter = options.delimiter ?? (format === "tsv" ? "\t" : undefined);
    return readCsv(bytes, { ...common, delimiter, header: options.header ?? true });
  };
  const first = await read(opened.bytes);
  const columns = [...first.columns];
  if (first.spoiled.length > 0) {
    const second = await read((await openData(source)).bytes, new Set(first.spoiled));
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
  const { parquetFile, readParquet } = await import("./parquet-read.js");
  const read = async (file: Parameters<typeof readParquet>[0], progress: boolean) => {
    const { columns, warnings } = await readParquet(file, {
      source: source.name,
      columnTypes: options.columnTypes,
      missing: options.missing && new Set(options.missing),
      maxRows: options.maxRows,
      rereadable: true,
      onProgress: progress ? options.onProgress : undefined,
      signal: options.signal,
    });
    return withWarnings(makeTable(columns as Column[], source.name), warnings);
  };
  if (source.file !== undefined && opened.plain) {
    await opened.close();
    const file = await parquetFile(source.file);
    try {
      return await read(file, true);
    } finally {
      await file.close();
    }
  }
  const bytes = await collect(opened.bytes);
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return read({ byteLength, slice: (start, end) => whole.slice(start, end) }, false);
}

async function fromArrays(
  source: ByteSource,
  opened: Peeked,
  format: "npz" | "npy",
  options: ReadTableOptions,
): Promise<ReadTable> {
  const bytes = await collect(opened.bytes);
  const { array, labelArray, signal, maxRows } = options;
  const settings = { source: source.name, array, labelArray, signal };
  const first = (table: Table): Table => (maxRows === undefined ? table : firstRows(table, maxRows));
  if (format === "npy") return withWarnings(first(readNpyTable(bytes, settings)), []);
  const { table, labelColumn, split } = await readNpzTable(bytes, settings);
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
      `The delimiter must be one character, neither a quote nor a line end, but is ${JSON.stringify(delimiter)}.`,
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
