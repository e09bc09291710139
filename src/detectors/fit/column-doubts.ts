/** Columns that a person may not have meant to be learned from. */
import {
  anomalyWords,
  type Column,
  type Dataset,
  isLabelName,
  isSurelyLabelName,
  normalWords,
  type Reading,
} from "../../data/index.js";
import { kindOf } from "../../features/index.js";
import { listNames } from "../../text/closest-name.js";
import { shown } from "../../text/shown.js";
import { fillDoubts } from "./fill-doubts.js";

/** Columns that were asked for by name: nobody need be warned of them. */
export const askedFor = (reading: Reading | undefined): ReadonlySet<string> =>
  new Set([...(reading?.columns ?? []), ...Object.keys(reading?.columnTypes ?? {})]);

/** Sentences about columns that are learned from, whose names or values say that something else was meant. */
export const columnDoubts = (data: Dataset, named: ReadonlySet<string>): string[] => [
  ...labelDoubts(data, named),
  ...fillDoubts(data, named),
];

/** Sentences about columns that are learned from, and either named and filled like labels, or filled with verdicts. */
function labelDoubts(data: Dataset, named: ReadonlySet<string>): string[] {
  return kindOf(data)
    .columns(data)
    .flatMap((column) => {
      if (named.has(column.name)) return [];
      const [verdicts, values] = [verdictsOf(column), labelValues(column)];
      if (verdicts === undefined && values === undefined) return [];
      const looks =
        values === undefined
          ? `its values are verdicts: ${verdicts}`
          : `it has the name of a label, and its values are ${values}`;
      return [
        `Column "${column.name}" is learned from, but ${looks}. If it says ` +
          'which rows are normal, name it with option "labelColumn"; it would not be there, or known, in rows to come.',
      ];
    });
}

/** A sentence about a column that is learned from, and grows from row to row. @param mark see `RowMark` */
export const growthDoubt = (column: string, mark: string): string =>
  `Column "${column}" is learned from, but it holds ${mark} from row to row. If it is a counter or a time, all later rows ` +
  'will look abnormal: leave it out with option "exclude".';

const MOST_KINDS = 64;
/** Numbers of kinds are small. */
const MOST_NUMBERED = 20;

/** The words of a column, whatever its name, that all say of a row that it is normal or that it is not. */
function verdictsOf(column: Column): string | undefined {
  if (column.kind === "numeric" || column.levels.length > MOST_KINDS) return undefined;
  const present = new Set(column.codes);
  const words = column.levels.filter((_, code) => present.has(code));
  const says = (list: readonly string[]): number => words.filter((word) => isVerdict(word, list)).length;
  const [normal, other] = [says(normalWords), says(anomalyWords)];
  return normal > 0 && other > 0 && normal + other === words.length ? listNames(words, 3) : undefined;
}

/** "Yes" and "true" answer any question, not only whether something is wrong. */
const isVerdict = (text: string, words: readonly string[]): boolean =>
  isWord(text, words) && !/^(?:yes|no|true|false)$/i.test(text.trim());

/**
 * The values of a column that is named and filled like labels: two of them, kinds of anomalies beside "normal", or a few numbers
 * of kinds where the name leaves no doubt.
 */
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
  if (values.length === 2) return values.map((value) => shown(value)).join(" and ");
  const areKinds =
    column.kind === "categorical" &&
    values.length > 2 &&
    values.length <= MOST_KINDS &&
    values.some((value) => isWord(value, normalWords) || isWord(value, anomalyWords));
  const areNumbered =
    column.kind === "numeric" &&
    values.length > 2 &&
    values.length <= MOST_NUMBERED &&
    isSurelyLabelName(column.name) &&
    values.every((value) => Number.isInteger(Number(value)) && Math.abs(Number(value)) < MOST_NUMBERED);
  return areKinds || areNumbered ? listNames(values, 3) : undefined;
}

const isWord = (text: string, words: readonly string[]): boolean =>
  !/^\d/.test(text) && words.includes(text.trim().toLowerCase());
