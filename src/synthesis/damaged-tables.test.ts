import { expect, test } from "vitest";
import { type Column, type NumericColumn, type Table, tableFromColumns } from "../data/index.js";
import { createRandom } from "../math/random.js";
import { damagedTable, TABLE_DAMAGES, type TableDamage } from "./damaged-tables.js";

const ROWS = 200;
const stream = createRandom(2).stream("columns");
const a = Array.from({ length: ROWS }, () => stream.normal());
const table = tableFromColumns({
  a,
  b: a.map((value) => (stream.uniform() < 0.1 ? Number.NaN : 10 * value)),
  same: Array.from({ length: ROWS }, () => 4),
  kind: Array.from({ length: ROWS }, (_, row) => ["red", "green", "blue"][row % 3]!),
});
const make = (damage: TableDamage, from: Table = table, count = 400): Table =>
  damagedTable(from, damage, count, createRandom(5).stream(damage))!;
const numbers = (from: Table, name: string): NumericColumn["values"] =>
  (from.columns.find((column) => column.name === name) as NumericColumn).values;
const cell = (column: Column, row: number): number =>
  column.kind === "numeric" ? column.values[row]! : column.codes[row]!;

/** Rows of the table with the same cells, missing ones as missing. */
const isRow = (from: Table, row: number): boolean =>
  Array.from({ length: ROWS }).some((_, other) =>
    from.columns.every((column, k) => Object.is(cell(column, row), cell(table.columns[k]!, other))),
  );

test("every kind damages every row or nearly so, and leaves what never varies", () => {
  for (const damage of TABLE_DAMAGES) {
    const made = make(damage);
    expect(made.rowCount).toBe(400);
    expect(made.columns.map(({ name, kind }) => [name, kind])).toEqual(
      table.columns.map(({ name, kind }) => [name, kind]),
    );
    expect(new Set(numbers(made, "same"))).toEqual(new Set([4]));
    const unchanged = Array.from({ length: 400 }, (_, row) => row).filter((row) => isRow(made, row));
    // A text may be drawn again, and a missing cell cannot be shifted.
    expect(unchanged.length, damage).toBeLessThan(damage === "shuffled-columns" ? 4 : 200);
    expect(damagedTable(table, damage, 400, createRandom(5).stream(damage))).toEqual(made);
  }
});

test("numbers are shifted by one to four deviations, and drawn between the ends", () => {
  const known = new Set(a);
  const shifted = [...numbers(make("shifted-values"), "a")].filter((value) => !known.has(value));
  expect(shifted.length).toBeGreaterThan(100);
  const deviation = Math.sqrt(a.reduce((sum, value) => sum + value ** 2, 0) / ROWS);
  for (const value of shifted) {
    const nearest = Math.min(...a.map((one) => Math.abs(Math.abs(value - one) / deviation - 2.5)));
    expect(nearest).toBeLessThan(1.6);
  }
  const drawn = numbers(make("drawn-values"), "a");
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(Math.min(...a));
  expect(Math.max(...drawn)).toBeLessThanOrEqual(Math.max(...a));
});

test("shuffling keeps columns and breaks what they have in common", () => {
  const made = make("shuffled-columns", table, 2000);
  const [x, y] = [numbers(made, "a"), numbers(made, "b")];
  expect([...x].every((value) => a.includes(value))).toBe(true);
  const together = [...x.keys()].filter((row) => !Number.isNaN(y[row]!));
  const sum = together.reduce((total, row) => total + x[row]! * y[row]!, 0) / together.length;
  const before = a.reduce((total, value) => total + 10 * value * value, 0) / ROWS;
  expect(Math.abs(sum / before)).toBeLessThan(0.15);
});

test("what cannot be damaged is not", () => {
  const texts = tableFromColumns({ kind: ["a", "b", "a"], other: ["c", "d", "d"] });
  expect(damagedTable(texts, "shifted-values", 5, createRandom(1).stream("x"))).toBeUndefined();
  expect(damagedTable(texts, "drawn-values", 5, createRandom(1).stream("x"))!.rowCount).toBe(5);
  const single = tableFromColumns({ value: [1, 2, 3] });
  expect(damagedTable(single, "swapped-values", 5, createRandom(1).stream("x"))).toBeUndefined();
  const constant = tableFromColumns({ value: [1, 1, 1], other: [2, 2, 2] });
  for (const damage of TABLE_DAMAGES)
    expect(damagedTable(constant, damage, 5, createRandom(1).stream("x"))).toBeUndefined();
});
