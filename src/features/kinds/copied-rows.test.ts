import { describe, expect, it } from "vitest";
import { tableFromColumns } from "../../data/index.js";
import { createRandom } from "../../math/random.js";
import { copiedRows } from "./copied-rows.js";

const stream = createRandom(5).stream("copies");
const make = <T>(count: number, value: (row: number) => T): T[] =>
  Array.from({ length: count }, (_, row) => value(row));
const [a, b] = [make(300, () => stream.normal()), make(300, () => stream.normal())];
type Cells = readonly (number | string)[];

/** Rows by their numbers, with columns of their own beside. */
const table = (rows: readonly number[], more: Record<string, Cells> = {}) =>
  tableFromColumns({ a: rows.map((row) => a[row]!), b: rows.map((row) => b[row]!), ...more }, "t");
const once = make(300, (row) => row);
const twice = [...once, ...once];
const groupsOf = (data: ReturnType<typeof table>) => {
  const found = copiedRows(data);
  return found && Array.from(found.of);
};
const shuffled = (rows: readonly number[]): number[] =>
  Array.from(stream.permutation(rows.length), (k) => rows[k]!);

describe("copies of rows", () => {
  it("are the rows that are equal, numbered in the order of the first ones", () => {
    expect(groupsOf(table(twice))).toEqual(twice);
    expect(copiedRows(table(twice))).toMatchObject({ count: 300, telling: ["a", "b"] });
    const few = [...once, 7, 7, 9];
    expect(groupsOf(table(few))).toEqual(few);
  });

  it("may have missing cells and zeros of two signs", () => {
    const c = make(600, (row) => (row % 300 < 100 ? Number.NaN : row < 300 ? 0 : -0));
    expect(groupsOf(table(twice, { c }))).toEqual(twice);
  });

  const unlike: Record<string, (rows: number) => Cells> = {
    serial: (rows) => make(rows, (row) => 70_000 + row),
    order_number: (rows) => shuffled(make(rows, (row) => 5 * row)),
    uuid: (rows) => make(rows, (row) => `u-${row * 7919}`),
    time: (rows) => make(rows, (row) => 1.7e9 + 60 * row + 0.25),
    logged: (rows) => make(rows, (row) => new Date(1.7e12 + 60_000 * row).toISOString()),
  };
  it.each(Object.keys(unlike))("may be unlike in what numbers, names or dates the rows: %s", (name) => {
    expect(groupsOf(table(twice, { [name]: unlike[name]!(600) }))).toEqual(twice);
    const mixed = shuffled(twice);
    const firsts = [...new Set(mixed)];
    expect(groupsOf(table(mixed, { [name]: unlike[name]!(600) }))).toEqual(
      mixed.map((row) => firsts.indexOf(row)),
    );
  });

  it("are those of whole numbers, too, where these are long", () => {
    const cents = (factor: number) => make(300, (row) => Math.round(factor * (5 + a[row]!)));
    const of = (values: number[], rows: readonly number[]) => rows.map((row) => values[row]!);
    const [c, d] = [cents(100_000), cents(70_000)];
    expect(copiedRows(tableFromColumns({ c: of(c, twice), d: of(d, twice) }, "t"))?.count).toBe(300);
    const [few, fewer] = [cents(3), cents(2)];
    expect(copiedRows(tableFromColumns({ c: of(few, twice), d: of(fewer, twice) }, "t"))).toBeUndefined();
  });

  it("are not rows that are equal because values are few, come again, or differ elsewhere", () => {
    expect(groupsOf(table(once))).toBeUndefined();
    // Hardly any.
    expect(groupsOf(table([...once, 7]))).toBeUndefined();
    // It does not rain on most days.
    const rain = make(600, (row) => (row % 3 === 0 ? Math.abs(stream.normal()) : 0));
    expect(
      copiedRows(tableFromColumns({ rain, hours: rain.map((value) => 2 * value) }, "t")),
    ).toBeUndefined();
    // A machine that stands still shows 23.7 and 1.2, again and again.
    const idle = (value: number) => make(600, (row) => (row % 3 === 0 ? value : stream.normal()));
    expect(copiedRows(tableFromColumns({ heat: idle(23.7), power: idle(1.2) }, "t"))).toBeUndefined();
    // Settings.
    const setting = make(600, (row) => row % 20);
    expect(copiedRows(table(setting))).toBeUndefined();
    expect(
      groupsOf(table(twice, { shift: make(600, (row) => (row < 300 ? "day" : "night")) })),
    ).toBeUndefined();
    expect(copiedRows(tableFromColumns({ a: [...a, ...a] }, "t"))).toBeUndefined();
  });
});
