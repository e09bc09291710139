/**
 * Lengths of time, and times of day. "full" ones are in seconds: of ISO 8601 (PT198S), clocks with hours, minutes and seconds
 * (00:07:27, with days as pandas, Python and .NET write them), and numbers with units (1h 30min). "short" ones have two
 * parts (7:27), which may be hours and minutes or minutes and seconds, and are in the smaller one. "days" have four parts
 * (1:02:03:04), in seconds; timecodes of films, which end in frames, look alike. "12-hour" ones are times of day (1:15 pm), in
 * seconds since midnight.
 */
export type DurationForm = "full" | "short" | "days" | "12-hour";

export interface Duration {
  readonly form: DurationForm;
  readonly value: number;
  /** Whether it could also be a number with a unit: "5 min". */
  readonly single: boolean;
}

/** Longer cells are no durations. */
const MOST_CHARACTERS = 64;

/** A number with a unit or a colon behind, days with a point, or the P of ISO 8601. */
const beginning = /^[-+]?(?:\d+(?:[.,]\d+)?\s*[:a-zµμ]|\d+\.\d|P\d|PT\d)/i;
const number = String.raw`(\d+(?:[.,]\d+)?)`;
const iso = new RegExp(
  `^([-+]?)P(?=\\d|T\\d)(?:${number}W)?(?:${number}D)?(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
  "i",
);
const clock =
  /^([-+]?)(?:(\d{1,9})(?:\.|\s*d(?:ays?)?,?\s*([-+]?)))?(\d{1,9}):([0-5]\d):([0-5]\d(?:[.,]\d{1,9})?)$/i;
const daysAndHours = /^([-+]?)(\d{1,9})\s*d(?:ays?)?,?\s*([-+]?)(\d{1,2}):([0-5]\d)$/i;
const fourParts = /^([-+]?)(\d{1,9}):([01]?\d|2[0-3]):([0-5]\d):([0-5]\d(?:[.,]\d{1,9})?)$/;
const twelveHours = /^(0?[1-9]|1[0-2]):([0-5]\d)(?::([0-5]\d(?:[.,]\d{1,9})?))?\s*([ap])(?:m|\.\s?m\.)$/i;
const days = /^([-+]?)(\d{1,9})\s*days?$/i;
const short = /^([-+]?)(\d{1,4}):([0-5]\d(?:[.,]\d{1,9})?)$/;

const units: readonly (readonly [names: string, seconds: number])[] = [
  ["w|wks?|weeks?", 604_800],
  ["d|days?", 86_400],
  ["h|hrs?|hours?", 3600],
  ["m|mins?|minutes?", 60],
  ["s|secs?|seconds?", 1],
  ["ms|msecs?|milliseconds?", 1e-3],
  ["[uµμ]s|microseconds?", 1e-6],
  ["ns|nanoseconds?", 1e-9],
];
/** A comma here could separate thousands: "1,234 ms". */
const composed = new RegExp(
  `^([-+]?)${units.map(([names]) => `(?:(\\d+(?:\\.\\d+)?)\\s*(?:${names})(?![a-zµμ])[\\s,]*)?`).join("")}$`,
);

const numberIn = (digits: string | undefined): number =>
  digits === undefined ? 0 : Number(digits.replace(",", "."));
const signed = (sign: string | undefined, value: number): number =>
  sign === "-" && value !== 0 ? -value : value;

/** The length of time that a text states; undefined for what is none, such as one in months, which differ. */
export function parseDuration(text: string): Duration | undefined {
  if (text.length > MOST_CHARACTERS || !beginning.test(text)) return undefined;
  const full = (value: number, single = false): Duration => ({ form: "full", value, single });
  const byIso = iso.exec(text);
  if (byIso !== null) {
    const [, sign, ...parts] = byIso;
    return full(signed(sign, sumOf(parts, [604_800, 86_400, 3600, 60, 1])));
  }
  const byClock = clock.exec(text) ?? daysAndHours.exec(text);
  if (byClock !== null) return full(clockSeconds(byClock));
  const byDays = days.exec(text);
  if (byDays !== null) return full(signed(byDays[1], numberIn(byDays[2]) * 86_400), true);
  const byShort = short.exec(text);
  if (byShort !== null) {
    const [, sign, first, second] = byShort;
    return { form: "short", value: signed(sign, numberIn(first) * 60 + numberIn(second)), single: false };
  }
  const byParts = fourParts.exec(text);
  if (byParts !== null) {
    const [, sign, ...parts] = byParts;
    return { form: "days", value: signed(sign, sumOf(parts, [86_400, 3600, 60, 1])), single: false };
  }
  const byHalves = twelveHours.exec(text);
  if (byHalves !== null) {
    const [, hours, minutes, seconds, half] = byHalves;
    const value = sumOf([minutes, seconds], [60, 1]) + 3600 * hourOfDay(Number(hours), half!);
    return { form: "12-hour", value, single: false };
  }
  // Single letters in capitals are other units: "5 M", "3 W".
  const parts = composed.exec(text.replace(/[A-Za-z]{2,}/g, (word) => word.toLowerCase()))?.slice(1);
  if (parts === undefined) return undefined;
  const [sign, ...numbers] = parts;
  const stated = numbers.filter((part) => part !== undefined).length;
  return stated === 0
    ? undefined
    : full(
        signed(
          sign,
          sumOf(
            numbers,
            units.map(([, seconds]) => seconds),
          ),
        ),
        stated === 1,
      );
}

/** @param hour 1 to 12 @param half of the day, by its first letter */
export const hourOfDay = (hour: number, half: string): number =>
  (hour % 12) + (half.toLowerCase() === "p" ? 12 : 0);

/** Whether a length of time is in the form of a column; days may be left out where there are none. */
export const isInForm = (form: DurationForm, ofColumn: DurationForm): boolean =>
  form === ofColumn || (ofColumn === "days" && form === "full");

/** Python and pandas write a negative length as negative days and a positive time: "-1 days +23:59:30". */
function clockSeconds(match: RegExpExecArray): number {
  const [text, sign, dayCount, timeSign, hours, minutes, seconds] = match;
  const time = sumOf([hours, minutes, seconds], [3600, 60, 1]);
  const whole = numberIn(dayCount) * 86_400;
  return /d/i.test(text) ? signed(sign, whole) + signed(timeSign, time) : signed(sign, whole + time);
}

const sumOf = (parts: readonly (string | undefined)[], seconds: readonly number[]): number =>
  parts.reduce((sum, part, k) => {
    const unit = seconds[k]!;
    // Parts of a second are divided: 1001 * 1e-3 is not 1.001.
    return sum + (unit < 1 ? numberIn(part) / Math.round(1 / unit) : numberIn(part) * unit);
  }, 0);
