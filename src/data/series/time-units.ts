/**
 * What the numbers of a time column count: units since 1970, or steps and lengths of a scale of their own ("count").
 * Dates are told in seconds.
 */
export const TIME_UNITS = ["seconds", "milliseconds", "microseconds", "nanoseconds", "count"] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** Of each unit of time, how many make a second. */
const perSecond: Readonly<Record<Exclude<TimeUnit, "count">, number>> = {
  seconds: 1,
  milliseconds: 1e3,
  microseconds: 1e6,
  nanoseconds: 1e9,
};

/** Times since 1970 are compared as whole microseconds: differences of them are exact, whatever unit they came in. */
const MICRO = 1e6;
/** A number that is this close to a whole number of microseconds is one: 0.07 s are 70 000. */
const WHOLE = 1e-6;

/** From a unit to microseconds; a count stays as it is. */
export function toMicroseconds(value: number, unit: TimeUnit): number {
  if (unit === "count") return value;
  const units = perSecond[unit];
  const micro = units > MICRO ? value / (units / MICRO) : value * (MICRO / units);
  const whole = Math.round(micro);
  return Math.abs(micro - whole) < WHOLE ? whole : micro;
}

/** From microseconds to a unit; a count stays as it is. */
export function fromMicroseconds(value: number, unit: TimeUnit): number {
  if (unit === "count") return value;
  const units = perSecond[unit];
  return units > MICRO ? value * (units / MICRO) : value / (MICRO / units);
}

/** From March 1973 to the end of 2099, in seconds. Elsewhere seconds, milliseconds and the like would overlap. */
const EARLIEST = 1e8;
const LATEST = 4_102_444_800;

const SINCE_1970 = Object.keys(perSecond) as (keyof typeof perSecond)[];

/** The unit in which a number is a time since 1970; undefined for one that is none in any. */
export function unitSince1970(value: number): Exclude<TimeUnit, "count"> | undefined {
  return SINCE_1970.find((unit) => value >= EARLIEST * perSecond[unit] && value < LATEST * perSecond[unit]);
}
