import { describe, expect, it } from "vitest";
import { closestName } from "../../text/closest-name.js";
import { dropColumns, selectColumns, selectRows } from "./select.js";
import type { Table } from "./table.js";
import { tableFromColumns, tableFromRows } from "./table-from.js";
import { tableFromMatrix } from "./table-from-matrix.js";

const values = (table: Table, name: string): unknown[] => {
  const column = table.columns.find((candidate) => candidate.name === name)!;
  return column.kind === "numeric"
    ? Array.from(column.values)
    : Array.from(column.codes, (code) => column.levels[code] ?? null);
};

describe("what tableFromColumns takes for columns", () => {
  it("takes long integers where they have an exact number, and refuses what are no columns", () => {
    const table = tableFromColumns({
      a: BigInt64Array.of(-5n, 2n ** 53n - 1n),
      b: BigUint64Array.of(0n, 7n),
    });
    expect([values(table, "a"), values(table, "b")]).toEqual([
      [-5, 2 ** 53 - 1],
      [0, 7],
    ]);
    expect(() => tableFromColumns({ a: BigUint64Array.of(2n ** 60n) })).toThrow(
      /on row 1, which is beyond 2\^53/,
    );
    expect(() => tableFromColumns(null as never)).toThrow("the columns are null, expected a record");
  });
});

describe("tableFromRows", () => {
  it("unites keys and fills what is missing", () => {
    const table = tableFromRows([
      { a: 1, b: "x" },
      { b: "y", c: true, d: 5n },
      { a: "3", d: new Date(2500) },
    ]);
    expect(table.rowCount).toBe(3);
    expect(values(table, "a")).toEqual([1, Number.NaN, 3]);
    expect(values(table, "b")).toEqual(["x", "y", null]);
    expect(values(table, "c")).toEqual([null, "true", null]);
    expect(values(table, "d")).toEqual([Number.NaN, 5, 2.5]);
  });

  it("keeps texts of a column that becomes categorical late", () => {
    const rows: Record<string, unknown>[] = Array.from({ length: 5000 }, (_, i) => ({ a: `0${i}` }));
    expect(values(tableFromRows([...rows, { a: "z" }]), "a").slice(-2)).toEqual(["04999", "z"]);
  });

  it("refuses what is no value of a table", () => {
    expect(() => tableFromRows([{ a: 1 }, { a: [1] }])).toThrow('column "a" holds a list on row 2');
    expect(() => tableFromRows([])).toThrow("at least one column");
    expect(() => tableFromRows([{ amount: 1 }], { columnTypes: { amout: "numeric" } })).toThrowError(
      expect.objectContaining({
        code: "invalid-option",
        hint: expect.stringContaining('Did you mean "amount"?'),
      }),
    );
  });
});

describe("tableFromColumns", () => {
  it("takes typed arrays over as they are", () => {
    const x = new Float32Array([1, 2]);
    const table = tableFromColumns({ x, y: ["a", null], z: [1, null], i: new Int32Array([3, 4]) });
    expect(table.columns[0]).toEqual({ kind: "numeric", name: "x", values: x });
    expect((table.columns[0] as { values: unknown }).values).toBe(x);
    expect(values(table, "y")).toEqual(["a", null]);
    expect(values(table, "z")).toEqual([1, Number.NaN]);
    expect(values(table, "i")).toEqual([3, 4]);
  });

  it("names columns of unequal length, empty names and mixed values", () => {
    expect(() => tableFromColumns({ a: [1], b: [1, 2] })).toThrow('column "b" has 2 rows, but "a" has 1');
    expect(() => tableFromColumns({ "": [1] })).toThrow("column 1 of 1 has no name");
    expect(() => tableFromColumns({ a: ["x", 1] as never })).toThrow("1 (number) in row 2");
  });
});

describe("tableFromMatrix", () => {
  it("reads both orders into views of one buffer", () => {
    const c = tableFromMatrix({ data: Float32Array.of(1, 2, 3, 4, 5, 6), rows: 2, columns: 3, order: "C" });
    const f = tableFromMatrix({ data: Float32Array.of(1, 4, 2, 5, 3, 6), rows: 2, columns: 3, order: "F" });
    const rows = tableFromMatrix(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      ["x0", "x1", "x2"],
    );
    for (const table of [c, f, rows]) {
      expect(table.columns.map((column) => values(table, column.name))).toEqual([
        [1, 4],
        [2, 5],
        [3, 6],
      ]);
      expect(
        new Set(table.columns.map((column) => (column as { values: Float32Array }).values.buffer)).size,
      ).toBe(1);
    }
    expect((c.columns[0] as { values: unknown }).values).toBeInstanceOf(Float32Array);
  });

  it("transposes sizes around its block", () => {
    for (const [rows, columns] of [
      [1, 130],
      [130, 1],
      [65, 64],
      [63, 129],
    ] as const) {
      const data = Float64Array.from({ length: rows * columns }, (_, i) => i);
      const table = tableFromMatrix({ data, rows, columns, order: "C" });
      table.columns.forEach((column, c) => {
        expect(values(table, column.name)).toEqual(Array.from({ length: rows }, (_, r) => r * columns + c));
      });
    }
  });

  it("refuses ragged rows, wrong sizes, non-numbers and repeated names", () => {
    expect(() => tableFromMatrix([[1, 2], [3]])).toThrow("row 2 of the matrix has 1 values");
    expect(() => tableFromMatrix([[1], ["x" as never]])).toThrow("row 2, column 1 of the matrix is x");
    expect(() => tableFromMatrix([[1, 2]], ["a"])).toThrow("1 names");
    expect(() => tableFromMatrix([[1, 2, 3]], ["a", "b", "a"])).toThrow('more than once: "a"');
    expect(() => tableFromMatrix({ data: new Float32Array(3), rows: 2, columns: 2, order: "F" })).toThrow(
      "needs 4",
    );
  });
});

describe("selections", () => {
  const table = tableFromColumns(
    { a: [1, 2, 3], b: ["x", "y", null], c: new Float32Array([4, 5, 6]) },
    "t.csv",
  );

  it("gathers rows, keeping levels", () => {
    const picked = selectRows(table, Int32Array.of(2, 0, 0));
    expect(picked.rowCount).toBe(3);
    expect(values(picked, "a")).toEqual([3, 1, 1]);
    expect(picked.columns[1]).toMatchObject({ codes: Int32Array.of(-1, 0, 0), levels: ["x", "y"] });
    expect((picked.columns[2] as { values: unknown }).values).toBeInstanceOf(Float32Array);
    expect(() => selectRows(table, Int32Array.of(3))).toThrow("rows 0 to 2");
  });

  it("selects and drops columns by name", () => {
    expect(selectColumns(table, ["c", "a"]).columns.map((c) => c.name)).toEqual(["c", "a"]);
    expect(dropColumns(table, ["b"]).columns.map((c) => c.name)).toEqual(["a", "c"]);
    expect(() => dropColumns(table, ["d"])).toThrow(
      't.csv has no column "d"; its columns are "a", "b", "c".',
    );
    expect(() => dropColumns(table, ["a", "b", "c"])).toThrow("no column is left");
  });
});

describe("rows that are no records", () => {
  it.each([null, 3, "x", [1]])("are refused with their place: %j", (row) => {
    expect(() => tableFromRows([{ a: 1 }, row as never], { source: "t" })).toThrow(
      /^t: row 2 is .*, expected a record/,
    );
  });

  it("are refused where they are no list", () => {
    expect(() => tableFromRows("x" as never)).toThrow(/expected a list of records/);
  });
});

describe("closestName", () => {
  it("proposes near names only", () => {
    expect(closestName("lable", ["label", "x"])).toBe("label");
    expect(closestName("Label", ["label"])).toBe("label");
    expect(closestName("temperature", ["pressure"])).toBeUndefined();
    expect(closestName("ab", ["cd"])).toBeUndefined();
  });
});
