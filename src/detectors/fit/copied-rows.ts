import { type Column, type Dataset, listNames } from "../../data/index.js";
import { columnSchema, type InputSchema, kindOf } from "../../features/index.js";
import { percent } from "../../text/format.js";

/** Fewer rows than this share change no promise that anybody would notice. */
const LEAST_SHARE = 0.01;
/** A column with so many different values among the different rows makes it next to impossible that two rows agree by chance. */
const HARDLY_REPEATS = 0.5;
/** Rows of few values are there more often than this on average; copies seldom are. */
const MOST_COPIES = 8;

/**
 * A sentence about rows that are there several times, although a column hardly has a value twice otherwise. Held out at
 * random, such a row is judged by a detector that has learned from its copy, and looks more normal than any row to come. Rows
 * that agree because all their columns have few values do so in data to come as well: nothing is said of them.
 *
 * @param digests one per row, equal where rows are, as `Kind.digests` gives them
 */
export function copiesDoubt(data: Dataset, schema: InputSchema, digests: Uint32Array): string | undefined {
  const counts = new Map<number, number>();
  for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  let rows = 0;
  for (const count of counts.values()) if (count > 1) rows += count;
  if (rows < LEAST_SHARE * digests.length || rows === 0) return undefined;
  if (digests.length > MOST_COPIES * counts.size) return undefined;
  const learned = new Set(columnSchema(schema)?.numeric.map(({ name }) => name));
  // Of a single column, equal rows and equal values are the same.
  if (learned.size < 2) return undefined;
  const telling = kindOf(data)
    .columns(data)
    .filter((column) => learned.has(column.name) && hardlyRepeats(column, digests.length, counts.size));
  if (telling.length === 0) return undefined;
  const names = listNames(
    telling.map(({ name }) => name),
    3,
  );
  return (
    `${rows} of ${digests.length} rows of ${data.source} (${percent(rows / digests.length)}) are equal to another row, although ` +
    `otherwise hardly two rows agree in ${names}: they look like copies. A row that calibrates while its copy is learned from ` +
    "looks more normal than rows to come, and alarms come more often than promised. Keep one of each."
  );
}

/** Whole numbers may have few values even so. @param different rows, out of all of them */
function hardlyRepeats(column: Column, rows: number, different: number): boolean {
  if (column.kind !== "numeric" || column.values.length !== rows) return false;
  const distinct = new Set(column.values);
  if (distinct.size < HARDLY_REPEATS * different) return false;
  for (const value of distinct) if (!Number.isInteger(value) && !Number.isNaN(value)) return true;
  return false;
}
