import { type Table, tableFromColumns } from "../data/index.js";
import { readTimes } from "../data/series/time.js";
import { HypersphereError } from "../errors.js";
import {
  columnSchema,
  type FeatureSchema,
  inputColumns,
  kindOfSchema,
  RawValues,
} from "../features/index.js";
import type { ByteSource } from "../formats/byte-source.js";
import { webInflate } from "../formats/inflate.js";
import { type ReadTableOptions, readTableFrom } from "../formats/table/read-table.js";
import type { Model } from "../model/index.js";
import { modelColumnTypes, modelNotations } from "../model/open-samples.js";
import { shown } from "../text/shown.js";

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

/** What a row can be blamed for. */
const ROW_FAULTS = new Set(["unreadable-data", "unfit-data", "schema-mismatch"]);
const SOURCE = "the row";

/**
 * Reads records as files of JSON lines are read for a model, with one difference: each is judged by itself. A column that a
 * record lacks is a missing value, whatever its neighbours have, and one that cannot be read takes no other with it.
 */
export class RowReader {
  readonly #schema: FeatureSchema;
  readonly #options: ReadTableOptions;
  readonly #features: readonly string[];
  /** Values of columns that did not vary in training, for records without them. */
  readonly #constants: ReadonlyMap<string, unknown>;
  readonly #apart: readonly string[];
  readonly timeColumn: string | undefined;
  readonly entityColumn: string | undefined;
  readonly #timeUnit: Parameters<typeof readTimes>[2];

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
    this.#apart = [this.timeColumn, this.entityColumn].filter((name) => name !== undefined);
    const { numeric, categorical } = inputColumns(columns);
    this.#constants = new Map(columns.constant?.map(({ name, value }) => [name, value]));
    this.#features = [...numeric, ...categorical];
    this.#options = {
      format: "jsonl",
      columnTypes: {
        ...modelColumnTypes(model),
        ...Object.fromEntries(this.#apart.map((name) => [name, "categorical"])),
      },
      verbatim: this.#apart,
      notations: modelNotations(model),
      missing: reading?.missing,
      missingAmongNumbers: reading?.missingAmongNumbers,
      missingRemembered: true,
      decimal: reading?.decimal,
      maxColumns: Number.POSITIVE_INFINITY,
    };
  }

  async read(rows: readonly unknown[]): Promise<ReadRows> {
    const refused = new Map<number, HypersphereError>();
    const lines: string[] = [];
    for (const [place, row] of rows.entries()) {
      try {
        lines.push(this.#line(row));
      } catch (error) {
        refused.set(place, asFault(error));
        lines.push("");
      }
    }
    let places = [...rows.keys()].filter((place) => !refused.has(place));
    let table = await this.#readAll(lines, places, refused);
    places = places.filter((place) => !refused.has(place));
    const times: number[] = [];
    if (table !== undefined && this.timeColumn !== undefined) {
      const late = new Set<number>();
      for (const [k, place] of places.entries()) {
        try {
          times.push(this.#time(table, k));
        } catch (error) {
          refused.set(place, asFault(error));
          late.add(place);
        }
      }
      if (late.size > 0) {
        places = places.filter((place) => !late.has(place));
        table = await this.#table(places.map((place) => lines[place]!));
      }
    }
    return {
      table,
      places,
      refused,
      entities: table === undefined ? [] : places.map((_, k) => this.#entity(table, k)),
      times: this.timeColumn === undefined ? undefined : times,
    };
  }

  /** What of a record the model reads, as a line of JSON. */
  #line(row: unknown): string {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new HypersphereError(
        "unfit-data",
        `A row is ${shown(row)}, expected a record such as {"flow": 3, "mode": "on"}.`,
      );
    }
    const record = row as Readonly<Record<string, unknown>>;
    const own = (name: string): unknown => (Object.hasOwn(record, name) ? record[name] : undefined);
    if (this.#features.every((name) => own(name) === undefined)) {
      throw new HypersphereError(
        "schema-mismatch",
        `A row has none of the model's columns: it has ${shown(Object.keys(record))}.`,
        { hint: `The model reads ${shown(this.#features)}. Columns are matched by name.` },
      );
    }
    const entity = this.entityColumn;
    if (entity !== undefined && (own(entity) ?? "") === "") {
      throw new HypersphereError("unfit-data", `A row has nothing in the entity column "${entity}".`, {
        hint: "Without it, nobody knows to which series the row belongs.",
      });
    }
    const cells = [...this.#features, ...this.#apart].map((name) => {
      const given = own(name);
      return `${JSON.stringify(name)}:${cellText(given === undefined ? this.#constants.get(name) : given)}`;
    });
    return `{${cells.join(",")}}`;
  }

  /** Reads the lines at some places together; where one of them cannot be read, halves find it. */
  async #readAll(
    lines: readonly string[],
    places: readonly number[],
    refused: Map<number, HypersphereError>,
  ): Promise<Table | undefined> {
    if (places.length === 0) return undefined;
    try {
      return await this.#table(places.map((place) => lines[place]!));
    } catch (error) {
      const fault = asFault(error);
      if (places.length === 1) {
        refused.set(places[0]!, fault);
        return undefined;
      }
      const half = places.length >> 1;
      for (const part of [places.slice(0, half), places.slice(half)])
        await this.#readAll(lines, part, refused);
      const good = places.filter((place) => !refused.has(place));
      if (good.length === places.length) throw error;
      return good.length === 0 ? undefined : this.#table(good.map((place) => lines[place]!));
    }
  }

  /** @throws HypersphereError also for cells that the model cannot take */
  async #table(lines: readonly string[]): Promise<Table> {
    const table = await readTableFrom(textSource(lines), this.#options, { inflate: webInflate });
    new RawValues(table, this.#schema);
    return table;
  }

  #time(table: Table, row: number): number {
    const text = cellOf(table, this.timeColumn!, row);
    const alone = tableFromColumns({ [this.timeColumn!]: [text] }, SOURCE);
    return readTimes(alone, this.timeColumn!, this.#timeUnit).values[0]!;
  }

  #entity(table: Table, row: number): string {
    return this.entityColumn === undefined ? "" : cellOf(table, this.entityColumn, row)!;
  }
}

/** A text cell; null where there is none. */
function cellOf(table: Table, name: string, row: number): string | null {
  const column = table.columns.find((one) => one.name === name)!;
  if (column.kind === "numeric") return Number.isNaN(column.values[row]) ? null : String(column.values[row]);
  return column.levels[column.codes[row]!] ?? null;
}

/** @throws what is not the row's fault */
function asFault(error: unknown): HypersphereError {
  if (error instanceof HypersphereError && ROW_FAULTS.has(error.code)) return error;
  throw error;
}

/** JSON knows no infinities, dates and long integers: as texts they are read as numbers all the same. */
function cellText(value: unknown): string {
  if (value === undefined || (typeof value === "number" && Number.isNaN(value))) return "null";
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  const isText = typeof value === "bigint" || value === Infinity || value === -Infinity;
  return JSON.stringify(isText ? String(value) : value);
}

function textSource(lines: readonly string[]): ByteSource {
  const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
  return {
    name: SOURCE,
    totalBytes: bytes.length,
    open: async function* () {
      yield bytes;
    },
    slice: async (from, to) => bytes.subarray(from, to),
  };
}
