import { type Column, MissingTokens, makeTable, parseNumber, type Table } from "../data/index.js";
import { readTime } from "../data/series/time.js";
import type { ColumnBuilderOptions } from "../data/table/column-builder.js";
import { builtColumn } from "../data/table/table-from.js";
import { HypersphereError } from "../errors.js";
import {
  columnSchema,
  type FeatureSchema,
  inputColumns,
  kindOfSchema,
  RawValues,
} from "../features/index.js";
import type { Model } from "../model/index.js";
import { modelColumnTypes, modelNotations } from "../model/open-samples.js";
import { spelledAs } from "../text/name-key.js";
import { ownValue } from "../text/own-value.js";
import { shown } from "../text/shown.js";
import { isRow, noRow } from "./stream-row.js";

/** Rows that can be read, as a table, and what is wrong with the others. */
export interface ReadRows {
  /** The model's columns of the rows that can be read, in their order; undefined where none can. */
  readonly table: Table | undefined;
  /** Places of those rows among the given ones. */
  readonly places: readonly number[];
  /** By place, of the others. */
  readonly refused: ReadonlyMap<number, HypersphereError>;
  /** One per row that can be read, where the model knows series by name: else "". */
  readonly entities: readonly string[];
  /** In microseconds since 1970, or as counted; undefined where the model knows no times. */
  readonly times: readonly number[] | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** Records with their places among the given rows, and how their columns are read. */
interface Given {
  readonly records: readonly Row[];
  readonly places: readonly number[];
  /**
   * Values of columns that hold numbers or nothing in all of them: they are taken as they are, which is all that reading would
   * do.
   */
  readonly plain: ReadonlyMap<string, Float64Array>;
}

/** Rows of which each can be read. */
interface ReadTogether {
  readonly table: Table;
  readonly times: readonly number[] | undefined;
}

/** What a row can be blamed for. */
const ROW_FAULTS = new Set(["unreadable-data", "unfit-data", "schema-mismatch"]);
const SOURCE = "the row";

/**
 * Reads records as files of JSON lines are read for a model, with one difference: each is judged by itself. A column that a
 * record lacks is a missing value, whatever its neighbours have, and one that cannot be read takes no other with it.
 */
export class RowReader {
  readonly #schema: FeatureSchema;
  /** How cells become values, by column. */
  readonly #reading: ReadonlyMap<
    string,
    ColumnBuilderOptions & { readonly source: string; readonly unit: string }
  >;
  readonly #features: readonly string[];
  /** The features, and the columns that tell times and series. */
  readonly #columns: readonly string[];
  /** Features that numbers may be taken for as they are: without a notation, and where no number means a missing value. */
  readonly #plain: readonly string[];
  /** Values of columns that did not vary in training, for records without them. */
  readonly #constants: ReadonlyMap<string, unknown>;
  readonly timeColumn: string | undefined;
  readonly entityColumn: string | undefined;
  readonly #timeUnit: Parameters<typeof readTime>[2];

  /** @throws HypersphereError `unfit-data` for a model of images, or of windows that were cut already */
  constructor(model: Model) {
    const { schema, reading } = model.card;
    const columns = columnSchema(schema);
    if (columns === undefined) {
      throw new HypersphereError("unfit-data", "The model takes images; a stream has rows.", {
        hint: "Score images with model.score (`hypersphere score`).",
      });
    }
    this.#schema = columns;
    const layout = kindOfSchema(schema).layout(schema);
    this.timeColumn = layout?.timeColumn;
    this.entityColumn = layout?.entityColumn;
    this.#timeUnit = layout?.timeUnit;
    const apart = [this.timeColumn, this.entityColumn].filter((name) => name !== undefined);
    const { numeric, categorical } = inputColumns(columns);
    this.#constants = new Map(columns.constant?.map(({ name, value }) => [name, value]));
    this.#features = [...numeric, ...categorical];
    this.#columns = [...this.#features, ...apart];
    const tokens = [...(reading?.missing ?? []), ...(reading?.missingAmongNumbers ?? [])];
    this.#plain = tokens.some((token) => parseNumber(token) !== undefined)
      ? []
      : columns.numeric.filter(({ notation }) => notation === undefined).map(({ name }) => name);
    const missing = new MissingTokens(reading?.missing, reading?.missingAmongNumbers);
    const [types, notations] = [modelColumnTypes(model), modelNotations(model)];
    this.#reading = new Map(
      this.#columns.map((name) => {
        const isApart = apart.includes(name);
        const kind = isApart ? "categorical" : ownValue(types, name);
        const notation = ownValue(notations, name);
        const common = { missing, decimal: reading?.decimal, source: SOURCE, unit: "line" };
        return [name, { ...common, kind, notation, verbatim: isApart }];
      }),
    );
  }

  /** What a step of a series is remembered by, in the order of its cells. */
  get channels(): readonly string[] {
    return this.#features;
  }

  read(rows: readonly unknown[]): ReadRows {
    const refused = new Map<number, HypersphereError>();
    const records: Row[] = [];
    const places: number[] = [];
    for (let place = 0; place < rows.length; place++) {
      try {
        records.push(this.#record(rows[place]));
        places.push(place);
      } catch (error) {
        refused.set(place, asFault(error));
      }
    }
    const plain = new Map<string, Float64Array>();
    for (const name of this.#plain) {
      const values = numbersOf(records, name);
      if (values !== undefined) plain.set(name, values);
    }
    const given: Given = { records, places, plain };
    const all = places.map((_, k) => k);
    const whole = this.#judge(given, all, refused);
    const readable = whole === undefined ? all.filter((k) => !refused.has(places[k]!)) : all;
    const read = whole ?? (readable.length === 0 ? undefined : this.#readTogether(given, readable));
    return {
      ...{ table: read?.table, times: read?.times, places: readable.map((k) => places[k]!), refused },
      entities: read === undefined ? [] : this.#entities(read.table),
    };
  }

  #record(row: unknown): Row {
    if (!isRow(row)) throw noRow(row);
    const record = this.#spelled(row);
    if (this.#features.every((name) => ownValue(record, name) === undefined)) {
      throw new HypersphereError(
        "schema-mismatch",
        `A row has none of the model's columns: it has ${shown(Object.keys(record))}.`,
        { hint: `The model reads ${shown(this.#features)}. Columns are matched by name.` },
      );
    }
    const entity = this.entityColumn;
    if (entity !== undefined && (ownValue(record, entity) ?? "") === "") {
      throw new HypersphereError("unfit-data", `A row has nothing in the entity column "${entity}".`, {
        hint: "Without it, nobody knows to which series the row belongs.",
      });
    }
    return record;
  }

  /** With the model's names in the place of those that look the same: what is not there would count as missing. */
  #spelled(record: Row): Row {
    if (this.#columns.every((name) => Object.hasOwn(record, name))) return record;
    const keys = Object.keys(record);
    const names = spelledAs(keys, this.#columns);
    if (names.every((name, k) => name === keys[k])) return record;
    return Object.fromEntries(names.map((name, k) => [name, record[keys[k]!]]));
  }

  /**
   * Finds the rows that cannot be read: all are read together, and where that fails, halves.
   * @param which of the records, in their order
   * @returns what was read, where it is all of them
   */
  #judge(
    given: Given,
    which: readonly number[],
    refused: Map<number, HypersphereError>,
  ): ReadTogether | undefined {
    if (which.length === 0) return undefined;
    try {
      return this.#readTogether(given, which);
    } catch (error) {
      const fault = asFault(error);
      if (which.length === 1) {
        refused.set(given.places[which[0]!]!, withoutPlace(fault));
        return undefined;
      }
      const half = which.length >> 1;
      this.#judge(given, which.slice(0, half), refused);
      this.#judge(given, which.slice(half), refused);
      return undefined;
    }
  }

  #readTogether(given: Given, which: readonly number[]): ReadTogether {
    const table = this.#table(given, which);
    return { table, times: this.timeColumn === undefined ? undefined : this.#times(table, this.timeColumn) };
  }

  /** @throws HypersphereError also for cells that the model cannot take */
  #table({ records, plain }: Given, which: readonly number[]): Table {
    // Always in one order: cells of a series are remembered by their place.
    const columns = this.#columns.map((name): Column => {
      const values = plain.get(name);
      if (values !== undefined) {
        const own = which.length === values.length ? values : Float64Array.from(which, (k) => values[k]!);
        return { kind: "numeric", name, values: own };
      }
      const constant = this.#constants.get(name);
      const cells = which.map((k) => {
        const given = ownValue(records[k], name);
        return cellValue(given === undefined ? constant : given);
      });
      return builtColumn(name, cells, this.#reading.get(name)!).finish();
    });
    const table = makeTable(columns, SOURCE);
    new RawValues(table, this.#schema);
    return table;
  }

  /** Each is read by itself; steps of many series often share theirs. */
  #times(table: Table, name: string): number[] {
    const known = new Map<string | null, number>();
    return cellsOf(table, name).map((text) => {
      let time = known.get(text);
      if (time === undefined) {
        time = readTime(text, { source: SOURCE, name }, this.#timeUnit);
        known.set(text, time);
      }
      return time;
    });
  }

  #entities(table: Table): string[] {
    if (this.entityColumn === undefined) return new Array<string>(table.rowCount).fill("");
    return cellsOf(table, this.entityColumn) as string[];
  }
}

/**
 * A column whose values reading would not change, NaN for what is missing; undefined where it would: integers beyond 2^53 it refuses,
 * and infinities JSON cannot state.
 */
function numbersOf(records: readonly Row[], name: string): Float64Array | undefined {
  const values = new Float64Array(records.length);
  for (let k = 0; k < records.length; k++) {
    const value = ownValue(records[k], name) ?? null;
    if (value === null) values[k] = Number.NaN;
    else if (typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER) values[k] = value;
    else return undefined;
  }
  return values;
}

/** Cells of a column as texts; null where there are none. */
function cellsOf(table: Table, name: string): (string | null)[] {
  const column = table.columns.find((one) => one.name === name)!;
  if (column.kind === "numeric")
    return Array.from(column.values, (value) => (Number.isNaN(value) ? null : String(value)));
  return Array.from(column.codes, (code) => column.levels[code] ?? null);
}

/** @throws what is not the row's fault */
function asFault(error: unknown): HypersphereError {
  if (error instanceof HypersphereError && ROW_FAULTS.has(error.code)) return error;
  throw error;
}

/** Of a row that was read by itself: that it is the first one says nothing. */
function withoutPlace({ code, message, hint }: HypersphereError): HypersphereError {
  const text = message.replace(/\bdata row 1 holds /, "it holds ").replace(/ on line 1(?=[,;])/, "");
  return new HypersphereError(code, text, { ...(hint !== undefined && { hint }) });
}

/**
 * What a line of JSON would hold: infinities, dates and long integers as texts, which are read as numbers all the same, and of
 * integers beyond 2^53 the digits.
 */
function cellValue(value: unknown): unknown {
  if (typeof value === "number") {
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    if (Number.isNaN(value)) return null;
    const text = String(value);
    return Number.isFinite(value) && !/^-?\d+$/.test(text) ? value : text;
  }
  if (typeof value === "bigint") return String(value);
  return value instanceof Date ? value.toISOString() : value;
}
