import { AzureError, type AzureRequest, type Granularity } from "./request.js";

/** Milliseconds of a step; of months and years, their number. */
const STEP_MS: Readonly<Partial<Record<Granularity, number>>> = {
  weekly: 7 * 86_400_000,
  daily: 86_400_000,
  hourly: 3_600_000,
  minutely: 60_000,
  secondly: 1000,
};
const STEP_MONTHS: Readonly<Partial<Record<Granularity, number>>> = { yearly: 12, monthly: 1 };
/** Share of the times that may be missing. */
const MOST_MISSING = 0.1;

export interface Placed {
  /** One per step of time, NaN where there is no point. */
  readonly values: Float64Array;
  /** The step of each point. */
  readonly places: readonly number[];
}

/** Points by the steps of their times. @throws AzureError `InvalidSeries` for times out of order or off the steps */
export function placed(request: AzureRequest): Placed {
  const { series } = request;
  const places = series.map((_, k) => k);
  if (request.granularity === "none") {
    return { values: Float64Array.from(series, ({ value }) => value), places };
  }
  const steps = stepsOf(request);
  const length = steps.at(-1)! + 1;
  if (length - series.length > MOST_MISSING * length) {
    throw new AzureError(
      "InvalidSeries",
      `${length - series.length} of ${length} times are missing, more than a tenth: do granularity and customInterval fit the times?`,
    );
  }
  const values = new Float64Array(length).fill(Number.NaN);
  series.forEach(({ value }, k) => {
    values[steps[k]!] = value;
  });
  return { values: filled(values, request), places: steps };
}

function stepsOf({ series, granularity, customInterval = 1 }: AzureRequest): number[] {
  const times = series.map(({ timestamp }, k) => {
    if (timestamp !== undefined) return timestamp;
    throw new AzureError("InvalidSeries", `series.${k} has no timestamp, which ${granularity} needs.`);
  });
  const numbers = times.map((time) => numberOf(time, granularity) / customInterval);
  return numbers.map((number, k) => {
    if (k > 0 && number <= numbers[k - 1]!) {
      throw new AzureError(
        "InvalidSeries",
        `series.${k} is not later than the point before it (${times[k]}).`,
      );
    }
    const step = number - numbers[0]!;
    const whole = Math.round(step);
    if (Math.abs(step - whole) < 1e-3) return whole;
    const every = customInterval === 1 ? granularity : `${customInterval} steps ${granularity}`;
    throw new AzureError(
      "InvalidSeries",
      `series.${k} (${times[k]}) is not a whole number of steps after the first: ${every}.`,
    );
  });
}

/** A time in steps of the granularity. */
function numberOf(text: string, granularity: Granularity): number {
  const date = new Date(text);
  const months = STEP_MONTHS[granularity];
  if (months !== undefined) {
    const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    const begun = (+date - first) / (next - first);
    // Months differ in length: the same day of the next month is a month later.
    return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth() + (begun > 0.98 ? 1 : 0)) / months);
  }
  if (granularity === "microsecond") return microseconds(text, date);
  return +date / STEP_MS[granularity]!;
}

/** Dates hold milliseconds. */
function microseconds(text: string, date: Date): number {
  const digits = /\.(\d+)/.exec(text)?.[1] ?? "";
  return Math.floor(+date / 1000) * 1e6 + Number(digits.slice(0, 6).padEnd(6, "0"));
}

function filled(values: Float64Array, { imputeMode, imputeFixedValue }: AzureRequest): Float64Array {
  if (imputeMode === "auto" || imputeMode === "notFill") return values;
  return values.map((value, k) => {
    if (!Number.isNaN(value)) return value;
    if (imputeMode === "zero") return 0;
    if (imputeMode === "fixed") return imputeFixedValue!;
    // The first and the last step always have a value.
    let before = k;
    while (Number.isNaN(values[before])) before--;
    if (imputeMode === "previous") return values[before]!;
    let after = k;
    while (Number.isNaN(values[after])) after++;
    return values[before]! + ((values[after]! - values[before]!) * (k - before)) / (after - before);
  });
}
