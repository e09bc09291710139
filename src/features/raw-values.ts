import { type Column, closestName, listNames, type NumberNotation, type Table } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { float64, strings, type Values } from "../runtime/index.js";
import { cut } from "../text/format.js";
import { spelledAs } from "../text/name-key.js";
import { shown } from "../text/shown.js";
import { categoricalTexts, numbersOfTexts } from "./cell-values.js";
import { type ChangedConstant, changesIn, differsFrom, numbersOf, textsOf } from "./constant-values.js";
import { type Piece, type RawRows, ROWS_PER_RUN } from "./raw-rows.js";
import {
  type ConstantColumn,
  type FeatureSchema,
  inputColumns,
  type NumericFeature,
  numericConstants,
  textConstants,
} from "./schema.js";

/** What differs between a table and the one that the model was trained on, without making it unusable. */
export interface SchemaNotes {
  /** Columns that the model does not use. */
  readonly extra: readonly string[];
  /** Cells that were missing, by column, where any were. */
  readonly missing: Readonly<Record<string, number>>;
  /** Columns of which no cell has a value, of two rows or more; left out where there are none. */
  readonly empty?: readonly string[];
  /**
   * Texts that training rows did not have, by column: how many cells, the first such text, and what training had that differs from
   * it only in upper and lower case.
   */
  readonly unseen: Readonly<
    Record<string, { readonly cells: number; readonly example: string; readonly known?: string }>
  >;
  /** Cells outside the range of the training rows, by column. */
  readonly outOfRange: Readonly<Record<string, number>>;
  /** Columns that did not vary in training, with cells of another value: how many, the first, and what training had. */
  readonly changed: Readonly<Record<string, ChangedConstant>>;
  /** Columns that did not vary in training and are watched, but are not there; left out where there are all. */
  readonly unwatched?: readonly string[];
}

/** Characters of a text that notes quote. */
const LONGEST_EXAMPLE = 60;

/** Rows of a matrix that are filled together. */
const BLOCK_ROWS = 64;

/**
 * A table's columns, found by name and put into the order of the model's inputs.
 * @throws HypersphereError `schema-mismatch` for columns that are not there or hold text instead of numbers
 */
export class RawValues implements RawRows {
  readonly rowCount: number;
  readonly #schema: FeatureSchema;
  readonly #numeric: readonly (Float64Array | Float32Array)[];
  readonly #categorical: readonly (readonly [codes: Int32Array, texts: readonly string[]])[];
  readonly #constants: readonly (ConstantColumn & { readonly now: Column | undefined })[];
  readonly #extra: readonly string[];

  constructor(table: Table, schema: FeatureSchema) {
    this.rowCount = table.rowCount;
    this.#schema = schema;
    const { read, features, used, constants, watchedNumbers, watchedTexts } = columnsOf(schema);
    const byName = columnsByName(table, read);
    requireColumns(table, features, byName);
    this.#constants = constants.map((column) => ({ ...column, now: byName.get(column.name) }));
    this.#numeric = [
      ...schema.numeric.map((feature) => numericValues(byName.get(feature.name)!, feature, table.source)),
      ...watchedNumbers.map(({ name, value }) => numbersOf(byName.get(name), value, table.rowCount)),
    ];
    this.#categorical = [
      ...schema.categorical.map(({ name, levels }) => categoricalTexts(byName.get(name)!, levels)),
      ...watchedTexts.map(({ name, value }) => textsOf(byName.get(name), value, table.rowCount)),
    ];
    this.#extra = [...byName].filter(([name]) => !used.has(name)).map(([, { name }]) => name);
  }

  /** The model's inputs for a range of rows, or for the rows listed. */
  slice(from: number, to: number, rows?: ArrayLike<number>): Values {
    const count = to - from;
    const values: Record<string, Values[string]> = {};
    if (this.#numeric.length > 0) {
      const width = this.#numeric.length;
      const matrix = new Float64Array(count * width);
      // In blocks of rows that stay in the cache while column after column is written into them.
      for (let start = 0; start < count; start += BLOCK_ROWS) {
        const end = Math.min(count, start + BLOCK_ROWS);
        this.#numeric.forEach((column, k) => {
          if (rows === undefined) {
            for (let i = start; i < end; i++) matrix[i * width + k] = column[from + i]!;
          } else for (let i = start; i < end; i++) matrix[i * width + k] = column[rows[from + i]!]!;
        });
      }
      values["numeric"] = float64([count, width], matrix);
    }
    if (this.#categorical.length > 0) {
      const width = this.#categorical.length;
      const matrix = new Array<string>(count * width);
      this.#categorical.forEach(([codes, texts], k) => {
        for (let i = 0; i < count; i++)
          matrix[i * width + k] = texts[codes[rows ? rows[from + i]! : from + i]! + 1]!;
      });
      values["categorical"] = strings([count, width], matrix);
    }
    return values;
  }

  *pieces(rows?: ArrayLike<number>): Iterable<Piece> {
    const count = rows?.length ?? this.rowCount;
    for (let from = 0; from < count; from += ROWS_PER_RUN) {
      const to = Math.min(count, from + ROWS_PER_RUN);
      yield { from, to, feeds: this.slice(from, to, rows) };
    }
  }

  /** The values of the schema's k-th numeric column, one per row, NaN where missing. Not to be written to. */
  numericColumn(k: number): Float64Array | Float32Array {
    return this.#numeric[k]!;
  }

  /** Codes of the schema's k-th categorical column, one per row; the text of a code is `texts[code + 1]`. */
  categoricalColumn(k: number): { readonly codes: Int32Array; readonly texts: readonly string[] } {
    const [codes, texts] = this.#categorical[k]!;
    return { codes, texts };
  }

  /** The columns that did not vary in training and are there, each with whether a row has another value. */
  constantColumns(): { readonly name: string; readonly differs: (row: number) => boolean }[] {
    return this.#constants.flatMap(({ name, value, now }) =>
      now === undefined ? [] : [{ name, differs: differsFrom(now, value) }],
    );
  }

  notes(): SchemaNotes {
    // Maps, since a column may have any name, "__proto__" included.
    const missing = new Map<string, number>();
    const outOfRange = new Map<string, number>();
    const unseen = new Map<string, { cells: number; example: string; known?: string }>();
    this.#schema.numeric.forEach(({ name, min, max }, k) => {
      const values = this.#numeric[k]!;
      let empty = 0;
      let outside = 0;
      for (let row = 0; row < values.length; row++) {
        const value = values[row]!;
        if (value >= min && value <= max) continue;
        if (Number.isNaN(value)) empty++;
        else outside++;
      }
      if (empty > 0) missing.set(name, empty);
      if (outside > 0) outOfRange.set(name, outside);
    });
    this.#schema.categorical.forEach(({ name, levels, shares }, k) => {
      const known = new Set(levels);
      const [codes, texts] = this.#categorical[k]!;
      // Where training had rare levels without a number of their own, an unknown text may be one of those.
      const isNew = texts.map((text) => text !== "" && !known.has(text) && shares.at(-1) === 0);
      for (const code of codes) {
        if (code === -1) missing.set(name, (missing.get(name) ?? 0) + 1);
        if (!isNew[code + 1]) continue;
        const counted = unseen.get(name);
        if (counted === undefined) {
          const text = texts[code + 1]!;
          const like = levels.find((level) => level.toLowerCase() === text.toLowerCase());
          unseen.set(name, {
            ...{ cells: 1, example: cut(text, LONGEST_EXAMPLE) },
            ...(like !== undefined && { known: cut(like, LONGEST_EXAMPLE) }),
          });
        } else counted.cells++;
      }
    });
    const unwatched = this.#schema.watched
      ? this.#constants.filter(({ now }) => now === undefined).map(({ name }) => name)
      : [];
    const empty = [...missing].flatMap(([name, cells]) =>
      cells === this.rowCount && cells > 1 ? [name] : [],
    );
    const changed = new Map<string, ChangedConstant>();
    for (const { name, value, now } of this.#constants) {
      const found = now && changesIn(now, value);
      if (found !== undefined) changed.set(name, found);
    }
    return {
      extra: this.#extra,
      missing: Object.fromEntries(missing),
      ...(empty.length > 0 && { empty }),
      unseen: Object.fromEntries(unseen),
      outOfRange: Object.fromEntries(outOfRange),
      changed: Object.fromEntries(changed),
      ...(unwatched.length > 0 && { unwatched }),
    };
  }
}

/** What a schema says of columns, in the forms that a table is held against. */
interface SchemaColumns {
  /** Of the model's inputs. */
  readonly read: readonly string[];
  /** Those without which there is no score. */
  readonly features: readonly string[];
  readonly used: ReadonlySet<string>;
  readonly constants: readonly ConstantColumn[];
  readonly watchedNumbers: ReturnType<typeof numericConstants>;
  readonly watchedTexts: ReturnType<typeof textConstants>;
}

/** Made once: rows are scored one by one, too. */
function columnsOf(schema: FeatureSchema): SchemaColumns {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const { numeric, categorical } = inputColumns(schema);
  const features = [...schema.numeric, ...schema.categorical].map(({ name }) => name);
  const made: SchemaColumns = {
    read: [...numeric, ...categorical],
    features,
    used: new Set([...features, ...schema.dropped.map(({ name }) => name)]),
    constants: (schema.constant ?? []).filter(({ ignored }) => ignored !== true),
    watchedNumbers: schema.watched ? numericConstants(schema) : [],
    watchedTexts: schema.watched ? textConstants(schema) : [],
  };
  known.set(schema, made);
  return made;
}

const known = new WeakMap<FeatureSchema, SchemaColumns>();

/** Columns by the names that the schema has for them. */
function columnsByName({ columns }: Table, wanted: readonly string[]): ReadonlyMap<string, Column> {
  const byName = new Map(columns.map((column) => [column.name, column]));
  if (wanted.every((name) => byName.has(name))) return byName;
  const names = spelledAs([...byName.keys()], wanted);
  return new Map(columns.map((column, k) => [names[k]!, column]));
}

function requireColumns(table: Table, wanted: readonly string[], byName: ReadonlyMap<string, Column>): void {
  const absent = wanted.filter((name) => !byName.has(name));
  if (absent.length === 0) return;
  const [first] = absent;
  const similar = closestName(
    first!,
    [...byName.keys()].filter((name) => !wanted.includes(name)),
  );
  throw new HypersphereError(
    "schema-mismatch",
    `${table.source} lacks ${absent.length === 1 ? "the column" : `${absent.length} of ${wanted.length} columns:`} ${listNames(absent)}; ` +
      `it has ${listNames([...byName.keys()])}.`,
    {
      hint:
        similar === undefined
          ? "Score data with the columns that the model was trained on; `hypersphere inspect` lists them."
          : `Is "${similar}" the column "${first}"? Columns are matched by name.`,
    },
  );
}

function numericValues(column: Column, feature: NumericFeature, source: string): Float64Array | Float32Array {
  const trained = unitOf(feature.notation);
  if (column.kind === "numeric") {
    const unit = unitOf(column.notation);
    if (unit === undefined || unit === trained) return column.values;
    throw new HypersphereError(
      "schema-mismatch",
      `${source}: the numbers of column "${column.name}" are in ${unit}, but the model was trained on numbers ${trained === undefined ? "without a unit" : `in ${trained}`}.`,
      { hint: "Bring them to the unit that the model was trained on." },
    );
  }
  const { values, unreadable: row } = numbersOfTexts(column, feature.notation);
  if (row === -1) return values;
  throw new HypersphereError(
    "schema-mismatch",
    `${source}: column "${column.name}" was trained on numbers${trained === undefined ? "" : ` in ${trained}`}, but data row ${row + 1} holds ${shown(column.levels[column.codes[row]!]!)}.`,
    {
      hint: 'Correct the cell, leave it empty to have it treated as missing, or name such cells as missing values with option "missing".',
    },
  );
}

/** The unit of a column's numbers, as messages name it. */
function unitOf({ affix, duration }: NumberNotation = {}): string | undefined {
  if (duration !== undefined) return duration === "short" ? "minutes or seconds behind a colon" : "seconds";
  return affix === undefined ? undefined : JSON.stringify(affix);
}
