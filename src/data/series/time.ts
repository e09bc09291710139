import { HypersphereError } from "../../errors.js";
import { parseNumber } from "../../text/parse-number.js";
import { findColumn } from "../table/make-table.js";
import { show } from "../table/show-cell.js";
import type { Table } from "../table/table.js";

/** A time column as numbers that grow with time. */
export interface Times {
  /** One per row: seconds since 1970 for dates, the column's own numbers otherwise. */
  readonly values: Float64Array;
  /** Units of the numbers in a second; undefined for numbers that do not look like time since 1970. */
  readonly perSecond: number | undefined;
}

/**
 * Reads a time column: ISO 8601 dates with or without time of day (also with a space for the T and slashes for the
 * dashes; UTC where no zone is stated), or numbers, taken as seconds, milliseconds or microseconds since 1970 where they
 * are of that size, and as a plain scale otherwise.
 * @throws HypersphereError `unfit-data` naming row and value of the first cell without a time
 */
export function readTimes(table: Table, name: string): Times {
  const column = findColumn(table, name, "time column");
  const bad = (row: number, what: string, expected: string): HypersphereError =>
    new HypersphereError(
      "unfit-data",
      `${table.source}: time column "${name}" holds ${what} in row ${row + 1}, where ${expected} was expected.`,
      { hint: "Correct the cell or take the row out: without its time a step has no place in the series." },
    );
  if (column.kind === "numeric") {
    const values = Float64Array.from(column.values);
    const missing = values.findIndex((value) => !Number.isFinite(value));
    if (missing >= 0) {
      const what = Number.isNaN(values[missing]) ? "nothing" : String(values[missing]);
      throw bad(missing, what, "a time");
    }
    return { values, perSecond: unitsPerSecond(values) };
  }
  const { codes, levels } = column;
  const first = codes.length > 0 && codes[0]! >= 0 ? levels[codes[0]!]! : "";
  // One slip makes a column of numbers a column of texts; the slip is what has to be named then.
  const numbers = parseNumber(first) !== undefined;
  const parse = numbers ? (text: string) => finite(parseNumber(text)) : parseDate;
  const parsed = levels.map(parse);
  const values = new Float64Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    const value = code < 0 ? undefined : parsed[code];
    if (value === undefined) {
      const what = code < 0 ? "nothing" : show(levels[code]!);
      throw bad(row, what, numbers ? "a number" : "a date such as 2024-05-31 13:45:00 (ISO 8601)");
    }
    values[row] = value;
  }
  return { values, perSecond: numbers ? unitsPerSecond(values) : 1 };
}

const finite = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isFinite(value) ? value : undefined;

/** Dates from 1973 on: seconds have 9 to 11 digits, milliseconds and microseconds three and six more. */
function unitsPerSecond(values: Float64Array): number | undefined {
  const middle = values[values.length >> 1] ?? 0;
  return [1, 1e3, 1e6].find((unit) => middle >= 1e8 * unit && middle < 1e11 * unit);
}

const isoDate =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** Seconds since 1970, or undefined for what is no date. A date without a zone is in UTC, on every machine. */
export function parseDate(text: string): number | undefined {
  const match = isoDate.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[3]), Number(match[4])];
  const [hour, minute, second] = [5, 6, 7].map((group) => Number(match[group] ?? 0)) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  // Date.UTC takes the 31st of February for a day in March.
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = match[8] === undefined ? 0 : Number(`0.${match[8]}`);
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second + fraction - zoneOffset(match[9]);
}

/** Seconds that a zone is ahead of UTC. */
function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return zone.startsWith("-") ? -seconds : seconds;
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
 * A length of time in units of the column: a number is one already, a text states its unit ("90s", "15min", "1.5h", "7d").
 * @throws HypersphereError `invalid-option` unless it is above 0, and for a unit where the column is no date
 */
export function spanOf(span: number | string, times: Times, option: string): number {
  const match = typeof span === "string" ? /^(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)$/.exec(span.trim()) : undefined;
  const unit = match?.[2] ?? "";
  const value = typeof span === "number" ? span : match ? Number(match[1]) : Number.NaN;
  if (!(value > 0 && Number.isFinite(value)) || (unit !== "" && !Object.hasOwn(unitSeconds, unit))) {
    throw new HypersphereError(
      "invalid-option",
      `${option} must be a length of time above 0, but is ${JSON.stringify(span)}.`,
      {
        hint: `Write a number in units of the time column (seconds for dates), or one with ${Object.keys(unitSeconds).join(", ")}.`,
      },
    );
  }
  if (unit === "") return value;
  if (times.perSecond === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `${option} is ${JSON.stringify(span)}, but the times are plain numbers, neither dates nor time since 1970.`,
      { hint: `State ${option} as a number in units of the time column.` },
    );
  }
  return value * unitSeconds[unit]! * times.perSecond;
}

/** A length of time for messages: "15 min", or the number itself where the unit is not known. */
export function showSpan(span: number, { perSecond }: Times): string {
  if (perSecond === undefined) return String(Number(span.toPrecision(4)));
  const seconds = span / perSecond;
  const [unit, length] = shownUnits.find(([, length]) => seconds >= length) ?? ["ms", 1e-3];
  return `${Number((seconds / length).toPrecision(3))} ${unit}`;
}

const shownUnits: readonly (readonly [unit: string, seconds: number])[] = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];
