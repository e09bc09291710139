import { checkNames } from "../../data/table/make-table.js";
import { HypersphereError } from "../../errors.js";
import { didYouMean, listNames } from "../../text/closest-name.js";
import { nameFinder, nameKey, spelledAs } from "../../text/name-key.js";

/** Which columns of a source are read. What is not read need not be readable. */
export interface ColumnSelection {
  /** Columns to read; default all. */
  readonly columns?: readonly string[] | undefined;
  /** Columns to leave out. */
  readonly exclude?: readonly string[] | undefined;
  /** Columns to read beside these and even if they are excluded, where they are there. */
  readonly besides?: readonly string[] | undefined;
  /** Columns without which the table is of no use; others that cannot be read are left out, with a warning. Default all. */
  readonly needed?: readonly string[] | undefined;
}

/** A selection, and what became of it in reading. */
export class ColumnChoice {
  readonly #source: string;
  readonly #selection: ColumnSelection;
  readonly #columns: ReadonlySet<string> | undefined;
  readonly #exclude: ReadonlySet<string>;
  readonly #besides: ReadonlySet<string>;
  readonly #needed: ReadonlySet<string> | undefined;
  /** All names that were said. */
  readonly #wanted: ReadonlySet<string>;
  /** By column: sentences about those that were left out because they cannot be read. */
  readonly #left = new Map<string, string>();

  /**
   * @param selection also types of columns, which name some
   * @param source for messages
   */
  constructor(
    selection: ColumnSelection & { readonly columnTypes?: Readonly<Record<string, unknown>> | undefined },
    source: string,
  ) {
    const { columns = [], exclude = [], besides = [], needed = [], columnTypes = {} } = selection;
    const twice = columns.find((name, k) => columns.indexOf(name) !== k);
    if (twice !== undefined) {
      throw new HypersphereError("invalid-option", `Option "columns" names "${twice}" twice.`, {
        hint: "Name each column once.",
      });
    }
    this.#source = source;
    this.#selection = selection;
    this.#columns = selection.columns && new Set(columns);
    this.#exclude = new Set(exclude);
    this.#besides = new Set(besides);
    this.#needed = selection.needed && new Set(needed);
    this.#wanted = new Set([...columns, ...exclude, ...besides, ...needed, ...Object.keys(columnTypes)]);
  }

  /** Names of columns, those that look like a name that was said as it was said. */
  spelled(names: readonly string[]): string[] {
    return spelledAs(names, this.#wanted);
  }

  /** The same for names that come one by one. */
  get spelling(): (name: string) => string {
    return nameFinder(this.#wanted);
  }

  /** Whether a column is to be read, and has not turned out to be unreadable. */
  reads(name: string): boolean {
    return this.#asks(name) && !this.#left.has(name);
  }

  /** Whether a person wants a column, or another part of a source that has a name, to be left out. */
  excludes(name: string): boolean {
    return this.#exclude.has(name);
  }

  /** Whether the table is of no use without a column. */
  needs(name: string): boolean {
    return this.#asks(name) && (this.#needed === undefined || this.#needed.has(name));
  }

  /** Whether the columns are there that are known to be needed: then their names are no data. */
  findsNeeded(names: readonly string[]): boolean {
    return this.#needed !== undefined && [...this.#needed].some((name) => names.includes(name));
  }

  /**
   * Of columns in their order, which are to be read. Names that are empty or repeated are refused where they are asked
   * for; where they are only not needed, their columns are left out.
   * @throws HypersphereError `unfit-data`
   */
  places(names: readonly string[]): boolean[] {
    const counts = new Map<string, number>();
    const keys = names.map(nameKey);
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    names.forEach((name, k) => {
      if (this.needs(name) || (name.trim() !== "" && counts.get(keys[k]!) === 1)) return;
      const what =
        name.trim() === "" ? `column ${k + 1} has no name` : `${listNames([name])} names several columns`;
      this.#left.set(name, `${this.#source}: ${what}.`);
    });
    const read = names.map((name) => this.reads(name));
    // All of them, where all are read: the message counts.
    checkNames(read.every(Boolean) ? names : names.filter((_, k) => read[k]), this.#source);
    return read;
  }

  /**
   * A column cannot be read.
   * @throws the error itself, unless the table is of use without the column
   */
  giveUp(name: string, error: unknown): void {
    if (!(error instanceof HypersphereError) || error.code === "aborted") throw error;
    if (this.needs(name)) throw this.#needed === undefined ? error : withoutExclusion(error);
    this.#left.set(name, error.message);
  }

  /** @throws HypersphereError `unfit-data` where columns that were named are not among those found, or none is left */
  check(found: readonly string[]): void {
    const { columns = [], exclude = [] } = this.#selection;
    const absent = [...columns, ...exclude].find((name) => !found.includes(name) && !this.#besides.has(name));
    if (absent !== undefined) {
      throw new HypersphereError(
        "unfit-data",
        `${this.#source} has no column "${absent}"; its columns are ${listNames(found)}.`,
        {
          hint: `${didYouMean(absent, found)}Names are case-sensitive.`,
          ...(exclude.includes(absent) && { details: { option: "exclude", column: absent } }),
        },
      );
    }
    if (found.some((name) => this.reads(name))) return;
    if (found.length === 0) {
      throw new HypersphereError("unfit-data", `${this.#source} has rows, but none of them has a value.`, {
        hint: "Was it written as it should be?",
      });
    }
    const [unreadable] = [...this.#left].filter(([name]) => this.#asks(name));
    if (unreadable !== undefined) {
      throw new HypersphereError("unfit-data", `No column can be read. ${unreadable[1]}`, {
        hint: "Write one plain value to a cell: a number, a text or nothing.",
      });
    }
    throw new HypersphereError("unfit-data", `${this.#source}: no column is left of ${listNames(found)}.`, {
      hint: "Exclude fewer columns.",
    });
  }

  warnings(): string[] {
    return [...this.#left]
      .filter(([name]) => this.#asks(name))
      .map(([, message]) => `${message} The column is not needed, and left out.`);
  }

  #asks(name: string): boolean {
    if (this.#besides.has(name)) return true;
    return (this.#columns === undefined || this.#columns.has(name)) && !this.#exclude.has(name);
  }
}

/** What has to be there for a model cannot be left out. */
function withoutExclusion(error: HypersphereError): HypersphereError {
  const { code, message, details, cause } = error;
  if (details.option !== "exclude") return error;
  return new HypersphereError(code, message, {
    hint: "The column is needed: write one plain value to a cell, as in the training data.",
    ...{ details, cause },
  });
}
