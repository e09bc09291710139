import { type Fleet, HypersphereError, type Model } from "hypersphere";
import type { RowFacts } from "../results/index.js";
import { timeOf } from "./row-time.js";

/** Columns that say what a row is about, when it was, and what the caller calls it. */
export interface FactColumns {
  readonly entityColumn?: string | undefined;
  readonly timeColumn?: string | undefined;
  readonly idColumn?: string | undefined;
}

type Row = Readonly<Record<string, unknown>>;

const MOST_CHARACTERS = 200;

/**
 * What rows say of themselves. Columns are those that the request names, else those by which a model of series or a fleet was
 * trained.
 * Without a time, that of arrival; so do numbers that merely count the steps of a series.
 */
export class FactReader {
  readonly #columns: FactColumns;
  readonly #given: FactColumns;
  readonly #arrival: Date;
  /** Of all rows, where no column says anything of them. */
  readonly #same: RowFacts | undefined;

  constructor(model: Model | Fleet, given: FactColumns, arrival: Date) {
    const { schema } = model.card;
    const fleetColumn = "entityColumn" in model ? model.entityColumn : undefined;
    const layout = schema.kind === "series" ? schema.layout : undefined;
    this.#given = given;
    this.#arrival = arrival;
    this.#columns = {
      entityColumn: given.entityColumn ?? fleetColumn ?? layout?.entityColumn,
      timeColumn: given.timeColumn ?? layout?.timeColumn,
      idColumn: given.idColumn,
    };
    const says = Object.values(this.#columns).some((column) => column !== undefined);
    this.#same = says ? undefined : { entity: "", label: null, at: arrival };
  }

  /** @throws HypersphereError `unfit-data` for a row without what the request says it has */
  of(row: Row): RowFacts {
    if (this.#same !== undefined) return this.#same;
    const { entityColumn, timeColumn, idColumn } = this.#columns;
    return {
      entity: textOf(row, entityColumn, this.#given.entityColumn !== undefined) ?? "",
      label: textOf(row, idColumn, false) ?? null,
      at: timeColumn === undefined ? this.#arrival : this.#time(row, timeColumn),
    };
  }

  #time(row: Row, column: string): Date {
    const time = timeOf(cellOf(row, column));
    if (time !== undefined) return time;
    if (this.#given.timeColumn === undefined) return this.#arrival;
    throw new HypersphereError("unfit-data", `A row has no time in the column "${column}".`, {
      hint: "Times are ISO 8601 texts (UTC without a zone), or seconds or milliseconds since 1970.",
    });
  }
}

const cellOf = (row: Row, column: string): unknown => (Object.hasOwn(row, column) ? row[column] : undefined);

function textOf(row: Row, column: string | undefined, required: boolean): string | undefined {
  if (column === undefined) return undefined;
  const cell = cellOf(row, column);
  const text = cell === undefined || cell === null || typeof cell === "object" ? "" : String(cell);
  if (text === "" && required) {
    throw new HypersphereError("unfit-data", `A row has nothing in the column "${column}".`, {
      hint: "Without it, nobody knows what the row is about.",
    });
  }
  if (text.length > MOST_CHARACTERS || text.includes("\0")) {
    throw new HypersphereError(
      "unfit-data",
      `A row has ${text.length} characters in the column "${column}", expected at most ${MOST_CHARACTERS} and no NUL.`,
    );
  }
  return text === "" ? undefined : text;
}
