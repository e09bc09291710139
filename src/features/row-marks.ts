import {
  type CategoricalColumn,
  type Column,
  isDate,
  type NumericColumn,
  parseDigitDate,
  unitSince1970,
} from "../data/index.js";
import { quantileSorted } from "../math/quantile.js";
import { dayCount } from "./day-numbers.js";

/** With fewer values a sequence says nothing. */
const FEWEST = 20;
/** Share of the steps from row to row that may go the other way, or stay where they are. */
const MOST_BACK = 0.01;
const MOST_TIES = 0.05;
/** How well a line through the row numbers has to explain what grows. Sorted normal values reach 3 / pi = 0.955. */
const LINEAR = 0.98;
/** Share of the steps that have to be the usual one, but for a tenth of it. */
const REGULAR = 0.75;
/** Share of the texts that have to be dates: others stand for no date, such as 0000-00-00, or are slips. */
const MOSTLY_DATES = 0.9;
/** Share of different values that a column with the name of an identifier has at least. */
const DIFFERENT = 0.95;
/** Share of the steps that move, at least, in a column that stays between them: with less it is a phase, or a shift. */
const LEAST_MOVES = 0.2;
/** So many different months or days in six digits are hardly ever something else. */
const FEW_DATES = 5;
/** Cycles end at the same value, but for this share of their height. */
const SAME_TOPS = 0.1;
/** More different texts in more than half of the rows are no features in any case, see `fitFeatureSchema`. */
const MOST_LEVELS = 64;
/** Repeated values that independent draws would show at least; by chance none of 12 shows once in 160 000 times. */
const DUE_REPEATS = 12;
/** Times before 1990 in seconds are as likely amounts. */
const EARLIEST = Date.UTC(1990, 0) / 1000;
/** The first of January 1900; below it nothing is a date in digits, nor a time since 1970 from 1990 on. */
const EARLIEST_DIGITS = 19_000_101;
/** So many values tell whether values repeat; sorting more takes time. */
const MOST_SORTED = 65_536;

/** Columns of arrays, which have no names of their own: all of them are meant. */
const UNNAMED = /^x\d+$/;
const TIME_NAME =
  /(^|[^a-z])(time|timestamp|date|datetime|epoch|ts)([^a-z]|$)|[a-z](Time|Date|Timestamp)$|_at$/i;
/** Names of what happens at a time; only numbers of the size of a time are taken for one. */
const MOMENT_NAME =
  /(time|date|stamp)$|(^|[^a-z])(when|created|modified|updated|start(s|ed)?|end(s|ed)?|logged|login|seen|since|until|expires?|birth|born|occurred|received|sent)([^a-z]|$)/i;
const ID_NAME =
  /(^|[^a-z])(id|ids|uuid|guid|serial|imei|ean|gtin|isbn|phone|barcode|seq|sequence|nr|no|number|key)$|[a-z](Id|ID)$|^id[^a-z]|^(row|record|unnamed)?[^a-z]*(index|idx|row|0)$/i;

/** What a column that numbers or dates the rows looks like; `mark` ends "because it holds ...". */
export interface RowMark {
  readonly mark: string;
  /** Only a doubt: the column stays. */
  readonly doubt: boolean;
}

/**
 * Columns that number or date the rows, by name: later rows would be outside all that training has seen, whatever else
 * they hold. They are times and dates, whole numbers that grow from row to row or of which each occurs once where
 * independent values would repeat, and other numbers that grow by the same step. Columns called x0, x1, ... are those of
 * arrays: nothing is said of them.
 * @param rows the training rows, ascending
 * @param named columns that a person has asked for by name: nothing is said of them either
 */
export function rowMarks(
  columns: readonly Column[],
  rows: ArrayLike<number>,
  named: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, RowMark> {
  const marks = new Map<string, RowMark>();
  if (columns.every(({ name }) => UNNAMED.test(name))) return marks;
  for (const column of columns) {
    if (named.has(column.name)) continue;
    const found = column.kind === "numeric" ? numericMark(column, rows) : textMark(column, rows);
    if (found !== undefined) marks.set(column.name, found);
  }
  return marks;
}

const marked = (mark: string): RowMark => ({ mark, doubt: false });
const notWhole = { different: 0, unique: false };
const doubtful = (mark: string): RowMark => ({ mark, doubt: true });

const [UNSEEN, OTHER, DATED] = [0, 1, 2];

/** Texts that are nearly all dates, or nearly all different. */
function textMark({ codes, levels }: CategoricalColumn, rows: ArrayLike<number>): RowMark | undefined {
  const seen = new Uint8Array(levels.length);
  let [present, distinct, dates, datedRows] = [0, 0, 0, 0];
  for (let k = 0; k < rows.length; k++) {
    const code = codes[rows[k]!]!;
    if (code < 0) continue;
    present++;
    if (seen[code] === UNSEEN) {
      distinct++;
      seen[code] = isDate(levels[code]!) ? DATED : OTHER;
      if (seen[code] === DATED) dates++;
    }
    if (seen[code] === DATED) datedRows++;
  }
  if (dates > 1 && datedRows >= MOSTLY_DATES * present) return marked("dates");
  return present >= FEWEST && distinct >= DIFFERENT * present && distinct <= MOST_LEVELS
    ? marked("a different text in nearly every row")
    : undefined;
}

/** The values that are there, with the rows that they stand in. */
interface Sequence {
  readonly values: Float64Array;
  readonly rows: Float64Array;
  readonly whole: boolean;
}

function sequenceOf({ values }: NumericColumn, rows: ArrayLike<number>): Sequence {
  const [present, places] = [new Float64Array(rows.length), new Float64Array(rows.length)];
  let count = 0;
  let whole = true;
  for (let k = 0; k < rows.length; k++) {
    const value = values[rows[k]!]!;
    if (!Number.isFinite(value)) continue;
    if (whole && !Number.isInteger(value)) whole = false;
    present[count] = value;
    places[count++] = rows[k]!;
  }
  return { values: present.subarray(0, count), rows: places.subarray(0, count), whole };
}

/** Zeros and minus ones stand for no time at all in many files; without them, unless they are most of what there is. */
function withoutStandIns(sequence: Sequence): Sequence {
  const { values } = sequence;
  const standsIn = (value: number): boolean => value === 0 || value === -1;
  const first = values.find((value) => !standsIn(value));
  if (first === undefined || first < EARLIEST_DIGITS) return sequence;
  let count = 0;
  for (let k = 0; k < values.length; k++) if (standsIn(values[k]!)) count++;
  if (count === 0 || values.length - count < Math.max(FEWEST, values.length / 2)) return sequence;
  const pick = (all: Float64Array): Float64Array => all.filter((_, k) => !standsIn(values[k]!));
  return { ...sequence, values: pick(values), rows: pick(sequence.rows) };
}

function numericMark(column: NumericColumn, rows: ArrayLike<number>): RowMark | undefined {
  const sequence = sequenceOf(column, rows);
  const { values, whole } = sequence;
  if (values.length < FEWEST) return undefined;
  const times = withoutStandIns(sequence);
  const unit = epochUnit(column.name, times, growthOf(times));
  if (unit !== undefined) return marked(`times since 1970, in ${unit}`);
  if (whole && (areDigitDates(times.values) || areShortDigitDates(values)))
    return marked("dates, written in digits");
  const growth = growthOf(sequence);
  const days = dayCount(column.name, values, {
    named: TIME_NAME.test(column.name),
    steady: growth.steady && growth.moves >= LEAST_MOVES,
  });
  if (days !== undefined) return marked(days);
  const grows = growth.strict && linearity(sequence) >= LINEAR;
  if (grows && whole) return marked("whole numbers that grow or fall with the rows");
  if (grows && isRegular(sequence)) return marked("numbers that grow by the same step in every row");
  // Numbers that stay for a row or two, such as one per order of several rows.
  const climbs = growth.steady && growth.moves >= LEAST_MOVES;
  const doubt =
    grows || (climbs && linearity(sequence) >= LINEAR)
      ? "numbers that only ever grow or fall"
      : climbs && startsAnew(sequence, growth)
        ? "numbers that only ever grow or fall, but for starting anew"
        : undefined;
  if (doubt !== undefined) {
    const isNamed = whole && (ID_NAME.test(column.name) || TIME_NAME.test(column.name));
    return isNamed ? marked(doubt) : doubtful(doubt);
  }
  const { different, unique } = whole ? repeats(values.subarray(0, MOST_SORTED)) : notWhole;
  const isSparseId = different >= DIFFERENT && ID_NAME.test(column.name);
  if (unique || isSparseId) return marked("a different whole number in every row");
  // Such as one count for each of several machines, whose rows are mixed, or a sensor that drifts.
  return growth.moves >= LEAST_MOVES && linearity(sequence) >= LINEAR
    ? doubtful("numbers that grow or fall along a line")
    : undefined;
}

interface Growth {
  /** Nearly every step goes the same way, but for steps that stay. */
  readonly steady: boolean;
  /** Nearly no step stays either. */
  readonly strict: boolean;
  /** Whether more steps go up than down. */
  readonly rises: boolean;
  /** Share of the steps that go either way. */
  readonly moves: number;
}

function growthOf({ values }: Sequence): Growth {
  const steps = values.length - 1;
  let [up, down] = [0, 0];
  for (let k = 1; k <= steps; k++) {
    if (values[k]! > values[k - 1]!) up++;
    else if (values[k]! < values[k - 1]!) down++;
  }
  const steady = Math.min(up, down) <= MOST_BACK * steps && Math.max(up, down) >= 0.1 * steps;
  const moves = (up + down) / steps;
  return { steady, strict: steady && 1 - moves <= MOST_TIES, rises: up > down, moves };
}

/** The unit of times since 1970: of that size, and in order, at full minutes, or named so. */
function epochUnit(name: string, { values }: Sequence, { steady }: Growth): string | undefined {
  const unit = unitSince1970(values[0]!);
  if (unit === undefined) return undefined;
  const second = { seconds: 1, milliseconds: 1e3, microseconds: 1e6, nanoseconds: 1e9 }[unit];
  let [minutes, round] = [true, true];
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    if (value < EARLIEST * second || unitSince1970(value) !== unit) return undefined;
    minutes &&= value % (60 * second) === 0;
    round &&= value % (1000 * second) === 0;
  }
  const isNamed = TIME_NAME.test(name) || MOMENT_NAME.test(name);
  return steady || isNamed || (minutes && !round) ? unit : undefined;
}

/** A count of this size is a date only once in 28 times. */
function areDigitDates(values: Float64Array): boolean {
  return values.every((value) => value >= EARLIEST_DIGITS && parseDigitDate(String(value)) !== undefined);
}

/** Months such as 202405 and days such as 240531: of several that are not close together most counts are neither. */
function areShortDigitDates(values: Float64Array): boolean {
  const different = new Set<number>();
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  let [months, days] = [true, true];
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    months &&= value >= 190_001 && value <= 209_912 && isMonth(value % 100);
    days &&= value >= 100_101 && value <= 401_231 && parseDigitDate(`20${value}`) !== undefined;
    if (!months && !days) return false;
    if (different.size < FEW_DATES) different.add(value);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return different.size >= FEW_DATES && high - low >= 100;
}

const isMonth = (value: number): boolean => value >= 1 && value <= 12;

/** Whether most steps are the usual one, for each row that they pass. */
function isRegular({ values, rows }: Sequence): boolean {
  const steps = new Float64Array(values.length - 1);
  for (let k = 0; k < steps.length; k++) steps[k] = (values[k + 1]! - values[k]!) / (rows[k + 1]! - rows[k]!);
  const usual = quantileSorted(steps.toSorted(), 0.5);
  const near = steps.filter((step) => Math.abs(step - usual) <= 0.1 * Math.abs(usual)).length;
  return usual !== 0 && near >= REGULAR * steps.length;
}

/** Whether the values grow along lines of one slope, as a counter that starts anew does; cycles are features. */
function startsAnew(sequence: Sequence, { rises }: Growth): boolean {
  const { values } = sequence;
  const starts = new Set<number>();
  for (let k = 1; k < values.length; k++) {
    const step = values[k]! - values[k - 1]!;
    if (rises ? step < 0 : step > 0) starts.add(k);
  }
  if (linearity(sequence, starts) < LINEAR) return false;
  const tops = Float64Array.from(starts, (k) => values[k - 1]!).sort();
  const bottoms = Float64Array.from(starts, (k) => values[k]!).sort();
  const height = Math.abs(quantileSorted(tops, 0.5) - quantileSorted(bottoms, 0.5));
  return tops.length < 2 || tops.at(-1)! - tops[0]! > SAME_TOPS * height;
}

/** Squared correlation of the values with the rows that they stand in. @param starts where another level begins */
function linearity({ values, rows }: Sequence, starts: ReadonlySet<number> = new Set()): number {
  let [meanX, meanY, xx, yy, xy] = [0, 0, 0, 0, 0];
  let count = 0;
  for (let k = 0; k < values.length; k++) {
    if (starts.has(k)) [meanX, meanY, count] = [0, 0, 0];
    count++;
    const [dx, dy] = [rows[k]! - meanX, values[k]! - meanY];
    meanX += dx / count;
    meanY += dy / count;
    xx += dx * (rows[k]! - meanX);
    yy += dy * (values[k]! - meanY);
    xy += dx * (values[k]! - meanY);
  }
  return xy ** 2 / (xx * yy);
}

/**
 * How many of whole numbers are different, and whether they repeat less than independent draws. Of those two are neighbours
 * on their grid twice as often as they are the same, whatever their distribution: i and i + 1 can come in two
 * orders. Sparse values have neither neighbours nor repeats, and nothing follows from that.
 */
function repeats(values: Float64Array): { readonly different: number; readonly unique: boolean } {
  const sorted = values.toSorted();
  const counts: number[] = [];
  const gaps: number[] = [];
  let grid = 0;
  for (let k = 0; k < sorted.length; k++) {
    const gap = sorted[k]! - sorted[k - 1]!;
    if (gap === 0) counts[counts.length - 1]!++;
    else {
      if (k > 0) {
        gaps.push(gap);
        grid = commonDivisor(grid, gap);
      }
      counts.push(1);
    }
  }
  let [neighbours, same] = [0, 0];
  counts.forEach((count, k) => {
    same += (count * (count - 1)) / 2;
    if (gaps[k] === grid) neighbours += count * counts[k + 1]!;
  });
  const due = neighbours / 2;
  return { different: counts.length / values.length, unique: due >= DUE_REPEATS && same <= 0.05 * due };
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
