import { hourOfDay } from "../../text/duration.js";

const isoDate =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*([ap])(?:m|\.\s?m\.))?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;
/** The same without separators: a day, or down to hours, minutes, seconds or parts of them. */
const digitDate =
  /^((?:19|20)\d{2})(\d{2})(\d{2})(?:T?(\d{2})(?:(\d{2})(?:(\d{2})(?:[.,]?(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** Seconds since 1970, or undefined for what is no date. The clock may be one of twelve hours: 2024-05-31 1:15 PM. A date without a zone is in UTC, on every machine. */
export function parseDate(text: string): number | undefined {
  const match = isoDate.exec(text.trim());
  if (match === null) return undefined;
  const [, year, , month, day, hour, minute, second, fraction, half, zone] = match;
  return secondsSince1970({ year, month, day, hour, minute, second, fraction, half, zone });
}

/**
 * Seconds since 1970 of a date from 1900 to 2099 that is written in digits alone, such as 20240305, 2024030513,
 * 202403051345, 20240305134500 or 20240305T134500Z; undefined for what is no date.
 */
export function parseDigitDate(text: string): number | undefined {
  const match = digitDate.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  return secondsSince1970({ year, month, day, hour, minute, second, fraction, zone });
}

/** What of a date in a form that is read does not exist, such as the 30th of February; undefined for other texts. */
export function impossible(text: string): "day" | "time of day" | undefined {
  const [, year, , month, day] =
    isoDate.exec(text.trim()) ?? digitDate.exec(text.trim())?.toSpliced(2, 0, "") ?? [];
  if (year === undefined) return undefined;
  return parseDate(`${year}-${month}-${day}`) === undefined ? "day" : "time of day";
}

/** Whether a date says how far its clock is from UTC. */
export const statesZone = (text: string): boolean =>
  /(?:Z|UTC)$|(?:[T\s]|^\d{8})\S*[+-]\d{2}(?::?\d{2})?$/i.test(text.trim());

type DateParts = Readonly<
  Record<"year" | "month" | "day" | "hour" | "minute" | "second" | "fraction" | "zone", string | undefined>
> & {
  /** Of the day, by its first letter, for clocks of twelve hours. */
  readonly half?: string | undefined;
};

function secondsSince1970(parts: DateParts): number | undefined {
  const [year, month, day] = [Number(parts.year), Number(parts.month), Number(parts.day)];
  const [told, minute, second] = [
    Number(parts.hour ?? 0),
    Number(parts.minute ?? 0),
    Number(parts.second ?? 0),
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  // Date.UTC takes the 31st of February for a day in March.
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return undefined;
  if (parts.half !== undefined && (told < 1 || told > 12)) return undefined;
  const hour = parts.half === undefined ? told : hourOfDay(told, parts.half);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = parts.fraction === undefined ? 0 : Number(`0.${parts.fraction}`);
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second + fraction - zoneOffset(parts.zone);
}

/** Seconds that a zone is ahead of UTC. */
function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return zone.startsWith("-") ? -seconds : seconds;
}
