import { describe, expect, it } from "vitest";
import { type ColumnData, tableFromColumns } from "../data/index.js";
import { createRandom } from "../math/random.js";
import { fitFeatureSchema } from "./fit-schema.js";
import { rowMarks } from "./row-marks.js";

const COUNT = 600;
/** Every fifth row is held out. */
const rows = Uint32Array.from({ length: COUNT }, (_, row) => row).filter((row) => row % 5 !== 3);
const random = createRandom(3);
const normals = (name: string): number[] => {
  const stream = random.stream(name);
  return Array.from({ length: COUNT }, () => stream.normal());
};
const make = <T>(value: (row: number) => T): T[] => Array.from({ length: COUNT }, (_, row) => value(row));
const shuffled = (name: string): number[] => Array.from(random.stream(name).permutation(COUNT));
const ascending = (values: number[]): number[] => values.sort((a, b) => a - b);

const marksOf = (name: string, data: ColumnData, named?: ReadonlySet<string>) => {
  const table = tableFromColumns({ [name]: data, other: normals("other") });
  return rowMarks(table.columns, rows, named).get(name);
};

const start = Date.UTC(2024, 2, 5);
const iso = (time: number): string => new Date(time).toISOString();

describe("columns that number the rows", () => {
  it.each<[string, string, number[]]>([
    ["count up", "n", make((row) => row + 1)],
    ["count down", "n", make((row) => 5000 - row)],
    ["count up with holes", "order", make((row) => 1000 + 7 * row + (row % 4))],
    ["count up, but for a few late rows", "n", make((row) => (row % 150 === 70 ? row - 30 : row))],
    ["are shuffled", "n", shuffled("a").map((value) => value + 1_000_000)],
    ["are shuffled in tens", "n", shuffled("b").map((value) => 10 * value)],
    ["are sparse, and telephones", "phone", normals("tel").map((value) => Math.round(4930e7 + value * 1e6))],
    ["are sparse, and named so", "customer_id", normals("c").map((value) => Math.round(value * 1e8))],
    ["are days of a spreadsheet, several rows on each", "date", make((row) => 45_292 + (row >> 4))],
    ["are days of a spreadsheet in any order", "Date", shuffled("x").map((value) => 45_000 + (value % 90))],
    [
      "are times of a spreadsheet in any order, whatever the name",
      "v",
      shuffled("x").map((value) => Number((45_292 + (value * 7) / 1440).toFixed(6))),
    ],
    [
      "are times of a spreadsheet that grow unsteadily",
      "time",
      make((row) => 45_292 + Math.exp(row / 120) + Math.sin(row) / 1e6),
    ],
    ["are Julian days that grow unsteadily", "v", make((row) => 2_460_310.5 + Math.exp(row / 120))],
    ["are Julian days in any order", "jd", shuffled("y").map((value) => 2_460_310 + (value % 90))],
    ["grow as the time since a start does", "uptime", make((row) => row * 0.25)],
  ])("are found where they %s", (_, name, data) => {
    expect(marksOf(name, data)).toMatchObject({ doubt: false });
  });

  it("are found in texts of few rows, too", () => {
    const few = tableFromColumns({
      id: make((row) => `machine ${row}`).slice(0, 50),
      v: normals("w").slice(0, 50),
    });
    expect(rowMarks(few.columns, rows.subarray(0, 40)).get("id")).toMatchObject({ doubt: false });
  });

  it.each<[string, string, ColumnData]>([
    ["amounts in cents", "amount", normals("d").map((value) => Math.round(Math.exp(value + 9)))],
    ["16-bit readings", "adc", normals("e").map((value) => Math.round(32768 + 9000 * value))],
    [
      "16-bit readings of even codes",
      "adc",
      normals("e").map((value) => 2 * Math.round(16384 + 4500 * value)),
    ],
    ["sparse whole numbers", "bytes", normals("f").map((value) => Math.round(4e8 + 1e8 * value))],
    ["floats", "temperature", normals("g")],
    ["floats that drift a little", "temperature", normals("g").map((value, row) => value + row / 100)],
    ["floats by which the file is sorted", "temperature", ascending(normals("h"))],
    [
      "whole numbers by which the file is sorted",
      "amount",
      ascending(normals("i").map((v) => Math.round(1e6 * Math.exp(v)))),
    ],
    [
      "counts by which the file is sorted",
      "visits",
      ascending(normals("j").map((v) => Math.round(40 + 10 * v))),
    ],
    [
      "amounts of the size of a day",
      "salary",
      normals("l").map((value) => 50_000 + Math.round(3000 * value)),
    ],
    [
      "amounts of the size of a day, in quarters",
      "price",
      normals("m").map((value) => 50_000 + Math.round(4000 * value) / 4),
    ],
    [
      "amounts of the size of a day by which the file is sorted",
      "salary",
      ascending(normals("n").map((value) => 50_000 + Math.round(300_000 * value) / 100)),
    ],
    [
      "lengths of time of the size of a day",
      "response_time",
      normals("o").map((value) => 50_000 + Math.round(3000 * value)),
    ],
    ["cycles that begin again", "cycle", make((row) => row % 200)],
    ["a few codes", "code", make((row) => 700_000 + (row % 7))],
    [
      "amounts of the size of a time",
      "memory",
      normals("k").map((value) => 4096 * Math.round(4e5 + 1e4 * value)),
    ],
    ["identifiers in name only", "house_number", make((row) => (row * 7) % 90)],
    ["telephones in name only", "phone_calls", make((row) => (row * 7919) % 100_003)],
  ])("are not %s", (_, name, data) => {
    expect(marksOf(name, data)?.doubt ?? "none").toBe("none");
  });

  it("are perhaps what only grows, which stays", () => {
    const total = make((row) => row);
    normals("l").forEach((value, row) => {
      total[row] = (total[row - 1] ?? 0) + Math.abs(value);
    });
    expect(marksOf("energy", total)).toEqual({ mark: "numbers that only ever grow or fall", doubt: true });
  });
});

describe("columns that date the rows", () => {
  it.each<[string, string, ColumnData]>([
    ["seconds", "when", make((row) => start / 1e3 + 37 * row)],
    [
      "milliseconds, in no order but named",
      "timestamp",
      shuffled("m").map((value) => start + 61_234 * value),
    ],
    [
      "days in seconds, in no order",
      "day",
      shuffled("n").map((value) => start / 1e3 + 86_400 * (value % 30)),
    ],
    ["seconds, in no order but named", "last_seen", shuffled("w").map((value) => start / 1e3 + 1237 * value)],
    ["nanoseconds, the latest first", "t", make((row) => (start - row * 1e3) * 1e6)],
    [
      "days in digits",
      "day",
      make((row) =>
        Number(
          iso(start + (row % 90) * 86_400_000)
            .slice(0, 10)
            .replaceAll("-", ""),
        ),
      ),
    ],
    ["ISO dates", "d", make((row) => iso(start + row * 60_000))],
    ["few dates in no order", "quarter", make((row) => `2024-0${1 + ((row * 7) % 4)}-01`)],
    ["German dates", "d", make((row) => `${1 + (row % 28)}.03.2024`)],
    ["American dates with the time", "d", make((row) => `3/${1 + (row % 28)}/2024 ${row % 12}:05 PM`)],
    ["months in digits", "m", make((row) => 202001 + 100 * ((row * 7) % 4) + (row % 12))],
    [
      "days in six digits",
      "d",
      make((row) =>
        Number(
          iso(start + ((row * 37) % 90) * 86_400_000)
            .slice(2, 10)
            .replaceAll("-", ""),
        ),
      ),
    ],
    ["Apache's dates", "d", make((row) => `${10 + (row % 9)}/Mar/2024:13:45:${10 + (row % 50)} +0000`)],
    ["Exif's dates", "d", make((row) => `2024:03:${10 + (row % 9)} 13:45:10`)],
    ["days of the week", "d", make((row) => `Fri, ${10 + (row % 9)} Mar 2024 13:45:10 GMT`)],
    ["C's dates", "d", make((row) => `Fri Mar ${10 + (row % 9)} 13:45:10 UTC 2024`)],
    ["days of the week in full", "d", make((row) => `Friday, March ${10 + (row % 9)}, 2024`)],
    ["dates without a year", "d", make((row) => `Mar ${10 + (row % 9)} 13:45:10`)],
    ["German names", "d", make((row) => `${1 + (row % 9)}. März 2024`)],
    ["Spanish names", "d", make((row) => `${1 + (row % 9)} de marzo de 2024`)],
    ["Japanese dates", "d", make((row) => `2024年3月${1 + (row % 9)}日`)],
    ["Arabic digits", "d", make((row) => `٢٠٢٤-٠٣-١${"٠١٢٣٤"[row % 5]}`)],
    ["months by name", "d", make((row) => `${["Jan", "Feb", "Mar"][row % 3]} 2024`)],
    ["quarters", "d", make((row) => `Q${1 + (row % 4)} 2024`)],
    ["months before years", "d", make((row) => `0${1 + (row % 9)}/2024`)],
    ["names of months", "d", make((row) => `${1 + (row % 28)}-Mar-2024`)],
    ["days of the year", "d", make((row) => `2024-06${row % 9}`)],
    [
      "days and MySQL's for none",
      "d",
      make((row) => (row % 20 === 3 ? "0000-00-00" : `2024-05-1${row % 9}`)),
    ],
    ["days and a word", "d", make((row) => (row % 20 === 3 ? "open" : `1${row % 9}.05.2024`))],
  ])("are found in %s", (_, name, data) => {
    expect(marksOf(name, data)).toMatchObject({
      doubt: false,
      mark: expect.stringMatching(/^(times since|dates)/),
    });
  });

  it.each<[string, ColumnData]>([
    ["versions", make((row) => `1.2.${row % 9}`)],
    ["names of months", make((row) => ["Jan", "Feb", "Mar"][row % 3]!)],
    ["amounts in marks", make((row) => `${row % 90} marks`)],
    ["numbers close together", make((row) => 240_101 + (row % 20))],
    ["years", make((row) => 1990 + ((row * 7) % 30))],
    ["addresses", make((row) => `10.0.0.${row % 20}`)],
    ["ranges", make((row) => `${row % 9}-${10 + (row % 9)}`)],
    ["dates in some rows", make((row) => (row % 3 === 0 ? `state ${row % 9}` : iso(start + row * 60_000)))],
  ])("are not %s", (_, data) => {
    expect(marksOf("d", data)).toBeUndefined();
  });
});

describe("what is said of them", () => {
  const columns = { id: make((row) => row), day: make((row) => iso(start + row * 60_000)), v: normals("v") };

  it("leaves them out of the features, with a way to keep them", () => {
    const { numeric, categorical, dropped } = fitFeatureSchema(tableFromColumns(columns), rows, "standard");
    expect([...numeric, ...categorical].map(({ name }) => name)).toEqual(["v"]);
    expect(dropped.map(({ name }) => name)).toEqual(["id", "day"]);
    expect(dropped[0]!.reason).toContain(
      "whole numbers that grow or fall with the rows; to learn from it all the same, give its type",
    );
  });

  it("keeps what was asked for by name", () => {
    const { numeric } = fitFeatureSchema(tableFromColumns(columns), rows, "standard", {
      named: new Set(["id"]),
    });
    expect(numeric.map(({ name }) => name)).toEqual(["id", "v"]);
  });

  it("keeps all where no other column would be left", () => {
    const { numeric } = fitFeatureSchema(tableFromColumns({ id: columns.id }), rows, "standard");
    expect(numeric.map(({ name }) => name)).toEqual(["id"]);
  });

  it("is nothing for the columns of arrays, and for few rows", () => {
    expect(rowMarks(tableFromColumns({ x0: columns.id, x1: columns.v }).columns, rows)).toEqual(new Map());
    expect(rowMarks(tableFromColumns(columns).columns, rows.subarray(0, 15)).get("id")).toBeUndefined();
  });
});

describe("times and numbers with gaps", () => {
  it.each<[string, string, ColumnData, boolean]>([
    [
      "times of which some are 0",
      "ts",
      make((row) => (row % 10 === 0 ? 0 : 1_700_000_000 + 60 * row)),
      false,
    ],
    ["times of which some are -1", "t", make((row) => (row % 7 === 0 ? -1 : start + 1000 * row)), false],
    ["numbers that are the same on two rows", "order", make((row) => 1000 + (row >> 1)), true],
    [
      "numbers that are the same on two rows, named as identifiers",
      "order_id",
      make((row) => 1000 + (row >> 1)),
      false,
    ],
    ["days since 1970", "date", make((row) => 19_783 + (row >> 2)), false],
    [
      "a counter that was set to zero",
      "energy",
      make((row) => 0.3 * (row < 400 ? row : row - 390) + (row % 3) / 50),
      true,
    ],
    [
      "numbers that begin again, named as identifiers",
      "seq",
      make((row) => (row < 250 ? row : row - 249)),
      false,
    ],
    ["a sensor that drifts", "temperature", make((row) => row * 0.05 + Math.sin(row)), true],
    ["months", "month", make((row) => iso(start + row * 3e9).slice(0, 7)), false],
    ["weeks", "week", make((row) => `2024-W${String(1 + (row % 52)).padStart(2, "0")}`), false],
    [
      "times behind an underscore",
      "at",
      make((row) =>
        iso(start + row * 1e6)
          .slice(0, 19)
          .replace("T", "_"),
      ),
      false,
    ],
  ])("%s are found", (_, name, data, doubt) => {
    expect(marksOf(name, data)).toMatchObject({ doubt });
  });

  it("phases and shifts that follow each other are features", () => {
    expect(
      marksOf(
        "shift",
        make((row) => Math.floor(row / 60)),
      ),
    ).toBeUndefined();
    expect(
      marksOf(
        "code",
        make((row) => ["2024-13", "1024-01", "x-01"][row % 3]!),
      ),
    ).toBeUndefined();
  });
});
