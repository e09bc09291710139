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
/** Of the rows that the repeated hour should have at the usual step, this share has to be there, both times. */
const PRESENT = 0.5;

/**
 * Puts the rows of each entity in the order of time; rows of one time keep their order. Where the rows of an entity are
 * in order but for a clock that was set back by an hour, they keep their order, and the times after it move on by
 * that hour: sorting would interleave the two hours of one name.
 * @param times whose values are changed then
 * @returns sentences about clocks that were set back
 */
export function sortByTime(entities: Entities, times: Times, table: Table, timeColumn: string): string[] {
  const { order, ranges } = entities;
  const { values } = times;
  const found: SetBack[] = [];
  for (const { from, to } of ranges) {
    const rows = order.subarray(from, to);
    if (times.clockTime) found.push(...undoSetBacks(rows, values, table, timeColumn));
    const given = rows.slice();
    argsort(
      Float64Array.from(given, (row) => values[row]!),
      "times",
    ).forEach((place, k) => {
      rows[k] = given[place]!;
    });
  }
  const [first] = found;
  if (first === undefined) return [];
  const cell = textOf(findColumn(table, timeColumn));
  const others = found.length === 1 ? "" : `, and ${counted(found.length - 1, "time")} more`;
  return [
    `${table.source}: the times in "${timeColumn}" go back by an hour in row ${first.row + 1} ` +
      `(${cell(first.row)} after ${cell(first.before)})${others}. That is taken for the end of summer time, and the rows stay ` +
      "in their order. Times with their offset from UTC, such as 2024-10-27T02:00:00+01:00, leave no doubt.",
  ];
}

/** The first row after a clock was set back, and the row before. */
interface SetBack {
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
  const places: number[] = [];
  for (let k = 0; k < steps.length; k++) if (steps[k]! < 0) places.push(k + 1);
  const sameCells = equalCells(table, timeColumn);
  const isYearly = places.every((at, k) => k === 0 || times[at]! - times[places[k - 1]!]! >= LEAST_BETWEEN);
  if (
    !isYearly ||
    !places.every((at) => isSetBack(times, at, usual, (a, b) => sameCells(inOrder[a]!, inOrder[b]!)))
  )
    return [];
  if (descends) rows.reverse();
  places.forEach((at) => {
    for (let k = at; k < rows.length; k++) values[rows[k]!]! += HOUR;
  });
  return places.map((at) => ({ row: rows[at]!, before: rows[at - 1]! }));
}

/**
 * Whether the step to a place is that of a clock set back by an hour: with the usual step it makes an hour, the hour is
 * there both times, time goes on as usual after it, and the second hour is no copy of the first.
 */
function isSetBack(
  times: Float64Array,
  at: number,
  usual: number,
  isCopy: (a: number, b: number) => boolean,
): boolean {
  const [before, after] = [times[at - 1]!, times[at]!];
  const back = before - after;
  const tolerance = usual <= 20 * MINUTE ? Math.max(10 * MINUTE, 2 * usual) : 10 * MINUTE;
  if (back > HOUR + MINUTE || Math.abs(back + usual - HOUR) > tolerance) return false;
  // A row that came late is followed by a step over all that came before it.
  if (at + 1 < times.length && times[at + 1]! - after > Math.max(2 * usual, back / 2)) return false;
  let first = at - 1;
  while (first > 0 && times[first - 1]! >= after) first--;
  let last = at;
  while (last + 1 < times.length && times[last + 1]! <= before) last++;
  const due = Math.max(1, Math.floor((PRESENT * back) / usual));
  const ends = last === times.length - 1;
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
  return same === 0 || copies < same;
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
