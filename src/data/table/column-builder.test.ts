import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultMissingTokens, MissingTokens } from "../../text/missing-tokens.js";
import { parseNoted } from "../../text/number-notation.js";
import { parseNumber } from "../../text/parse-number.js";
import { ColumnBuilder, type ColumnBuilderOptions } from "./column-builder.js";
import type { Column } from "./table.js";

function build(cells: readonly string[], options: ColumnBuilderOptions = {}): ColumnBuilder {
  const builder = new ColumnBuilder("a", options);
  cells.forEach((cell, index) => {
    builder.append(cell, index + 2);
  });
  return builder;
}

function texts(column: Column): (string | number | undefined)[] {
  return column.kind === "numeric"
    ? Array.from(column.values)
    : Array.from(column.codes, (code) => column.levels[code]);
}

describe("parseNumber", () => {
  it.each([
    ["1", 1],
    ["-1.5e-3", -0.0015],
    ["+.5", 0.5],
    ["5.", 5],
    [" 7\t", 7],
    ["inf", Number.POSITIVE_INFINITY],
    ["∞", Number.POSITIVE_INFINITY],
    ["−∞", Number.NEGATIVE_INFINITY],
    ["1.#INF", Number.POSITIVE_INFINITY],
    ["-1.#INF00", Number.NEGATIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["007", 7],
  ])("reads %j", (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(["", " ", "0x10", "0b1", " 0x10", "1_000", "1,5", "NaN", "e5", ".", "-", "1e", "12a", "--1"])(
    "refuses %j",
    (text) => {
      expect(parseNumber(text)).toBeUndefined();
    },
  );

  it("gives back every number that JavaScript writes", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(parseNumber(String(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe("ColumnBuilder", () => {
  it("is numeric when all that is not missing are numbers", () => {
    const column = build(["1", " 2.50 ", "", "NA", "?", "inf"]).finish();
    expect(column.kind).toBe("numeric");
    expect(texts(column)).toEqual([1, 2.5, Number.NaN, Number.NaN, Number.NaN, Number.POSITIVE_INFINITY]);
  });

  it("keeps the spelling of numbers read before a text", () => {
    const column = build(["1.0", "01", "1", "", "b"]).finish();
    expect(column).toMatchObject({ kind: "categorical", levels: ["1.0", "01", "1", "b"] });
    expect(texts(column)).toEqual(["1.0", "01", "1", undefined, "b"]);
  });

  it("takes true and false for categories, or for 1 and 0 when it must be numeric", () => {
    expect(build(["true", "False"]).finish().kind).toBe("categorical");
    expect(texts(build(["true", "False"], { kind: "numeric" }).finish())).toEqual([1, 0]);
  });

  it("asks to be built again when a text comes after spellings were let go", () => {
    const numbers = Array.from({ length: 5000 }, (_, i) => `${i}.50`);
    const builder = build([...numbers, "oops", "x"]);
    expect(builder.spoiled).toBe(true);
    expect(builder.length).toBe(5002);
    expect(() => builder.finish()).toThrow("must be built again");
    expect(builder.warnings()).toEqual([]);
    const again = build([...numbers, "oops", "x"], { keepTexts: true });
    expect(again.warnings()[0]).toContain('of its 5002 cells 2 are not a number, first "oops" on row 5002');
    expect(texts(again.finish())).toEqual([...numbers, "oops", "x"]);
  });

  it("goes back to texts exactly when the numbers never had a spelling", () => {
    const builder = new ColumnBuilder("a");
    for (let i = 0; i < 5000; i++) builder.appendNumber(i / 4, i + 1);
    builder.append("z", 5001);
    expect(builder.spoiled).toBe(false);
    expect(texts(builder.finish()).slice(-2)).toEqual(["1249.75", "z"]);
  });

  it("warns of a slip in a column of numbers, not of categories that look like some", () => {
    const cells = [...Array.from({ length: 199 }, (_, i) => String(i)), "l2"];
    expect(build(cells).warnings()).toEqual([
      expect.stringContaining('of its 200 cells 1 is not a number, first "l2" on row 201'),
    ]);
    expect(build(["1", "2", "x", "3"]).warnings()).toEqual([]);
    expect(build(cells, { kind: "categorical" }).warnings()).toEqual([]);
  });

  it("warns of decimal commas", () => {
    expect(build(Array.from({ length: 30 }, (_, i) => `${i},5`)).warnings()[0]).toContain("decimal comma");
  });

  it("names column, line and cell when a forced number is none", () => {
    const columnOf = (cells: string[]) =>
      build(cells, { kind: "numeric", source: "f.csv", unit: "line" }).finish();
    expect(() => columnOf(["1", "x y"])).toThrow(
      'f.csv: column "a" was to be numeric, but has "x y" on line 3.',
    );
  });

  it("takes other missing values when told so", () => {
    expect(texts(build(["1", "-", ""], { missing: new MissingTokens(["-"]) }).finish())).toEqual([
      1,
      Number.NaN,
      Number.NaN,
    ]);
    expect(build(["1", "NA"], { missing: new MissingTokens(["-"]) }).finish().kind).toBe("categorical");
  });

  it("loses no text, whatever comes in whatever order", () => {
    const cell = fc.oneof(
      fc.integer().map(String),
      fc.constantFrom("", "NA", "x", "1.0", "true"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(cell), (cells) => {
        const column = build(cells).finish();
        const missing = new Set(defaultMissingTokens);
        const expected = cells.map((c) => (missing.has(c.trim()) ? undefined : c.trim()));
        if (column.kind === "categorical") expect(texts(column)).toEqual(expected);
        else {
          const { notation = {} } = column;
          const number = (text: string): number =>
            parseNumber(text) ?? parseNoted(text, notation) ?? Number.NaN;
          expect(texts(column)).toEqual(expected.map((c) => (c === undefined ? Number.NaN : number(c))));
        }
      }),
    );
  });
});
