/**
 * Which rows of a table are copies of each other: a file that was appended twice, a join that fans out, a log that repeats an
 * entry under another number. Split at random, such a row would be held out while its copy is trained on.
 */
import type { Column, NumericColumn, Table } from "../../data/index.js";
import { MAX_LEVELS } from "../fit-schema.js";
import { rowMarks } from "../row-marks.js";
import type { RowGroups } from "./kind.js";
import { addDigests } from "./row-digests.js";

/** Fewer rows than this share change no promise that anybody would notice. */
const LEAST_SHARE = 0.01;
/** A column with so many different values among the different rows makes it next to impossible that two rows agree by chance. */
const HARDLY_REPEATS = 0.5;
/** Rows of few values are there more often than this on average; copies seldom are. */
const MOST_COPIES = 8;
/** More rows than this part of all, and more than `MOST_COPIES`, are no copies but a state that comes again. */
const LARGEST_GROUP = 1 / 10;
/** Whole numbers below this are counts or codes, which rows share by chance. */
const LONG = 1000;

/** What was found, by table: whoever asks what a fit will hold out asks for the same as the fit. */
const known = new WeakMap<Table, RowGroups | "none">();

/**
 * Groups of rows that are equal in all columns but those that number or date the rows; undefined where hardly any are.
 * Rows that agree because their columns have few values do so in data to come as well, and stand for themselves: rows are
 * copies only if they share a long number of a column that hardly repeats, with hardly a row beside them.
 */
export function copiedRows(table: Table): RowGroups | undefined {
  let found = known.get(table);
  if (found === undefined) {
    found = find(table) ?? "none";
    known.set(table, found);
  }
  return found === "none" ? undefined : found;
}

function find(table: Table): RowGroups | undefined {
  const { columns, rowCount } = table;
  // A quick look first, by what neither numbers nor names the rows: of most tables no two rows agree in that.
  const plain = columns.filter((column) => column.kind === "numeric" && !mayNumberRows(column));
  if (equalRows(plain, rowCount).count > (1 - LEAST_SHARE / 2) * rowCount) return undefined;
  const marks = rowMarks(
    columns,
    Uint32Array.from({ length: rowCount }, (_, row) => row),
  );
  const learned = columns.filter((column) => marks.get(column.name)?.doubt !== false && !namesRows(column));
  // Of a single column, equal rows and equal values are the same.
  if (learned.filter(({ kind }) => kind === "numeric").length < 2) return undefined;
  const equal = equalRows(learned, rowCount);
  if (rowCount > MOST_COPIES * equal.count) return undefined;
  const sizes = sizesOf(equal);
  const copied = new Uint8Array(equal.count);
  const telling = learned
    .filter((column) => markCopies(column, equal, sizes, copied))
    .map(({ name }) => name);
  const most = Math.max(MOST_COPIES, rowCount * LARGEST_GROUP);
  for (let group = 0; group < equal.count; group++) if (sizes[group]! > most) copied[group] = 0;
  const rows = sizes.reduce((sum, size, group) => sum + copied[group]! * size, 0);
  return rows < LEAST_SHARE * rowCount ? undefined : { ...onlyThose(equal, copied), telling };
}

/** Whether whole numbers are mostly different, as serial numbers are, or values only ever grow, as times do. */
function mayNumberRows({ values }: NumericColumn): boolean {
  let [whole, grows] = [true, true];
  for (let row = 0; row < values.length && (whole || grows); row++) {
    const value = values[row]!;
    whole &&= Number.isInteger(value) || Number.isNaN(value);
    grows &&= row === 0 || value >= values[row - 1]!;
  }
  return grows || (whole && new Set(values).size > HARDLY_REPEATS * values.length);
}

/** Texts that are different in nearly every row are no features, see `fitFeatureSchema`. */
function namesRows(column: Column): boolean {
  if (column.kind === "numeric") return false;
  const used = new Set(column.codes);
  used.delete(-1);
  return used.size > MAX_LEVELS && used.size > HARDLY_REPEATS * column.codes.length;
}

const valuesOf = (column: Column): ArrayLike<number> =>
  column.kind === "numeric" ? column.values : column.codes;

/** Rows that are equal in all of some columns; missing cells are equal to each other. */
function equalRows(columns: readonly Column[], rowCount: number): RowGroups {
  const values = columns.map(valuesOf);
  const digests = new Uint32Array(rowCount).fill(1);
  for (const column of values) addDigests(digests, column);
  const of = new Uint32Array(rowCount);
  const firstRows: number[] = [];
  const groups = new Map<number, number>();
  for (let row = 0; row < rowCount; row++) {
    let group = groups.get(digests[row]!);
    if (
      group === undefined ||
      !values.every((column) => Object.is(column[firstRows[group!]!]! + 0, column[row]! + 0))
    ) {
      group = firstRows.push(row) - 1;
      groups.set(digests[row]!, group);
    }
    of[row] = group;
  }
  return { of, count: firstRows.length };
}

function sizesOf({ of, count }: RowGroups): Uint32Array {
  const sizes = new Uint32Array(count);
  for (const group of of) sizes[group]!++;
  return sizes;
}

/**
 * Marks the groups of several rows that share a long number with hardly a row beside them.
 * @returns whether there are some, by this column
 */
function markCopies(
  column: Column,
  { of, count }: RowGroups,
  sizes: Uint32Array,
  copied: Uint8Array,
): boolean {
  if (column.kind !== "numeric") return false;
  const rowsWith = new Map<number, number>();
  for (const value of column.values) rowsWith.set(value, (rowsWith.get(value) ?? 0) + 1);
  if (rowsWith.size < HARDLY_REPEATS * count) return false;
  let found = false;
  of.forEach((group, row) => {
    const value = column.values[row]!;
    const long = Number.isFinite(value) && (!Number.isInteger(value) || Math.abs(value) >= LONG);
    if (!long || sizes[group] === 1 || rowsWith.get(value)! > 2 * sizes[group]!) return;
    copied[group] = 1;
    found = true;
  });
  return found;
}

/** The same groups, of which those that are not chosen come apart; numbered in the order of their first rows. */
function onlyThose({ of }: RowGroups, chosen: Uint8Array): RowGroups {
  const numbers = new Map<number, number>();
  let count = 0;
  const numbered = of.map((group) => {
    if (!chosen[group]) return count++;
    const known = numbers.get(group);
    if (known !== undefined) return known;
    numbers.set(group, count);
    return count++;
  });
  return { of: numbered, count };
}
