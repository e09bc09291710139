/** Cells that mean a missing value to a model, in a table that was read without knowing it. */
import type { CategoricalColumn, Column, NumericColumn, Table } from "../data/index.js";
import type { MissingTokens } from "../text/missing-tokens.js";
import type { FeatureSchema } from "./schema.js";

/**
 * The table with the cells missing that tokens say are, in the columns of the schema. Texts and numbers that training took
 * for categories stay, whatever was said: tables made of columns have them.
 * @returns the table itself where there are none
 */
export function withRememberedMissing(table: Table, schema: FeatureSchema, tokens: MissingTokens): Table {
  const levels = levelsOf(schema);
  let changed = false;
  const columns = table.columns.map((column) => {
    if (column.kind === "numeric" && !tokens.hasNumbers) return column;
    const kept = levels.get(column.name);
    const without = kept === undefined ? column : withoutTokens(column, tokens, kept);
    changed ||= without !== column;
    return without;
  });
  return changed ? { ...table, columns } : table;
}

/** Texts of the categorical columns of a schema, none of its numeric ones. Made once: rows are scored one by one, too. */
function levelsOf(schema: FeatureSchema): ReadonlyMap<string, ReadonlySet<string>> {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const levels = new Map<string, ReadonlySet<string>>([
    ...schema.numeric.map(({ name }) => [name, NONE] as const),
    ...schema.categorical.map(({ name, levels: texts }) => [name, new Set(texts)] as const),
  ]);
  known.set(schema, levels);
  return levels;
}

const known = new WeakMap<FeatureSchema, ReadonlyMap<string, ReadonlySet<string>>>();

const NONE: ReadonlySet<string> = new Set();

/** @param levels texts of a categorical column of the model, none of a numeric one */
function withoutTokens(column: Column, tokens: MissingTokens, levels: ReadonlySet<string>): Column {
  return column.kind === "numeric"
    ? withoutNumbers(column, tokens, levels)
    : withoutTexts(column, tokens, levels);
}

function withoutNumbers(column: NumericColumn, tokens: MissingTokens, levels: ReadonlySet<string>): Column {
  const { values } = column;
  const isGone = (value: number): boolean => tokens.hasNumber(value) && !levels.has(String(value));
  if (!tokens.hasNumbers || !values.some(isGone)) return column;
  const own = values.constructor as Float64ArrayConstructor;
  return { ...column, values: own.from(values, (value) => (isGone(value) ? Number.NaN : value)) };
}

function withoutTexts(column: CategoricalColumn, tokens: MissingTokens, levels: ReadonlySet<string>): Column {
  const { codes, levels: texts } = column;
  const gone = texts.map((text) => {
    const cell = text.trim();
    return !levels.has(cell) && (tokens.has(cell) || (levels === NONE && tokens.hasAmongNumbers(cell)));
  });
  if (!gone.includes(true)) return column;
  return { ...column, codes: codes.map((code) => (gone[code] === true ? -1 : code)) };
}
