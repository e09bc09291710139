import type { GivenSplit } from "../../data/samples.js";
import type { ColumnKind } from "../../data/table/column-builder.js";
import { makeTable } from "../../data/table/make-table.js";
import { saidOfCells } from "../../data/table/reading.js";
import type { Column, Table } from "../../data/table/table.js";
import { HypersphereError } from "../../errors.js";
import { listNames } from "../../text/closest-name.js";
import { MissingTokens } from "../../text/missing-tokens.js";
import type { DecimalMark, NumberNotation } from "../../text/number-notation.js";
import { shown } from "../../text/shown.js";
import type { ByteSource, ReadControl } from "../byte-source.js";
import { collect } from "../bytes.js";
import { checkFormat, detectFormat, type TableFormat } from "../detect-format.js";
import type { Inflate } from "../inflate.js";
import type { StallLimit } from "../limits.js";
import { type Opened, openSource, packedIn, randomAccess } from "../opened.js";
import type { Unpacking } from "../platform.js";
import { ColumnChoice, type ColumnSelection } from "./column-choice.js";
import type { ReadColumns, TextReadOptions } from "./column-set.js";
import { readCsv } from "./csv-read.js";
import { readJsonLines } from "./jsonl-read.js";
import type { ParquetJob } from "./parquet/job.js";

export interface ReadTableOptions extends ReadControl, StallLimit, ColumnSelection {
  /** Default: by content, then by the name's ending. gzip is recognised in every case. */
  format?: TableFormat | undefined;
  /** Overrides the inferred kind of columns (text formats and Parquet). */
  columnTypes?: Readonly<Record<string, ColumnKind>> | undefined;
  /** Cells that mean "no value", instead of the usual ones (docs/reading.md); empty cells always do. */
  missing?: readonly string[] | undefined;
  /** Further texts that do where the other cells are numbers, in any case; default: none where `missing` is given. */
  missingAmongNumbers?: readonly string[] | undefined;
  /** Whether `missing` comes from a model, of whose tokens not all need to occur. */
  missingRemembered?: boolean | undefined;
  /** The mark before decimals in texts; found out by default, column by column. */
  decimal?: DecimalMark | undefined;
  /** How numbers are written in columns of which that is known. */
  notations?: Readonly<Record<string, NumberNotation | "plain">> | undefined;
  /** Columns that are no features: their texts are taken as they are. */
  verbatim?: readonly string[] | undefined;
  /** One character; default: tab for .tsv, otherwise found out from the first line among comma, tab, ; and |. */
  delimiter?: string | undefined;
  /** Whether the first line of a delimited file names the columns; default true. Without one they are c0, c1, ... */
  header?: boolean | undefined;
  /** Which arrays of an NPZ archive hold features and labels; default X and y. */
  array?: string | undefined;
  labelArray?: string | undefined;
  /** Stops after so many rows. */
  maxRows?: number | undefined;
  /** Refuses tables with more columns; default 10 000, and Infinity for any number. */
  maxColumns?: number | undefined;
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
  unpacking: Unpacking,
): Promise<ReadTable> {
  const { inflate } = unpacking;
  checkOptions(options);
  const opened = await openSource(source, inflate, options);
  const format = options.format ?? (await formatOf(source, opened));
  const missing = new MissingTokens(options.missing, options.missingAmongNumbers);
  const read = await readAs(format, source, opened, options, missing, unpacking);
  const reading = saidOfCells(options);
  const warnings = options.missingRemembered ? [] : neverMet(missing, source);
  return {
    ...{ ...read, ...(reading && { reading }) },
    warnings: [...read.warnings, ...warnings, ...ofDelimitedText(format, source, options)],
  };
}

/** Other files of the same call may be delimited text, for which these are said. */
function ofDelimitedText(
  format: TableFormat,
  { name }: ByteSource,
  { delimiter, header }: ReadTableOptions,
): string[] {
  if (format === "csv" || format === "tsv") return [];
  const said = [
    ...(delimiter === undefined ? [] : ['Option "delimiter"']),
    ...(header === false ? ['Option "header: false"'] : []),
  ];
  return said.map((each) => `${each} says nothing of ${name}, which is no delimited text (CSV, TSV).`);
}

function readAs(
  format: TableFormat,
  source: ByteSource,
  opened: Opened,
  options: ReadTableOptions,
  missing: MissingTokens,
  unpacking: Unpacking,
): Promise<ReadTable> {
  const { inflate } = unpacking;
  switch (format) {
    case "parquet":
      return fromParquet(source, opened, options, missing, unpacking);
    case "npz":
    case "npy":
      return fromArrays(source, opened, format, options, missing, inflate);
    default:
      return fromText(source, opened, format, options, missing, inflate);
  }
}

/** A token that no cell is may be misspelt. */
function neverMet({ neverMet }: MissingTokens, { name }: ByteSource): string[] {
  if (neverMet.length === 0) return [];
  const are = neverMet.length === 1 ? "a missing value, but no cell" : "missing values, but no cells";
  return [
    `Option "missing" names ${listNames(neverMet)} as ${are} of ${name} ${neverMet.length === 1 ? "is that" : "are those"}.`,
  ];
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
  missing: MissingTokens,
  inflate: Inflate,
): Promise<ReadTable> {
  const choice = new ColumnChoice(options, source.name);
  const read = (bytes: AsyncIterable<Uint8Array>, only?: ReadonlySet<string>): Promise<ReadColumns> => {
    const common = {
      source: source.name,
      choice,
      ...cellReading(options, missing),
      maxRows: options.maxRows,
      maxColumns: options.maxColumns,
      maxUnpacked: options.maxUnpacked,
      only,
      rereadable: source.slice !== undefined,
    };
    if (format === "jsonl") return readJsonLines(bytes, common);
    const delimiter = options.delimiter ?? (format === "tsv" ? "\t" : undefined);
    return readCsv(bytes, { ...common, delimiter, header: options.header ?? true });
  };
  const first = await read(opened.bytes);
  const columns = [...first.columns];
  const warnings = new Set(first.warnings);
  if (first.spoiled.length > 0) {
    const again = await openSource(source, inflate, options);
    const second = await read(again.bytes, new Set(first.spoiled));
    for (const column of second.columns) {
      if (column) columns[first.names.indexOf(column.name)] = column;
    }
    for (const warning of second.warnings) warnings.add(warning);
  }
  const there = columns.filter((column) => column !== undefined);
  return withWarnings(makeTable(there, source.name), [...warnings, ...choice.warnings()]);
}

/** What of the options says how cells become values. */
const cellReading = (
  { columnTypes, decimal, notations, verbatim }: ReadTableOptions,
  missing: MissingTokens,
): Pick<TextReadOptions, "columnTypes" | "decimal" | "notations" | "verbatim" | "missing"> => ({
  ...{ columnTypes, decimal, notations, missing },
  verbatim: verbatim && new Set(verbatim),
});

async function fromParquet(
  source: ByteSource,
  opened: Opened,
  options: ReadTableOptions,
  missing: MissingTokens,
  unpacking: Unpacking,
): Promise<ReadTable> {
  // Loaded here and not before: its decompressors take longer to start than a small CSV to read.
  const decode = unpacking.decodeParquet ?? (await import("./parquet-decode.js")).decodeParquet;
  const { signal, onProgress } = options;
  // Columns tell how far it is, for parts of the file are read in any order.
  const data = await randomAccess(source, opened, { signal });
  const { columns, warnings, missingMet } = await decode(data, jobOf(options, source.name), {
    onProgress: opened.plain && source.slice ? onProgress : undefined,
    signal,
  });
  missing.meet(missingMet);
  return withWarnings(makeTable(columns, source.name), [...warnings]);
}

/** What of the options a decoder needs: no functions, and nothing that a caller has put beside them. */
function jobOf(options: ReadTableOptions, source: string): ParquetJob {
  const { columns, exclude, besides, needed, columnTypes, missing, missingAmongNumbers } = options;
  const { decimal, notations, verbatim, maxRows, maxColumns, maxUnpacked, maxStall } = options;
  return {
    ...{ source, columns, exclude, besides, needed, columnTypes, missing, missingAmongNumbers },
    ...{ decimal, notations, verbatim, maxRows, maxColumns, maxUnpacked, maxStall },
  };
}

async function fromArrays(
  source: ByteSource,
  opened: Opened,
  format: "npz" | "npy",
  options: ReadTableOptions,
  missing: MissingTokens,
  inflate: Inflate,
): Promise<ReadTable> {
  const { readNpyTable, readNpzTable } = await import("../numpy/npz-read.js");
  const { maxRows } = options;
  const choice = new ColumnChoice(options, source.name);
  const first = (whole: Table): Table => {
    const table = options.missing === undefined ? whole : withoutMissing(whole, missing);
    return maxRows === undefined ? table : firstRows(table, maxRows);
  };
  if (format === "npy") {
    const bytes = await collect(opened.bytes, source.name);
    const table = readNpyTable(bytes, source.name, options, choice, packedIn(source, opened, options));
    return withWarnings(first(table), choice.warnings());
  }
  const archive = await randomAccess(source, opened, options);
  const zip = { archive, inflate, control: options };
  const { table, labelColumn, split, warnings } = await readNpzTable(zip, options, choice);
  return {
    ...withWarnings(first(table), [...warnings, ...choice.warnings()]),
    labelColumn,
    split: maxRows === undefined ? split : undefined,
  };
}

/** Numbers that mean "no value" become NaN; texts become missing. Columns without any are kept as they are. */
function withoutMissing(table: Table, missing: MissingTokens): Table {
  const columns = table.columns.map((column): Column => {
    if (column.kind === "numeric") {
      if (!missing.hasNumbers || !column.values.some((value) => missing.hasNumber(value))) return column;
      return {
        ...column,
        values: column.values.map((value) => (missing.hasNumber(value) ? Number.NaN : value)),
      };
    }
    const gone = column.levels.map((level) => missing.has(level.trim()));
    if (!gone.includes(true)) return column;
    return { ...column, codes: column.codes.map((code) => (code >= 0 && gone[code] ? -1 : code)) };
  });
  return { ...table, columns };
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

function checkOptions({ delimiter, decimal, maxRows, columnTypes, format }: ReadTableOptions): void {
  if (decimal !== undefined && decimal !== "." && decimal !== ",") {
    throw new HypersphereError(
      "invalid-option",
      `Option "decimal" is ${JSON.stringify(decimal)}, expected "." or ",".`,
    );
  }
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
