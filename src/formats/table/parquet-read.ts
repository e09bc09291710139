import {
  type AsyncBuffer,
  type DecodedArray,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { ColumnBuilder, type ColumnKind } from "../../data/table/column-builder.js";
import { checkColumnTypes } from "../../data/table/column-types.js";
import { checkNames } from "../../data/table/make-table.js";
import type { Column } from "../../data/table/table.js";
import { appendValue } from "../../data/table/table-from.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import { ownValue } from "../../text/own-value.js";
import { byteProgress, type ReadControl } from "../byte-source.js";
import type { RandomAccess } from "../opened.js";
import type { ReadColumns, TextReadOptions } from "./column-set.js";

export interface ParquetReadOptions extends TextReadOptions, ReadControl {}

/** Times are seconds since 1970 (UTC), as numbers, whatever their unit in the file. */
const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => Number(value) / 1e3,
  timestampFromMicroseconds: (value) => Number(value) / 1e6,
  timestampFromNanoseconds: (value) => Number(value) / 1e9,
  dateFromDays: (value) => value * 86400,
  jsonFromBytes: (bytes) => bytes && new TextDecoder().decode(bytes),
};

/**
 * Reads a Parquet file column by column and row group by row group. FLOAT columns stay float32; integers, decimals,
 * doubles, dates and times (seconds since 1970) are numeric, booleans the categories "true" and "false", and texts are read as
 * cells of a CSV file are.
 * @throws HypersphereError `unreadable-data` for a damaged file, `unfit-data` for nested columns and integers beyond 2^53
 */
export async function readParquet(data: RandomAccess, options: ParquetReadOptions): Promise<ReadColumns> {
  const { source } = options;
  const file = parquetFile(data);
  const metadata = await guarded(source, () => parquetMetadataAsync(file));
  const elements = flatColumns(metadata, source);
  const names = elements.map((element) => element.name);
  checkNames(names, source);
  checkColumnTypes(options.columnTypes ?? {}, names, source);
  const rowCount = Math.min(Number(metadata.num_rows), options.maxRows ?? Number.POSITIVE_INFINITY);
  if (rowCount === 0) throw new HypersphereError("unfit-data", `${source} has columns but no rows.`);

  const columns: Column[] = [];
  const warnings: string[] = [];
  for (const [index, element] of elements.entries()) {
    throwIfAborted(options.signal);
    const build = (kind: ColumnKind | undefined) =>
      readColumn(file, metadata, element, rowCount, kind, options);
    let built = await build(ownValue(options.columnTypes, element.name));
    if (built instanceof ColumnBuilder) {
      warnings.push(...built.warnings());
      if (built.spoiled) built = await build("categorical");
    }
    columns.push(built instanceof ColumnBuilder ? built.finish() : built);
    const totalBytes = file.byteLength;
    const bytes = Math.round((totalBytes * (index + 1)) / elements.length);
    options.onProgress?.(byteProgress(bytes, totalBytes));
  }
  return { rowCount, columns, names, spoiled: [], warnings };
}

/** Data as the Parquet reader wants them. */
function parquetFile({ size, slice }: RandomAccess): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = start < 0 ? Math.max(0, size + start) : start;
      const { buffer, byteOffset, byteLength } = await slice(from, Math.min(end, size));
      const whole = byteOffset === 0 && byteLength === buffer.byteLength;
      return (whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
    },
  };
}

function flatColumns(metadata: FileMetaData, source: string): SchemaElement[] {
  const children = parquetSchema(metadata).children;
  const nested = children.filter(
    (child) => child.children.length > 0 || child.element.repetition_type === "REPEATED",
  );
  if (nested.length > 0) {
    const list = nested.map((child) => `"${child.element.name}"`).join(", ");
    throw new HypersphereError(
      "unfit-data",
      `${source}: nested columns cannot be part of a table: ${list}.`,
      { hint: "Flatten lists and structs into columns of their own, or leave them out." },
    );
  }
  return children.map((child) => child.element);
}

async function readColumn(
  file: AsyncBuffer,
  metadata: FileMetaData,
  element: SchemaElement,
  rowCount: number,
  kind: ColumnKind | undefined,
  options: ParquetReadOptions,
): Promise<Column | ColumnBuilder> {
  const { source } = options;
  const { name } = element;
  // Plain numbers need neither inference nor a dictionary: they go where they will stay.
  const floats =
    kind === "categorical" || (element.type !== "FLOAT" && element.type !== "DOUBLE")
      ? undefined
      : element.type === "FLOAT"
        ? new Float32Array(rowCount)
        : new Float64Array(rowCount);
  const builder = new ColumnBuilder(name, { kind, missing: options.missing, source, unit: "row" });
  const append = (data: DecodedArray, from: number, rowStart: number, count: number) => {
    for (let i = 0; i < count; i++) {
      const value: unknown = data[from + i];
      if (floats)
        floats[rowStart + i] = value === null || value === undefined ? Number.NaN : (value as number);
      else if (kind === "categorical" && typeof value === "bigint")
        builder.append(String(value), rowStart + i + 1);
      else appendValue(builder, value, rowStart + i + 1, source, "row");
    }
  };
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = Math.min(rowCount, groupStart + Number(group.num_rows));
    if (groupStart >= groupEnd) break;
    throwIfAborted(options.signal);
    const chunks: { data: DecodedArray; start: number }[] = [];
    await guarded(source, () =>
      parquetRead({
        file,
        metadata,
        columns: [name],
        rowStart: groupStart,
        rowEnd: groupEnd,
        compressors,
        parsers,
        geoparquet: false,
        onChunk: (chunk) => chunks.push({ data: chunk.columnData, start: chunk.rowStart }),
      }),
    );
    let next = groupStart;
    for (const { data, start } of chunks.sort((a, b) => a.start - b.start)) {
      const count = Math.min(groupEnd, start + data.length) - next;
      if (count <= 0) continue;
      append(data, next - start, next, count);
      next += count;
    }
    if (next < groupEnd) {
      throw new HypersphereError(
        "unreadable-data",
        `${source}: column "${name}" ends at row ${next} where ${groupEnd} were announced.`,
        { hint: "The file was cut off or changed: write it again." },
      );
    }
    groupStart = groupEnd;
  }
  return floats ? { kind: "numeric", name, values: floats } : builder;
}

async function guarded<T>(source: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HypersphereError) throw error;
    throw new HypersphereError(
      "unreadable-data",
      `${source} cannot be read as Parquet: ${error instanceof Error ? error.message : String(error)}.`,
      {
        hint: "The file is damaged, was cut off, or uses a feature that is not supported: write it again.",
        cause: error,
      },
    );
  }
}
