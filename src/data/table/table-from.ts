import { HypersphereError } from "../../errors.js";
import { MissingTokens } from "../../text/missing-tokens.js";
import type { DecimalMark } from "../../text/number-notation.js";
import { ownValue } from "../../text/own-value.js";
import { shown } from "../../text/shown.js";
import { ColumnBuilder, type ColumnBuilderOptions, type ColumnKind } from "./column-builder.js";
import { checkColumnTypes } from "./column-types.js";
import type { ColumnWarnings } from "./column-warnings.js";
import { joinedWarnings } from "./joined-warnings.js";
import { makeTable } from "./make-table.js";
import { saidOfCells } from "./reading.js";
import type { CategoricalColumn, Column, Table } from "./table.js";

export interface TableFromRowsOptions {
  /** Overrides the inferred kind of columns. */
  columnTypes?: Readonly<Record<string, ColumnKind>>;
  /** Cells that mean "no value", instead of the usual ones (docs/reading.md); an empty text always does. */
  missing?: readonly string[];
  /** The mark before decimals in texts, where it is not to be found out. */
  decimal?: DecimalMark;
  /** For messages; default "<memory>". */
  source?: string;
  /** Receives sentences about what was odd in the texts of a column. */
  onWarning?: (warning: string) => void;
}

/**
 * A table from records, one per row. Columns are the keys in order of first appearance; a record without a key has a
 * missing value there, as have null, undefined and NaN. Numbers and bigints are numeric, Dates are seconds since 1970,
 * booleans are the categories "true" and "false", and texts are read as cells of a file are: a column in which all of them
 * state numbers is numeric.
 * @throws HypersphereError `unfit-data` for other values (objects, arrays), naming row and column
 */
export function tableFromRows(
  rows: readonly Readonly<Record<string, unknown>>[],
  options: TableFromRowsOptions = {},
): Table {
  const { columnTypes = {}, decimal, onWarning, source = "<memory>" } = options;
  const missing = new MissingTokens(options.missing);
  const names = new Set<string>();
  if (!Array.isArray(rows)) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: the rows are ${shown(rows)}, expected a list of records.`,
    );
  }
  for (const [at, row] of rows.entries()) {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new HypersphereError(
        "unfit-data",
        `${source}: row ${at + 1} is ${shown(row)}, expected a record such as { flow: 3, mode: "on" }.`,
      );
    }
    for (const name of Object.keys(row)) names.add(name);
  }
  checkColumnTypes(columnTypes, [...names], source);
  const said: ColumnWarnings[] = [];
  const columns = [...names].map((name) => {
    const kind = ownValue(columnTypes, name);
    const cells = rows.map((row) => ownValue(row, name));
    const built = builtColumn(name, cells, { kind, missing, decimal, source, unit: "row" });
    said.push(built.said());
    return built.finish();
  });
  for (const warning of joinedWarnings(said)) onWarning?.(warning);
  return makeTable(columns, source, saidOfCells(options));
}

/** A column of values that are all there, under the rules of `tableFromRows`, ready to `finish`. */
export function builtColumn(
  name: string,
  cells: readonly unknown[],
  options: ColumnBuilderOptions & { readonly source: string; readonly unit: string },
): ColumnBuilder {
  const build = (keepTexts: boolean): ColumnBuilder => {
    const builder = new ColumnBuilder(name, { ...options, keepTexts });
    for (let k = 0; k < cells.length; k++)
      appendValue(builder, cells[k], k + 1, options.source, options.unit);
    return builder;
  };
  const builder = build(false);
  return builder.spoiled ? build(true) : builder;
}

/** Appends one value of a typed format (a record, JSON, Parquet) under the rules of `tableFromRows`. */
export function appendValue(
  builder: ColumnBuilder,
  value: unknown,
  position: number,
  source: string,
  unit: string,
): void {
  if (value === null || value === undefined) builder.appendMissing();
  else if (typeof value === "string") builder.append(value, position);
  else if (typeof value === "number") builder.appendNumber(value, position);
  else if (typeof value === "boolean") builder.append(value ? "true" : "false", position);
  else if (typeof value === "bigint") {
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER)
      builder.append(String(value), position);
    else builder.appendNumber(Number(value), position);
  } else if (value instanceof Date) builder.appendNumber(value.getTime() / 1000, position);
  else {
    const what = Array.isArray(value)
      ? "a list"
      : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`;
    throw new HypersphereError(
      "unfit-data",
      `${source}: column "${builder.name}" holds ${what} on ${unit} ${position}; a number, a text or nothing was expected.`,
      {
        hint: 'Flatten nested values into columns of their own, or leave the column out with option "exclude".',
        details: { option: "exclude", column: builder.name, source },
      },
    );
  }
}

/** Integers beyond 2^53 would silently become other integers as numbers. */
export function tooLarge(
  source: string,
  column: string,
  unit: string,
  position: number,
  value: bigint | number,
): HypersphereError {
  return new HypersphereError(
    "unfit-data",
    `${source}: column "${column}" holds ${value} on ${unit} ${position}, which is beyond 2^53 and has no exact number.`,
    {
      hint: "If it is an identifier, drop the column or write it as text; if it is a quantity, write it as float64.",
    },
  );
}

export type ColumnData =
  | readonly (number | null)[]
  | readonly (string | null)[]
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * A table from named columns. Arrays of texts are categorical, arrays of numbers numeric; null is missing in both.
 * Float32Array and Float64Array are taken over without a copy and must not be changed after.
 * @throws HypersphereError `unfit-data` for unequal lengths, mixed values, and integers beyond 2^53
 */
export function tableFromColumns(columns: Readonly<Record<string, ColumnData>>, source = "<memory>"): Table {
  if (typeof columns !== "object" || columns === null) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: the columns are ${shown(columns)}, expected a record.`,
    );
  }
  const made = Object.entries(columns).map(([name, data]): Column => {
    if (data instanceof Float32Array || data instanceof Float64Array)
      return { kind: "numeric", name, values: data };
    if (data instanceof BigInt64Array || data instanceof BigUint64Array)
      return { kind: "numeric", name, values: exactNumbers(name, data, source) };
    if (ArrayBuffer.isView(data)) return { kind: "numeric", name, values: Float64Array.from(data) };
    if (!Array.isArray(data)) {
      throw new HypersphereError("unfit-data", `${source}: column "${name}" is not an array.`);
    }
    return data.some((value) => typeof value === "string")
      ? categories(name, data, source)
      : numbers(name, data, source);
  });
  return makeTable(made, source);
}

function numbers(name: string, data: readonly unknown[], source: string): Column {
  const values = new Float64Array(data.length);
  for (let row = 0; row < data.length; row++) {
    const value = data[row];
    if (typeof value === "number") values[row] = value;
    else if (value === null || value === undefined) values[row] = Number.NaN;
    else throw mixed(name, row, value, "a number or null", source);
  }
  return { kind: "numeric", name, values };
}

const exactNumbers = (name: string, data: BigInt64Array | BigUint64Array, source: string): Float64Array =>
  Float64Array.from(data as ArrayLike<bigint>, (value, row) => {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw tooLarge(source, name, "row", row + 1, value);
  });

function categories(name: string, data: readonly unknown[], source: string): CategoricalColumn {
  const codes = new Int32Array(data.length);
  const known = new Map<string, number>();
  for (let row = 0; row < data.length; row++) {
    const value = data[row];
    if (value === null || value === undefined) {
      codes[row] = -1;
    } else if (typeof value === "string") {
      const code = known.get(value) ?? known.size;
      known.set(value, code);
      codes[row] = code;
    } else throw mixed(name, row, value, "a text or null", source);
  }
  return { kind: "categorical", name, codes, levels: [...known.keys()] };
}

function mixed(
  name: string,
  row: number,
  value: unknown,
  expected: string,
  source: string,
): HypersphereError {
  return new HypersphereError(
    "unfit-data",
    `${source}: column "${name}" holds ${String(value)} (${typeof value}) in row ${row + 1}, where ${expected} was expected.`,
  );
}
