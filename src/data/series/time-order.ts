import { argsort, selectInPlace } from "../../math/sort.js";
import { shown } from "../../text/shown.js";
import { findColumn } from "../table/make-table.js";
import type { Column, Table } from "../table/table.js";
import { counted, type Entities } from "./segments.js";
import type { Times } from "./time.js";

const HOUR = 3600e6;
const MINUTE = 60e6;
/** Clocks are set back once a year, the first time a little less than a year after the last. */
const LEAST_BETWEEN = 300 * 24 * HOUR;

/** By how much clocks are set back, and what the file has to show then. */
interface Shift {
  readonly length: number;
  readonly name: string;
  /** Of the rows that the repeated time should have at the mean step, this share has to be there, both times. */
  readonly present: (usual: number) => number;
  /** How far the step back may be from the one that is due. */
  readonly tolerance: (usual: number) => number;
}

const hour: Shift = {
  ...{ length: HOUR, name: "an hour", present: () => 0.5 },
  tolerance: (usual) => (usual <= 20 * MINUTE ? Math.max(10 * MINUTE, 2 * usual) : 10 * MINUTE),
};
/** Lord Howe Island's. Two rows that changed places every 15 minutes go back as far, so that of few rows more have to be there. */
const halfHour: Shift = {
  ...{ length: HOUR / 2, name: "half an hour", present: (usual) => (usual <= 5 * MINUTE ? 0.5 : 0.75) },
  tolerance: (usual) => Math.max(5 * MINUTE, Math.min(10 * MINUTE, 2 * usual)),
};

/**
 * Puts the rows of each entity in the order of time; rows of one time keep their order. Where the rows of an entity are
 * in order but for a clock that was set back by an hour or half of one, they keep their order, and the times after it move on
 * by as much: sorting would interleave the two hours of one name.
 * @param times whose values are changed then
 * @returns sentences about clocks that were set back, and about rows that changed places
 */
export function sortByTime(entities: Entities, times: Times, table: Table, timeColumn: string): string[] {
  const { order, ranges } = entities;
  const { values } = times;
  const found: SetBack[] = [];
  const early: Early[] = [];
  for (const { from, to } of ranges) {
    const rows = order.subarray(from, to);
    const setBacks = times.clockTime ? undoSetBacks(rows, values, table, timeColumn) : [];
    found.push(...setBacks);
    if (setBacks.length === 0) early.push(...earlyRows(rows, values));
    const given = rows.slice();
    argsort(
      Float64Array.from(given, (row) => values[row]!),
      "times",
    ).forEach((place, k) => {
      rows[k] = given[place]!;
    });
  }
  if (found.length === 0 && early.length === 0) return [];
  const cell = textOf(findColumn(table, timeColumn));
  const sentences: string[] = [];
  const [first] = found;
  if (first !== undefined) {
    const others = found.length === 1 ? "" : `, and ${counted(found.length - 1, "time")} more`;
    sentences.push(
      `${table.source}: the times in "${timeColumn}" go back by ${first.shift.name} in row ${first.row + 1} ` +
        `(${cell(first.row)} after ${cell(first.before)})${others}. ${times.fromNumbers ? ofNumbers : ofDates}`,
    );
  }
  const [one] = early;
  if (one !== undefined) {
    sentences.push(
      `${table.source}: ${counted(early.length, "row")} ${early.length === 1 ? "has" : "have"} an earlier time than the row before, ` +
        `the first in row ${one.row + 1} (${cell(one.row)} after ${cell(one.before)}). The rows are sorted by "${timeColumn}"` +
        `${times.clockTime ? "; if a clock was set back there, give times with their offset from UTC" : ""}.`,
    );
  }
  return sentences;
}

/** A row and the one before it, whose time is later. */
interface Early {
  readonly row: number;
  readonly before: number;
}

/** Rows of one entity that stand behind later ones; in files with the latest row first, behind earlier ones. */
function earlyRows(rows: Uint32Array, values: Float64Array): Early[] {
  const [down, up]: [Early[], Early[]] = [[], []];
  for (let k = 1; k < rows.length; k++) {
    const [before, row] = [rows[k - 1]!, rows[k]!];
    if (values[row]! < values[before]!) down.push({ row, before });
    else if (values[row]! > values[before]!) up.push({ row, before });
  }
  return down.length > up.length ? up.map(({ row, before }) => ({ row: before, before: row })) : down;
}

const ofDates =
  "That is taken for the end of summer time, and the rows stay in their order. Times with their offset from UTC, such as " +
  "2024-10-27T02:00:00+01:00, leave no doubt.";
const ofNumbers =
  "Times since 1970 are in UTC, which knows no summer time: these seem to be made of local times, and the rows stay in their " +
  "order. Make them of times with their offset from UTC; if the clock was corrected, or two recordings overlap, " +
  "give each stretch a name of its own in an entity column.";

/** The first row after a clock was set back, and the row before. */
interface SetBack {
  readonly shift: Shift;
  readonly row: number;
  readonly before: number;
}

/** Moves the times after each set-back clock on by an hour. @param rows of one entity, turned round where they descend */
function undoSetBacks(rows: Uint32Array, values: Float64Array, table: Table, timeColumn: string): SetBack[] {
  let [rising, falling] = [0, 0];
  for (let k = 1; k < rows.length; k++) {
    const step = values[rows[k]!]! - values[rows[k - 1]!]!;
    if (step > 0) rising++;
    else if (step < 0) falling++;
  }
  const descends = falling > rising;
  const backs = descends ? rising : falling;
  // The latest row first: then the later of two rows of one time comes first as well.
  if (descends && backs === 0) rows.reverse();
  if (backs === 0 || backs > rows.length / 2) return [];
  const inOrder = descends ? rows.toReversed() : rows;
  const times = Float64Array.from(inOrder, (row) => values[row]!);
  const steps = times.subarray(1).map((time, k) => time - times[k]!);
  const forward = steps.filter((step) => step > 0);
  const usual = selectInPlace(forward, (forward.length - 1) >> 1);
  const mean = meanStep(forward, usual);
  const places: number[] = [];
  for (let k = 0; k < steps.length; k++) if (steps[k]! < 0) places.push(k + 1);
  const sameCells = equalCells(table, timeColumn);
  const isYearly = places.every((at, k) => k === 0 || times[at]! - times[places[k - 1]!]! >= LEAST_BETWEEN);
  if (!isYearly) return [];
  const isCopy = (a: number, b: number): boolean => sameCells(inOrder[a]!, inOrder[b]!);
  const found: { at: number; shift: Shift }[] = [];
  for (const at of places) {
    const shift = shiftOf(times[at - 1]! - times[at]!, usual);
    if (!isSetBack(times, at, { usual, mean }, shift, isCopy)) return [];
    found.push({ at, shift });
  }
  if (descends) rows.reverse();
  for (const { at, shift } of found) {
    for (let k = at; k < rows.length; k++) values[rows[k]!]! += shift.length;
  }
  return found.map(({ at, shift }) => ({ shift, row: rows[at]!, before: rows[at - 1]! }));
}

/** Gaps are more than so many usual steps. */
const GAP = 5;

/** Of steps that are no gaps: where some are short and others long, the usual step alone would expect too many rows. */
function meanStep(forward: Float64Array, usual: number): number {
  let [sum, count] = [0, 0];
  for (const step of forward) {
    if (step > GAP * usual) continue;
    sum += step;
    count++;
  }
  return Math.max(usual, sum / count);
}

const shiftOf = (back: number, usual: number): Shift =>
  Math.abs(back + usual - halfHour.length) < Math.abs(back + usual - hour.length) ? halfHour : hour;

/**
 * Whether the step to a place is that of a clock set back by an hour (or half of one): with the usual step it makes an hour,
 * the hour is there both times, time goes on as usual after it, and the second hour is no copy of the first.
 */
function isSetBack(
  times: Float64Array,
  at: number,
  { usual, mean }: { readonly usual: number; readonly mean: number },
  shift: Shift,
  isCopy: (a: number, b: number) => boolean,
): boolean {
  const [before, after] = [times[at - 1]!, times[at]!];
  const back = before - after;
  const { length } = shift;
  if (back > length + MINUTE || Math.abs(back + usual - length) > shift.tolerance(usual)) return false;
  // A row that came late is followed by a step over all that came before it.
  if (at + 1 < times.length && times[at + 1]! - after > Math.max(2 * usual, back / 2)) return false;
  const exact = isExact(times, at, usual, shift);
  if (!exact && areSwapped(times, at, usual)) return false;
  let first = at - 1;
  while (first > 0 && times[first - 1]! >= after) first--;
  let last = at;
  while (last + 1 < times.length && times[last + 1]! <= before) last++;
  const due = exact
    ? 1
    : shift === hour
      ? Math.max(1, Math.floor((shift.present(usual) * back) / mean))
      : Math.ceil(shift.present(usual) * (back / mean + 1));
  const ends = shift === hour && last === times.length - 1;
  if (at - first < due || (!ends && last - at + 1 < due)) return false;
  let [same, copies] = [0, 0];
  for (let a = first, b = at; a < at && b <= last; ) {
    if (times[a] === times[b]) {
      same++;
      if (isCopy(a, b)) copies++;
      a++;
      b++;
    } else if (times[a]! < times[b]!) a++;
    else b++;
  }
  // Two stretches that changed places have no time in common either, but there is a gap before the first.
  const entry = first === 0 ? usual : times[first]! - times[first - 1]!;
  return same === 0 ? entry <= Math.max(2 * usual, back / 2) : copies < same;
}

/** Whether the steps are the usual ones once the two rows at a step back change places. */
function areSwapped(times: Float64Array, at: number, usual: number): boolean {
  if (at < 2 || at + 1 >= times.length) return false;
  const [before, behind] = [times[at]! - times[at - 2]!, times[at + 1]! - times[at - 1]!];
  return Math.abs(before - usual) <= usual * UNEVEN && Math.abs(behind - usual) <= usual * UNEVEN;
}

/** By how much of itself a usual step may vary. */
const UNEVEN = 1 / 20;
/** Steps on each side of a clock that was set back that show a regular recording. */
const AROUND = 3;

/**
 * Whether all steps around a place are the usual one but for the step to it, which with the usual one makes the shift: rows
 * that changed places leave other steps beside them.
 */
function isExact(times: Float64Array, at: number, usual: number, { length }: Shift): boolean {
  const step = (k: number): number => times[k]! - times[k - 1]!;
  if (at <= AROUND || at + AROUND >= times.length || Math.abs(usual - step(at) - length) > MINUTE)
    return false;
  for (let k = 1; k <= AROUND; k++) {
    const most = usual * UNEVEN;
    if (Math.abs(step(at - k) - usual) > most || Math.abs(step(at + k) - usual) > most) return false;
  }
  return true;
}

/** Whether two rows of a table have the same in all columns but one. */
function equalCells({ columns }: Table, but: string): (a: number, b: number) => boolean {
  const cells = columns
    .filter(({ name }) => name !== but)
    .map((column): ArrayLike<number> => (column.kind === "numeric" ? column.values : column.codes));
  return (a, b) => cells.every((column) => Object.is(column[a], column[b]));
}

function textOf(column: Column): (row: number) => string {
  return column.kind === "numeric"
    ? (row) => String(column.values[row])
    : (row) => shown(column.levels[column.codes[row]!] ?? "");
}
