import { HypersphereError } from "../../errors.js";
import { counted } from "../../text/format.js";
import { parseNumber } from "../../text/parse-number.js";
import { shown } from "../../text/shown.js";
import { findColumn } from "../table/make-table.js";
import type { CategoricalColumn, NumericColumn, Table } from "../table/table.js";
import { isDate } from "./date-like.js";
import { impossible, parseDate, parseDigitDate, statesZone } from "./dates.js";
import { fromMicroseconds, type TimeUnit, toMicroseconds, unitSince1970 } from "./time-units.js";

/** A time column as numbers that grow with time. */
export interface Times {
  /** One per row: microseconds since 1970, or the column's own numbers where they are a count. */
  readonly values: Float64Array;
  /** What the column counts; seconds for dates. */
  readonly unit: TimeUnit;
  /** Whether clocks may be set back: dates without a zone, and numbers that may have been made of such dates. */
  readonly clockTime: boolean;
  /** Whether they came as times since 1970, which are in UTC unless someone made them of local times. */
  readonly fromNumbers?: boolean;
  /** Sentences about doubts, usually none. */
  readonly warnings: readonly string[];
}

/**
 * Reads a time column: ISO 8601 dates with or without time of day (also with a space for the T and slashes for the
 * dashes; UTC where no zone is stated); dates in digits alone, such as 20240305134500; or numbers, taken as seconds,
 * milliseconds, microseconds or nanoseconds since 1970 where they are of that size, and as a count otherwise.
 * @param known the unit that the numbers are known to be in, where they do not tell themselves; a count stays one
 * @throws HypersphereError `unfit-data` naming row and value of the first cell without a time, or of another unit than
 * the others; `schema-mismatch` for dates where a count is known
 */
export function readTimes(table: Table, name: string, known?: TimeUnit): Times {
  return timesOf(cellsOf(findColumn(table, name, "time column")), { source: table.source, name }, known);
}

/**
 * The time that one cell states, as `readTimes` reads a column of that cell alone.
 * @param text null for nothing
 * @returns one of `Times.values`
 */
export function readTime(text: string | null, of: TimeColumn, known?: TimeUnit): number {
  const number = text === null ? undefined : parseNumber(text);
  const cells: Cells = {
    length: 1,
    areNumbers: number !== undefined,
    number: () => (text === null ? Number.NaN : number),
    text: () => text ?? undefined,
  };
  return timesOf(cells, of, known).values[0]!;
}

/** Whose times they are, for messages. */
interface TimeColumn {
  readonly source: string;
  readonly name: string;
}

function timesOf(cells: Cells, { source, name }: TimeColumn, known: TimeUnit | undefined): Times {
  if (known === "count") {
    if (!cells.areNumbers) throw datesForCount(source, name, cells.text(0));
    return { values: numbersOf(cells, source, name), unit: "count", clockTime: false, warnings: [] };
  }
  const inDigits = cells.areNumbers && areDigitDates(cells);
  if (cells.areNumbers && !inDigits) return readNumbers(cells, source, name, known);
  const values = new Float64Array(cells.length);
  const parse = remembered(
    inDigits ? parseDigitDate : (text: string) => parseDate(text) ?? parseDigitDate(text),
  );
  let [zoned, plain] = [0, cells.length];
  for (let row = 0; row < values.length; row++) {
    const text = cells.text(row);
    const seconds = text === undefined ? undefined : parse(text);
    if (seconds === undefined) {
      const such = inDigits ? "20240531134500" : "2024-05-31 13:45:00 (ISO 8601)";
      throw noTime(
        source,
        name,
        row,
        text === undefined ? "nothing" : shown(text),
        `a date such as ${such}`,
        hintFor(text),
      );
    }
    if (!statesZone(text!)) plain = Math.min(plain, row);
    else zoned++;
    values[row] = Math.round(seconds * 1e6);
  }
  const some = zoned > 0 && zoned < values.length;
  return {
    ...{ values, unit: "seconds", clockTime: zoned < values.length || zoned === 0 },
    warnings: some
      ? [
          `${source}: ${counted(zoned, "time")} of ${values.length} in "${name}" state their offset from UTC, and the others do not (first ${shown(cells.text(plain))} in row ${plain + 1}): those are taken for UTC.`,
        ]
      : [],
  };
}

/** The cells of a time column, as numbers and as texts. */
interface Cells {
  readonly length: number;
  /** Whether they are to be read as numbers; a slip among them is a text all the same. */
  readonly areNumbers: boolean;
  /** NaN for nothing, undefined for a text that is no number. */
  number(row: number): number | undefined;
  /** Undefined for nothing. */
  text(row: number): string | undefined;
}

function cellsOf(column: NumericColumn | CategoricalColumn): Cells {
  if (column.kind === "numeric") {
    const { values } = column;
    return {
      length: values.length,
      areNumbers: true,
      number: (row) => values[row]!,
      text: (row) => (Number.isNaN(values[row]!) ? undefined : String(values[row])),
    };
  }
  const { codes, levels } = column;
  const numbers = levels.map(parseNumber);
  const first = codes.length > 0 && codes[0]! >= 0 ? levels[codes[0]!]! : "";
  return {
    length: codes.length,
    // One slip makes a column of numbers a column of texts; the slip is what has to be named then.
    areNumbers: parseNumber(first) !== undefined,
    number: (row) => (codes[row]! < 0 ? Number.NaN : numbers[codes[row]!]),
    text: (row) => levels[codes[row]!],
  };
}

/** A count of days or seconds crosses what would be the 32nd or the 60th; dates never do. */
const DIGIT_DATES = 0.5;

function areDigitDates({ length, text }: Cells): boolean {
  const digits = remembered((cell: string) => parseDigitDate(cell));
  const mayBe = [0, length >> 1].some((row) => digits(text(row) ?? "") !== undefined);
  if (!mayBe) return false;
  let dates = 0;
  for (let row = 0; row < length; row++) {
    const cell = text(row);
    if (cell !== undefined && digits(cell) !== undefined) dates++;
  }
  return dates > DIGIT_DATES * length;
}

function readNumbers(cells: Cells, source: string, name: string, known: TimeUnit | undefined): Times {
  const numbers = numbersOf(cells, source, name);
  const found = usualUnit(numbers);
  if (found === undefined) {
    if (known === undefined) return { values: numbers, unit: "count", clockTime: false, warnings: [] };
    const doubt =
      `${source}: the times in "${name}" (${numbers[0]} in the first row) are neither dates nor times since 1970. ` +
      `They are taken for ${known}, the unit that was known before.`;
    return {
      values: numbers.map((value) => toMicroseconds(value, known)),
      unit: known,
      clockTime: false,
      warnings: numbers.length === 0 ? [] : [doubt],
    };
  }
  const other = numbers.findIndex((value) => (unitSince1970(value) ?? found) !== found);
  if (other >= 0) {
    throw noTime(
      source,
      name,
      other,
      `${numbers[other]}, which is a time in ${unitSince1970(numbers[other]!)}`,
      `one in ${found} as in other rows`,
    );
  }
  return {
    values: numbers.map((value) => Math.round(toMicroseconds(value, found))),
    unit: found,
    clockTime: true,
    fromNumbers: true,
    warnings: [],
  };
}

/** The unit of most of the numbers: a single slip does not decide. */
function usualUnit(numbers: Float64Array): ReturnType<typeof unitSince1970> {
  const counts = new Map<ReturnType<typeof unitSince1970>, number>();
  for (const value of numbers) {
    const unit = unitSince1970(value);
    counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), [undefined, 0] as const)[0];
}

/** @throws HypersphereError `unfit-data` for a cell that is no finite number */
function numbersOf(cells: Cells, source: string, name: string): Float64Array {
  return Float64Array.from({ length: cells.length }, (_, row) => {
    const value = cells.number(row);
    if (value !== undefined && Number.isFinite(value)) return value;
    const text = cells.text(row);
    const what = text === undefined ? "nothing" : value === undefined ? shown(text) : String(value);
    throw noTime(source, name, row, what, value === undefined ? "a number" : "a time");
  });
}

const CORRECT = "Correct the cell or take the row out: without its time a step has no place in the series.";

/** @param text of a cell that states no time */
function hintFor(text: string | undefined): string | undefined {
  const part = text && impossible(text);
  if (part) return `There is no such ${part}${part === "day" ? " (year, month, day)" : ""}. ${CORRECT}`;
  return text !== undefined && isDate(text)
    ? "Write all times in that form: of others it is often not known which number is the day and which the month."
    : undefined;
}

function noTime(
  source: string,
  name: string,
  row: number,
  what: string,
  expected: string,
  hint = CORRECT,
): HypersphereError {
  return new HypersphereError(
    "unfit-data",
    `${source}: time column "${name}" holds ${what} in row ${row + 1}, where ${expected} was expected.`,
    { hint },
  );
}

function datesForCount(source: string, name: string, example: string | undefined): HypersphereError {
  return new HypersphereError(
    "schema-mismatch",
    `${source}: time column "${name}" holds ${example === undefined ? "nothing" : shown(example)} in row 1, but the times of training were plain numbers, neither dates nor times since 1970.`,
    { hint: "Write the times as in the training data: gaps and steps are known in its numbers." },
  );
}

/** A function of texts that computes each result once. */
function remembered<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (known.has(text)) return known.get(text)!;
    const value = compute(text);
    known.set(text, value);
    return value;
  };
}

const unitSeconds: Readonly<Record<string, number>> = {
  ms: 1e-3,
  s: 1,
  min: 60,
  m: 60,
  h: 3600,
  d: 86400,
  w: 604800,
};

/**
 * A length of time as a difference of `Times.values`: a number is in units of the column, or in `unit`; a text states
 * its own ("90s", "15min", "1.5h", "7d").
 * @throws HypersphereError `invalid-option` unless it is above 0, and for a unit where the column is a count
 */
export function spanOf(
  span: number | string,
  times: Pick<Times, "unit">,
  option: string,
  unit: TimeUnit = times.unit,
): number {
  const match = typeof span === "string" ? /^(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)$/.exec(span.trim()) : undefined;
  const stated = match?.[2] ?? "";
  const value = typeof span === "number" ? span : match ? Number(match[1]) : Number.NaN;
  if (!(value > 0 && Number.isFinite(value)) || (stated !== "" && !Object.hasOwn(unitSeconds, stated))) {
    throw new HypersphereError(
      "invalid-option",
      `${option} must be a length of time above 0, but is ${JSON.stringify(span)}.`,
      {
        hint: `Write a number in units of the time column (seconds for dates), or one with ${Object.keys(unitSeconds).join(", ")}.`,
      },
    );
  }
  if (stated === "") return toMicroseconds(value, unit);
  if (times.unit === "count") {
    throw new HypersphereError(
      "invalid-option",
      `${option} is ${JSON.stringify(span)}, but the times are plain numbers, neither dates nor time since 1970.`,
      { hint: `State ${option} as a number in units of the time column.` },
    );
  }
  return toMicroseconds(value * unitSeconds[stated]!, "seconds");
}

/** A difference of `Times.values` for messages: "15 min", or the number itself of a count. */
export function showSpan(span: number, { unit }: Pick<Times, "unit">): string {
  if (unit === "count") return String(Number(span.toPrecision(4)));
  const seconds = fromMicroseconds(span, "seconds");
  const [shown, length] = shownUnits.find(([, length]) => seconds >= length) ?? ["ms", 1e-3];
  return `${Number((seconds / length).toPrecision(3))} ${shown}`;
}

const shownUnits: readonly (readonly [shown: string, seconds: number])[] = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];
