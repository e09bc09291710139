/** Columns that a person may not have meant to be learned from. */
import {
  anomalyWords,
  type Column,
  type Dataset,
  isLabelName,
  normalWords,
  type Reading,
} from "../../data/index.js";
import { kindOf, rowMarks } from "../../features/index.js";

/** Columns that were asked for by name: nobody need be warned of them. */
export const askedFor = (reading: Reading | undefined): ReadonlySet<string> =>
  new Set([...(reading?.columns ?? []), ...Object.keys(reading?.columnTypes ?? {})]);

/**
 * Sentences about columns that are learned from and should perhaps not be: named and filled like labels, or growing from
 * row to row.
 * @param rows the training rows, ascending
 */
export function columnDoubts(data: Dataset, rows: ArrayLike<number>, named: ReadonlySet<string>): string[] {
  const columns = kindOf(data).columns(data);
  const doubts: string[] = [];
  for (const column of columns) {
    const values = named.has(column.name) ? undefined : labelValues(column);
    if (values === undefined) continue;
    doubts.push(
      `Column "${column.name}" is learned from, but it has the name of a label, and its values are ${values}. If it says ` +
        'which rows are normal, name it with option "labelColumn"; it would not ' +
        "be there, or known, in rows to come.",
    );
  }
  // Time steps of a series are in the order of time, and what drifts with it is no mistake.
  if (kindOf(data).axes > 1) return doubts;
  for (const [name, { mark, doubt }] of rowMarks(columns, rows, named)) {
    if (!doubt) continue;
    doubts.push(
      `Column "${name}" is learned from, but it holds ${mark} from row to row. If it is a counter or a time, all later rows ` +
        'will look abnormal: leave it out with option "exclude".',
    );
  }
  return doubts;
}

const MOST_KINDS = 64;

/** The values of a column that is named and filled like labels: two of them, or kinds of anomalies beside "normal". */
function labelValues(column: Column): string | undefined {
  if (!isLabelName(column.name)) return undefined;
  const distinct = new Set<string>();
  const cells: ArrayLike<number> = column.kind === "numeric" ? column.values : column.codes;
  for (let row = 0; row < cells.length && distinct.size <= MOST_KINDS; row++) {
    const cell = cells[row]!;
    if (column.kind === "numeric" ? Number.isNaN(cell) : cell < 0) continue;
    distinct.add(column.kind === "numeric" ? String(cell) : column.levels[cell]!);
  }
  const values = [...distinct];
  if (values.length === 2) return values.map((value) => JSON.stringify(value)).join(" and ");
  const areKinds =
    column.kind === "categorical" &&
    values.length > 2 &&
    values.length <= MOST_KINDS &&
    values.some((value) => isWord(value, normalWords) || isWord(value, anomalyWords));
  return areKinds
    ? `${values
        .slice(0, 3)
        .map((value) => JSON.stringify(value))
        .join(", ")} and others`
    : undefined;
}

const isWord = (text: string, words: readonly string[]): boolean =>
  !/^\d/.test(text) && words.includes(text.trim().toLowerCase());
