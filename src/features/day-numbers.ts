/** Dates and times written as a number of days, as spreadsheets, astronomers and databases do. */

interface DayCount {
  /** As in "days since 1900". */
  readonly title: string;
  /** From 1990 to 2099. */
  readonly least: number;
  readonly most: number;
  /** Whether hardly anything else is of that size. */
  readonly telling: boolean;
}

const COUNTS: readonly DayCount[] = [
  { title: "days since 1900, as spreadsheets write dates", least: 32_874, most: 73_050, telling: false },
  { title: "Julian days", least: 2_447_892, most: 2_488_070, telling: true },
];
const MINUTES = 1440;
/** Files round times of day to some five digits and more. */
const GRID = 0.02;
const DAY_NAME =
  /(^|[^a-z])(date|datetime|day|timestamp|julian|m?jd|excel)([^a-z]|$)|[a-z](Date|Day|Timestamp)$|_at$/i;

/**
 * What numbers of days count, where they are dates: of the size of days from 1990 to 2099, and named so, or growing with
 * the rows, or at full minutes of a day. Whole numbers alone may be anything of that size.
 * @param named whether the name is one of a time
 * @param steady whether nearly all of them grow or fall from row to row
 */
export function dayCount(
  name: string,
  values: Float64Array,
  { named, steady }: { readonly named: boolean; readonly steady: boolean },
): string | undefined {
  const found = COUNTS.find(({ least, most }) => values.every((value) => value >= least && value <= most));
  if (found === undefined) return undefined;
  const says = DAY_NAME.test(name) || (steady && (named || found.telling)) || areFullMinutes(values);
  return says ? found.title : undefined;
}

/** Full minutes of a day, most of which are no amounts in hundredths: those are at full minutes only at quarters. */
function areFullMinutes(values: Float64Array): boolean {
  const offGrid = (value: number, steps: number): number =>
    Math.abs(value * steps - Math.round(value * steps));
  let others = 0;
  for (const value of values) {
    if (offGrid(value, MINUTES) > GRID) return false;
    if (offGrid(value, 100) > GRID) others++;
  }
  return others > values.length / 2;
}
