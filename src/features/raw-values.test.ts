import { describe, expect, it } from "vitest";
import { tableFromColumns, tableFromRows } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { describeNotes } from "./describe-notes.js";
import { fitFeatureSchema } from "./fit-schema.js";
import { RawValues } from "./raw-values.js";

const training = tableFromColumns({
  temperature: [20, 21, 22, 23],
  pressure: [1, 2, 3, 4],
  idle: [0, 0, 0, 0],
  mode: ["on", "off", "on", "off"],
});
const schema = fitFeatureSchema(training, Uint32Array.of(0, 1, 2, 3), "standard", {
  constantColumns: "ignore",
});
const rows = (...records: Record<string, unknown>[]) => tableFromRows(records, { source: "today.csv" });
const numericOf = (raw: RawValues, to: number): number[] =>
  Array.from(raw.slice(0, to)["numeric"]!.data as Float64Array);

function mismatch(run: () => unknown): HypersphereError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(HypersphereError);
    expect((error as HypersphereError).code).toBe("schema-mismatch");
    return error as HypersphereError;
  }
  throw new Error("Nothing was thrown.");
}

describe("columns", () => {
  it("are found by name, in any order, dropped ones not needed", () => {
    const raw = new RawValues(rows({ mode: "off", pressure: 2, temperature: 21 }), schema);
    expect(numericOf(raw, 1)).toEqual([21, 2]);
    expect(raw.slice(0, 1)["categorical"]!.data).toEqual(["off"]);
    expect(raw.notes()).toEqual({ extra: [], missing: {}, unseen: {}, outOfRange: {}, changed: {} });
  });

  it("that the model does not know are noted, those it left out are not", () => {
    const raw = new RawValues(
      rows({ temperature: 21, operator: "kim", pressure: 2, idle: 0, mode: "on" }),
      schema,
    );
    expect(raw.notes().extra).toEqual(["operator"]);
  });

  it("that are not there are named, with what is there and a likely misspelling", () => {
    const error = mismatch(() => new RawValues(rows({ Temperature: 21, pressure: 2, mode: "on" }), schema));
    expect(error.message).toMatch(/^today\.csv lacks the column "?temperature"?; it has /);
    expect(error.message).toContain("Temperature");
    expect(error.hint).toBe('Is "Temperature" the column "temperature"? Columns are matched by name.');
  });

  it("that are not there are counted", () => {
    const error = mismatch(() => new RawValues(rows({ mode: "on" }), schema));
    expect(error.message).toMatch(/lacks 2 of 3 columns/);
  });
});

describe("cells", () => {
  it("of text in a numeric column are refused with row and text", () => {
    const table = rows(
      { temperature: "21", pressure: 2, mode: "on" },
      { temperature: "warm", pressure: 2, mode: "on" },
    );
    const error = mismatch(() => new RawValues(table, schema));
    expect(error.message).toBe(
      'today.csv: column "temperature" was trained on numbers, but data row 2 holds "warm".',
    );
    expect(error.hint).toMatch(/leave it empty/);
  });

  it("of a column read as text hold the numbers that they state", () => {
    const table = tableFromColumns({
      temperature: ["21", "22.5", null],
      pressure: [1, 2, 3],
      mode: ["on", "on", "on"],
    });
    expect(numericOf(new RawValues(table, schema), 3)).toEqual([21, 1, 22.5, 2, Number.NaN, 3]);
  });

  it("of a number in a column of categories become its text", () => {
    const coded = fitFeatureSchema(
      tableFromColumns({ code: ["1", "2", "2.5"] }),
      Uint32Array.of(0, 1, 2),
      "standard",
    );
    const raw = new RawValues(tableFromColumns({ code: [2, 2.5, null] }), coded);
    expect(raw.slice(0, 3)["categorical"]!.data).toEqual(["2", "2.5", ""]);
  });

  it("that are missing, unseen or out of range are noted by column", () => {
    const raw = new RawValues(
      tableFromColumns({
        temperature: [19, 24, null, 21],
        pressure: [1, 2, 3, 4],
        mode: ["on", "standby", null, "standby"],
      }),
      schema,
    );
    expect(raw.notes()).toEqual({
      extra: [],
      missing: { temperature: 1, mode: 1 },
      unseen: { mode: { cells: 2, example: "standby" } },
      outOfRange: { temperature: 2 },
      changed: {},
    });
  });

  it("that are missing in a whole column are said to tell nothing of it, of more rows than one", () => {
    const blank = { temperature: [null, null, null], pressure: [1, null, 2], mode: [null, null, null] };
    const notes = new RawValues(tableFromColumns(blank), schema).notes();
    expect(notes).toMatchObject({
      missing: { temperature: 3, pressure: 1, mode: 3 },
      empty: ["temperature", "mode"],
    });
    expect(describeNotes(notes, "t.csv")[0]).toBe(
      'No row has a value in "temperature", "mode": scores say nothing of what is measured there.',
    );
    const one = rows({ temperature: null, pressure: 2, mode: "on" });
    expect(new RawValues(one, schema).notes()).not.toHaveProperty("empty");
  });

  it("that differ from a text of training in upper and lower case alone are noted with it", () => {
    const raw = new RawValues(
      tableFromColumns({ temperature: [20, 20], pressure: [1, 1], mode: ["On", "ON"] }),
      schema,
    );
    expect(raw.notes().unseen).toEqual({ mode: { cells: 2, example: "On", known: "on" } });
    expect(describeNotes(raw.notes(), "t.csv")).toContain(
      'Column "mode": 2 cells with a text that training never saw, such as "On"; training had "on", and upper and lower case count: write it so.',
    );
  });

  it("that are infinite are out of range", () => {
    const raw = new RawValues(
      rows({ temperature: Number.POSITIVE_INFINITY, pressure: 2, mode: "on" }),
      schema,
    );
    expect(raw.notes().outOfRange).toEqual({ temperature: 1 });
  });

  it("are not called unseen where training had rare texts that were not kept one by one", () => {
    const texts = Array.from({ length: 300 }, (_, k) => (k < 200 ? `f${k % 60}` : `r${k % 10}`));
    const many = fitFeatureSchema(
      tableFromColumns({ mode: texts }),
      Uint32Array.from(texts.keys()),
      "standard",
    );
    expect(new RawValues(tableFromColumns({ mode: ["new"] }), many).notes().unseen).toEqual({});
  });
});

describe("slices", () => {
  const raw = new RawValues(
    tableFromColumns({
      mode: ["a", "b", "c"],
      pressure: Float32Array.of(1, 2, 3),
      temperature: Float64Array.of(10, 20, 30),
    }),
    schema,
  );

  it("hold a range of rows", () => {
    const { numeric, categorical } = raw.slice(1, 3);
    expect(numeric).toMatchObject({ dtype: "float64", shape: [2, 2] });
    expect(Array.from(numeric!.data as Float64Array)).toEqual([20, 2, 30, 3]);
    expect(categorical).toEqual({ dtype: "string", shape: [2, 1], data: ["b", "c"] });
  });

  it("hold a range of the rows listed", () => {
    const { numeric, categorical } = raw.slice(1, 3, [0, 2, 0]);
    expect(Array.from(numeric!.data as Float64Array)).toEqual([30, 3, 10, 1]);
    expect(categorical!.data).toEqual(["c", "a"]);
  });
});
