import { parseDate, parseDigitDate, type Samples, type Timeline, type TimeUnit } from "../../data/index.js";
import { parseNumber } from "../../text/parse-number.js";

/** Units of a second, and none of a count. */
const PER_SECOND: Readonly<Record<TimeUnit, number | undefined>> = {
  ...{ seconds: 1, milliseconds: 1e3, microseconds: 1e6, nanoseconds: 1e9, count: undefined },
};
/** Numbers above it are times since 1970 (September 2001), in seconds. */
const SINCE_1970 = 1e9;

export interface StepTimes {
  /** [steps], never falling within a segment; a step without a row lies evenly between its neighbours. */
  readonly values: Float64Array;
  /** Whether they are seconds since 1970; otherwise they are a count, or numbers of rows from 1. */
  readonly dates: boolean;
  /** Whether they come from a column, and are no numbers of rows. */
  readonly named: boolean;
}

/**
 * A time for each step, from what its row is called.
 * @param unit of the time column; undefined without one
 */
export function stepTimes(
  { names }: Samples,
  { steps, segments, rowSteps }: Timeline,
  unit: TimeUnit | undefined,
): StepTimes {
  const values = new Float64Array(steps).fill(Number.NaN);
  const cells = names === undefined || unit === undefined ? undefined : names;
  const perSecond = unit && PER_SECOND[unit];
  let dates = cells !== undefined && perSecond !== undefined;
  rowSteps.forEach((step, row) => {
    if (cells === undefined) values[step] = row + 1;
    else {
      const time = timeOf(String(cells.of(row).at(-1) ?? ""), perSecond);
      if (time.count) dates = false;
      values[step] = time.value;
    }
  });
  for (const { from, to } of segments) {
    let last = from;
    for (let step = from + 1; step < to; step++) {
      if (Number.isNaN(values[step]!)) continue;
      // Clocks that were set back show an hour twice.
      values[step] = Math.max(values[step]!, values[last]!);
      for (let k = last + 1; k < step; k++) {
        values[k] = values[last]! + ((values[step]! - values[last]!) * (k - last)) / (step - last);
      }
      last = step;
    }
    values.fill(values[last]!, last, to);
  }
  return { values, dates, named: cells !== undefined };
}

function timeOf(
  text: string,
  perSecond: number | undefined,
): { readonly value: number; readonly count: boolean } {
  const number = parseNumber(text);
  if (perSecond === undefined) return { value: number ?? Number.NaN, count: true };
  const date = parseDate(text) ?? parseDigitDate(text);
  if (date !== undefined) return { value: date, count: false };
  const seconds = (number ?? Number.NaN) / perSecond;
  return { value: seconds, count: !(Math.abs(seconds) >= SINCE_1970 / 100) };
}
