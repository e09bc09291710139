import type { ParquetParsers } from "hyparquet";
import { ColumnBuilder } from "../../data/table/column-builder.js";
import { checkColumnTypes } from "../../data/table/column-types.js";
import type { ColumnWarnings } from "../../data/table/column-warnings.js";
import { joinedWarnings } from "../../data/table/joined-warnings.js";
import type { Column } from "../../data/table/table.js";
import { appendValue } from "../../data/table/table-from.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import type { MissingTokens } from "../../text/missing-tokens.js";
import { shortestFloat } from "../../text/shortest-float.js";
import { byteProgress } from "../byte-source.js";
import { checkColumnCount, checkUnpacked } from "../limits.js";
import type { RandomAccess } from "../opened.js";
import { newBuilder, type ReadColumns, type TextReadOptions } from "./column-set.js";
import { chunkPages, type DecodedPage } from "./parquet/chunk-pages.js";
import { inPart } from "./parquet/damage.js";
import { type ParquetFooter, readFooter } from "./parquet/footer.js";
import type { ParquetControl } from "./parquet/job.js";
import { ReadAhead } from "./parquet/read-ahead.js";
import { rangeCheck, timeCheck } from "./parquet/statistics.js";

export interface ParquetReadOptions extends TextReadOptions, ParquetControl {}

/** Times are seconds since 1970 (UTC), as numbers, whatever their unit in the file. */
const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => Number(value) / 1e3,
  timestampFromMicroseconds: (value) => Number(value) / 1e6,
  timestampFromNanoseconds: (value) => Number(value) / 1e9,
  dateFromDays: (value) => value * 86400,
};

/** Bytes that are decoded before others get a turn: whoever stops the reading has to be heard. */
const turnBytes = 2 ** 22;

/** What a cell takes in memory. */
const bytesPerCell = 8;

/**
 * Reads a Parquet file column by column and row group by row group. FLOAT columns stay float32; integers, decimals,
 * doubles, dates and times (seconds since 1970) are numeric, booleans the categories "true" and "false", and texts are read as
 * cells of a CSV file are.
 * @throws HypersphereError `unreadable-data` for a damaged file, `unfit-data` for nested columns, and beyond the limits of
 * sizes
 */
export async function readParquet(data: RandomAccess, options: ParquetReadOptions): Promise<ReadColumns> {
  const { source } = options;
  const { choice } = options;
  const footer = await readFooter(data, source, parsers, choice);
  const { names } = footer;
  checkColumnCount(names.length, source, options.maxColumns);
  choice.check(names);
  checkColumnTypes(options.columnTypes ?? {}, names, source);
  const rowCount = Math.min(footer.rowCount, options.maxRows ?? Number.POSITIVE_INFINITY);
  if (rowCount === 0) throw new HypersphereError("unfit-data", `${source} has columns but no rows.`);
  // Some bytes can say that a billion rows are all the same.
  checkUnpacked(rowCount * footer.columns.length * bytesPerCell, data.size, source, options);

  const ahead = new ReadAhead(data);
  const columns: Column[] = [];
  const said: ColumnWarnings[] = [];
  for (const [index, column] of footer.columns.entries()) {
    throwIfAborted(options.signal);
    const build = (only?: ReadonlySet<string>) =>
      readColumn(footer, index, { data, ahead, rowCount, options: { ...options, only } });
    try {
      let built = await build();
      if (built instanceof ColumnBuilder) {
        if (built.spoiled) built = (await build(new Set([column.name]))) as ColumnBuilder;
        const found = built.said();
        columns.push(built.finish());
        said.push(found);
      } else columns.push(built);
    } catch (error) {
      choice.giveUp(column.name, error);
    }
    const bytes = Math.round((data.size * (index + 1)) / footer.columns.length);
    options.onProgress?.(byteProgress(bytes, data.size));
  }
  choice.check(names);
  return { rowCount, columns, names, spoiled: [], warnings: joinedWarnings(said) };
}

/** Takes the pages of a column in the order of its rows. */
interface ColumnTarget {
  append(page: DecodedPage, firstRow: number, rows: number): void;
  finish(): Column | ColumnBuilder;
}

interface Reading {
  readonly data: RandomAccess;
  readonly ahead: ReadAhead;
  readonly rowCount: number;
  readonly options: ParquetReadOptions;
}

async function readColumn(
  { groupRows, columns }: ParquetFooter,
  index: number,
  { data, ahead, rowCount, options }: Reading,
): Promise<Column | ColumnBuilder> {
  const { source, pages = {}, signal, onStep, takesTurns = true } = options;
  const column = columns[index]!;
  const { name } = column;
  const { type } = column.element;
  const builder = newBuilder(name, "row", options)!;
  const target =
    builder.kind === "categorical" || (type !== "FLOAT" && type !== "DOUBLE")
      ? cellTarget(builder, type === "FLOAT", source)
      : floatTarget(
          name,
          type === "FLOAT" ? new Float32Array(rowCount) : new Float64Array(rowCount),
          options.missing,
        );
  let row = 0;
  let unpacked = 0;
  let nextTurn = turnBytes;
  const onUnpack = (bytes: number): void => {
    unpacked += bytes;
    checkUnpacked(unpacked, data.size, `${source}: column "${column.name}"`, options);
  };
  for (const group of groupRows.keys()) {
    if (row >= rowCount) break;
    throwIfAborted(signal);
    const chunk = column.chunks[group]!;
    await inPart(`${source}: column "${column.name}", row group ${group + 1},`, async () => {
      const isLast = row + groupRows[group]! >= rowCount;
      const next = isLast ? columns[index + 1]?.chunks[0] : column.chunks[group + 1];
      const bytes = await ahead.read(chunk, next);
      const checkRange = rangeCheck(chunk, column);
      const checkTimes = timeCheck(column);
      for (const page of chunkPages(bytes, chunk, column.element, { native: pages, parsers, onUnpack })) {
        onStep?.();
        checkRange(page);
        checkTimes(page);
        const wanted = Math.min(page.count, rowCount - row);
        target.append(page, row, wanted);
        onStep?.();
        row += wanted;
        if (row >= rowCount) return;
        if (!takesTurns || unpacked < nextTurn) continue;
        nextTurn = unpacked + turnBytes;
        await new Promise((resolve) => setTimeout(resolve, 0));
        throwIfAborted(signal);
      }
    });
  }
  return target.finish();
}

/** Plain numbers need neither inference nor a dictionary: they go where they will stay. */
function floatTarget(
  name: string,
  floats: Float32Array | Float64Array,
  missing: MissingTokens | undefined,
): ColumnTarget {
  return {
    append({ present, values }, firstRow, rows) {
      if (present !== undefined) {
        for (let k = 0, at = 0; k < rows; k++) {
          floats[firstRow + k] = present[k] === 1 ? (values[at++] as number) : Number.NaN;
        }
      } else if (rows === values.length) floats.set(values as ArrayLike<number>, firstRow);
      else for (let k = 0; k < rows; k++) floats[firstRow + k] = values[k] as number;
      if (missing?.hasNumbers !== true) return;
      for (let row = firstRow; row < firstRow + rows; row++) {
        if (missing.hasNumber(floats[row]!)) floats[row] = Number.NaN;
      }
    },
    finish: () => ({ kind: "numeric", name, values: floats }),
  };
}

/** @param isSingle whether numbers are float32, whose shortest text is not that of a float64 */
function cellTarget(builder: ColumnBuilder, isSingle: boolean, source: string): ColumnTarget {
  return {
    append({ present, values }, firstRow, rows) {
      for (let k = 0, at = 0; k < rows; k++) {
        const value = present === undefined || present[k] === 1 ? values[at++] : null;
        if (isSingle && typeof value === "number") builder.append(shortestFloat(value), firstRow + k + 1);
        else appendValue(builder, value, firstRow + k + 1, source, "row");
      }
    },
    finish: () => builder,
  };
}
