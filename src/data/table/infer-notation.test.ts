import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  defaultMissingAmongNumbers,
  defaultMissingTokens,
  MissingTokens,
} from "../../text/missing-tokens.js";
import { parseNoted } from "../../text/number-notation.js";
import { ColumnBuilder, type ColumnBuilderOptions } from "./column-builder.js";
import type { Column } from "./table.js";

/** Numbers written in some way, 1 to 60, and what is said of the column. */
function read(write: (k: number) => string, options: ColumnBuilderOptions = {}): [Column, string[]] {
  const builder = new ColumnBuilder("a", options);
  for (let k = 1; k <= 60; k++) builder.append(write(k), k + 1);
  const warnings = builder.warnings();
  return [builder.finish(), warnings];
}

const inScript = (digits: string, zero: number): string =>
  digits.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const fullWidth = (text: string): string =>
  text.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));

const third = (k: number): boolean => k % 3 === 0;

describe("decorated numbers", () => {
  it.each<[string, (k: number) => string, (k: number) => number, string | undefined]>([
    ["percents", (k) => `${k}.5 %`, (k) => k + 0.5, '"1.5 %" as 1.5'],
    ["percents without space", (k) => `${k}%`, (k) => k, '"1%" as 1'],
    ["dollars", (k) => `$${k}.99`, (k) => k + 0.99, '"$1.99" as 1.99'],
    ["a currency code", (k) => `${k} EUR`, (k) => k, '"1 EUR" as 1'],
    ["euros with a decimal comma", (k) => `${k},50 €`, (k) => k + 0.5, 'decimal comma: "1,50 €" as 1.5'],
    ["a unit", (k) => `${k} W`, (k) => k, '"1 W" as 1'],
    ["a compound unit", (k) => `${k}kWh/m²`, (k) => k, '"1kWh/m²" as 1'],
    ["degrees", (k) => `−${k}.5 °C`, (k) => -k - 0.5, '"−1.5 °C" as -1.5'],
    ["a unit except at zero", (k) => (third(k) ? "0" : `${k} W`), (k) => (third(k) ? 0 : k), '"1 W" as 1'],
    [
      "thousands",
      (k) => (third(k) ? "966" : `1,${k + 100},234`),
      (k) => (third(k) ? 966 : 1e6 + (k + 100) * 1e3 + 234),
      '"1,101,234" as 1101234',
    ],
    ["thousands and decimals", (k) => `${k},234.5`, (k) => k * 1000 + 234.5, '"1,234.5" as 1234.5'],
    ["German thousands", (k) => `${k}.234,5`, (k) => k * 1000 + 234.5, '"1.234,5" as 1234.5'],
    ["Swiss thousands", (k) => `${k}'234`, (k) => k * 1000 + 234, `"1'234" as 1234`],
    ["thousands by space", (k) => `${k} 234`, (k) => k * 1000 + 234, '"1 234" as 1234'],
    ["thousands by a narrow space", (k) => `${k}\u202f234,5`, (k) => k * 1000 + 234.5, "as 1234.5"],
    [
      "Indian groups",
      (k) => `1,${k + 10},${k + 100}`,
      (k) => 1e5 + (k + 10) * 1e3 + k + 100,
      '"1,11,101" as 111101',
    ],
    ["parentheses", (k) => (third(k) ? `(${k})` : `${k}`), (k) => (third(k) ? -k : k), '"(3)" as -3'],
    [
      "dollars in parentheses",
      (k) => (third(k) ? `($${k})` : `$${k}`),
      (k) => (third(k) ? -k : k),
      '"($3)" as -3',
    ],
    ["bounds", (k) => (third(k) ? `<${k}` : `${k}`), (k) => k, '"<3" as 3'],
    ["a minus behind", (k) => (third(k) ? `${k}-` : `${k}`), (k) => (third(k) ? -k : k), '"3-" as -3'],
    ["a plus behind", (k) => (third(k) ? `${k}+` : `${k}`), (k) => k, '"3+" as 3'],
    ["an apostrophe in front", (k) => `'${k}.5`, (k) => k + 0.5, `"'1.5" as 1.5`],
    [
      "an apostrophe here and there",
      (k) => (third(k) ? `'-${k}` : `${k}`),
      (k) => (third(k) ? -k : k),
      "as -3",
    ],
    ["quotation marks", (k) => `"${k}"`, (k) => k, '"\\"1\\"" as 1'],
    ["a spreadsheet's text", (k) => `="${k}"`, (k) => k, "as 1"],
    ["full-width digits", (k) => fullWidth(`${k}.5`), (k) => k + 0.5, undefined],
    ["full-width digits with %", (k) => fullWidth(`-${k}%`), (k) => -k, "as -1"],
    ["Arabic digits", (k) => inScript(`${k}`, 0x660), (k) => k, undefined],
    ["Persian digits", (k) => inScript(`-${k}`, 0x6f0), (k) => -k, undefined],
    ["Devanagari digits", (k) => inScript(`${k}.25`, 0x966), (k) => k + 0.25, undefined],
    ["mathematical digits", (k) => inScript(`${k}`, 0x1d7f6), (k) => k, undefined],
    [
      "an Arabic decimal mark",
      (k) => inScript(`${k}`, 0x660).concat("\u066b\u0665"),
      (k) => k + 0.5,
      undefined,
    ],
    ["Arabic thousands", (k) => inScript(`${k}\u066c234`, 0x660), (k) => k * 1000 + 234, "as 1234"],
    ["a zero-width space", (k) => `\u200b${k}`, (k) => k, undefined],
    ["invisible characters within", (k) => `${k}\u00ad0\u2060.\u200d5\u200e`, (k) => k * 10 + 0.5, undefined],
    ["a zero-width space before a unit", (k) => `${k}\u200b W`, (k) => k, "as 1"],
    ["ISO durations", (k) => `PT${k}M1.5S`, (k) => k * 60 + 1.5, 'numbers of seconds: "PT1M1.5S" as 61.5'],
    [
      "ISO durations and 0",
      (k) => (third(k) ? "0" : `P${k}DT1H`),
      (k) => (third(k) ? 0 : k * 86400 + 3600),
      "as 90000",
    ],
    [
      "clock durations",
      (k) => `00:${k % 60 < 10 ? "0" : ""}${k % 60}:27`,
      (k) => (k % 60) * 60 + 27,
      '"00:01:27" as 87',
    ],
    ["durations above a day", (k) => `${k} days 01:00:00`, (k) => k * 86400 + 3600, "as 90000"],
    [
      "durations with units",
      (k) => (third(k) ? `${k}s` : `${k}m30s`),
      (k) => (third(k) ? k : k * 60 + 30),
      "as 90",
    ],
    [
      "durations in one unit each",
      (k) => (third(k) ? `${k}ms` : `${k}s`),
      (k) => (third(k) ? k / 1000 : k),
      "of seconds",
    ],
    ["days and clocks", (k) => `${k}d 02:03:04`, (k) => k * 86400 + 7384, '"1d 02:03:04" as 93784'],
    ["days and clocks together", (k) => `${k}d02:03`, (k) => k * 86400 + 7380, "as 93780"],
    [
      "days in four parts",
      (k) => (third(k) ? "02:03:04" : `${k}:02:03:${k < 10 ? "0" : ""}${k % 60}`),
      (k) => (third(k) ? 7384 : k * 86400 + 7380 + (k % 60)),
      "numbers of seconds",
    ],
    [
      "clocks of twelve hours",
      (k) => `${(k % 12) + 1}:15 ${k % 2 === 0 ? "pm" : "AM"}`,
      (k) => ((((k % 12) + 1) % 12) + (k % 2 === 0 ? 12 : 0)) * 3600 + 900,
      'seconds since midnight: "2:15 AM" as 8100, "3:15 pm" as 54900',
    ],
    ["short durations", (k) => `${k}:05`, (k) => k * 60 + 5, 'behind the colon: "1:05" as 65'],
    ["a Unicode minus", (k) => (third(k) ? `−${k}` : `${k}`), (k) => (third(k) ? -k : k), undefined],
    ["a plus in front", (k) => `+${k}`, (k) => k, undefined],
  ])("are read: %s", (_, write, value, said) => {
    const [column, warnings] = read(write);
    expect(column.kind).toBe("numeric");
    expect(Array.from((column as { values: Float64Array }).values)).toEqual(
      Array.from({ length: 60 }, (_, k) => value(k + 1)),
    );
    if (said === undefined) expect(warnings).toEqual([]);
    else expect(warnings).toEqual([expect.stringContaining(said)]);
  });

  it.each<[string, (k: number) => string, string]>([
    ["a comma before three digits", (k) => (third(k) ? "966" : `${k},234`), "comma is ambiguous"],
    [
      "a point before three digits beside a decimal comma",
      (k) => (third(k) ? "1,5" : `${k}.234`),
      "point is ambiguous",
    ],
    ["a unit behind three digits after a point", (k) => `${k}.234 €`, "point is ambiguous"],
    ["both decimal marks", (k) => (third(k) ? `${k},5` : `${k}.5`), "decimal mark is ambiguous"],
    ["parentheses alone", (k) => `(${k})`, "parentheses such as"],
    ["parentheses beside a minus", (k) => (third(k) ? `(${k})` : `-${k}`), "parentheses such as"],
    ["two units", (k) => (k % 20 === 0 ? `${k} kW` : `${k} W`), '"W" in 57 cells, "kW" in 3 cells'],
    ["a unit here and there", (k) => (k % 20 === 0 ? `${k}` : `${k} W`), '"W" in 57 cells, none in 3 cells'],
    [
      "two units in equal parts",
      (k) => (k % 2 === 0 ? `${k}%` : `${k}.5`),
      'none in 30 cells, "%" in 30 cells',
    ],
    [
      "thousands and millions",
      (k) => (k % 2 === 0 ? `${k}.5K` : `0.${k}M`),
      'different units ("M" in 30 cells, "K" in 30 cells)',
    ],
    [
      "multiples of a unit, with commas",
      (k) => (k % 2 === 0 ? `${k},5 kB` : `${k},25 MB`),
      'different units ("MB" in 30 cells, "kB" in 30 cells)',
    ],
    ["three currencies", (k) => `${"$€£"[k % 3]}${k}`, 'different units ("€" in 20 cells'],
    [
      "a few texts",
      (k) => (k % 20 === 0 ? "err" : `${k}`),
      '3 are not a number, first "err" on row 21 ("err" 3 times)',
    ],
    ["a few texts among units", (k) => (k % 20 === 0 ? "err" : `${k} W`), '"err" 3 times'],
    ["few texts among durations", (k) => (k % 20 === 0 ? "err" : `00:00:${(k % 50) + 10}`), '"err" 3 times'],
    [
      "numbers among durations",
      (k) => (k % 20 === 0 ? `${k}` : `00:00:${(k % 50) + 10}`),
      "57 are not a number",
    ],
    [
      "durations of two and three parts",
      (k) => (third(k) ? `${k}:10` : `0:10:${k + 10 > 59 ? 10 : k + 10}`),
      "ambiguous",
    ],
    [
      "four parts that end like frames",
      (k) => `00:0${k % 10}:${10 + (k % 50)}:${10 + (k % 15)}`,
      "frames of a film",
    ],
    [
      "clocks of twelve hours beside others",
      (k) => (third(k) ? `0${(k % 9) + 1}:15:00 PM` : `1${k % 10}:15:00`),
      "clock of twelve hours",
    ],
    [
      "brackets",
      (k) => `[${k}]`,
      '60 of its 60 different texts are the same but for their digits ("[1]", "[2]")',
    ],
    [
      "decimals behind a word, one in each row",
      (k) => `about ${k}.5`,
      "60 of its 60 different texts are the same",
    ],
    ["a plus-minus sign", (k) => `±${k}.5`, "same but for their digits"],
    [
      "hexadecimal",
      (k) => `0x${(k % 20).toString(16)}F`,
      '20 of its 20 different texts are the same but for their digits ("0x1F", "0x2F")',
    ],
    ["binary beside few words", (k) => (k % 10 === 0 ? "idle" : `0b${(k % 16).toString(2)}`), "same but for"],
    [
      "fractions",
      (k) => (k % 4 === 0 ? `${k % 3}½` : `${1 + (k % 7)}/${[2, 4, 8][k % 3]}`),
      "different texts are the same",
    ],
    ["brackets with slips", (k) => (third(k) ? "ERR" : `[${k}]`), "40 of its 41 different texts"],
    ["numbers and mostly errors", (k) => (k % 5 < 3 ? "ERR" : `${k}`), '"ERR" 36 times'],
    [
      "signed numbers and mostly errors",
      (k) => (k % 5 < 3 ? "ERR" : `${k % 2 ? "-" : ""}${k}.5`),
      '"ERR" 36 times',
    ],
    ["hexadecimal among numbers", (k) => (k % 20 === 0 ? "0x1F" : `${k}`), '"0x1F" 3 times'],
  ])("are texts, which is said: %s", (_, write, said) => {
    const [column, warnings] = read(write);
    expect(column.kind).toBe("categorical");
    expect(warnings).toEqual([expect.stringContaining(said)]);
  });

  it.each<[string, (k: number) => string]>([
    ["codes", (k) => `A${k}`],
    ["few numbers with a letter", (k) => `${3 + (k % 3)}G`],
    ["addresses", (k) => `192.168.100.${100 + k}`],
    ["dates", (k) => `2024-01-${10 + (k % 20)}`],
    ["versions", (k) => `1.${k}.0`],
    ["hexadecimal", (k) => `0x${k}`],
    ["hashes", (k) => (k % 20 === 0 ? `0b${k}` : `${k}${"abcd"[k % 4]}${k}${"cdf"[k % 3]}`)],
    ["sizes in three systems", (k) => `${38 + (k % 6)}${["", "EU", "UK"][k % 3]}`],
    ["flats", (k) => `${k}${"ABC"[k % 3]}`],
    ["quoted codes with leading zeros", (k) => `'0${k % 7}`],
    ["clocks with a zone", (k) => `${k % 24}:00Z`],
    ["ratios", (k) => `${1 + (k % 2)}:${1 + (k % 3)}`],
    ["ranges", (k) => `${k}-${k + 5}`],
  ])("are not seen in %s", (_, write) => {
    const [column, warnings] = read(write);
    expect([column.kind, warnings]).toEqual(["categorical", []]);
  });

  it("of both marks are settled by an option, but for a column that tells otherwise", () => {
    const write = (k: number): string => (third(k) ? "966" : `${k},234`);
    expect(read(write, { decimal: "." })[0]).toMatchObject({ notation: { decimal: "." } });
    expect((read(write, { decimal: "." })[0] as { values: Float64Array }).values[0]).toBe(1234);
    expect((read(write, { decimal: "," })[0] as { values: Float64Array }).values[0]).toBe(1.234);
    expect((read((k) => `${k}.234`, { decimal: "," })[0] as { values: Float64Array }).values[0]).toBe(1234);
    const [point, warnings] = read((k) => `${k}.5`, { decimal: "," });
    expect((point as { values: Float64Array }).values[0]).toBe(1.5);
    expect(warnings).toEqual([expect.stringContaining('read with a decimal point, for "1.5"')]);
  });

  it("with and without a unit are read together where the column is to be numeric", () => {
    const [column] = read((k) => (third(k) ? `${k}` : `${k} W`), { kind: "numeric" });
    expect(column).toMatchObject({ kind: "numeric", notation: { affix: "W" } });
  });

  it("are read as a model knows them, extremes and unusual forms, too", () => {
    const builder = new ColumnBuilder("a", { notation: { affix: "W", decimal: "." } });
    for (const cell of ["9,000 W", "-5000 W", "<3W", "12", "n/a"]) builder.append(cell, 1);
    expect(builder.warnings()).toEqual([expect.stringContaining('numbers without "W", first "12" on row 1')]);
    expect(Array.from((builder.finish() as { values: Float64Array }).values)).toEqual([
      9000,
      -5000,
      3,
      12,
      Number.NaN,
    ]);
    const other = new ColumnBuilder("a", { notation: { affix: "W" } });
    other.append("5 kW", 1);
    expect(other.finish().kind).toBe("categorical");
  });

  it("of one shape are named from 65 texts on, whatever their shape, but for dates", () => {
    const said = (write: (k: number) => string, count: number): string[] => {
      const builder = new ColumnBuilder("a");
      for (let k = 0; k < 3 * count; k++) builder.append(write((k % count) + 1), k + 1);
      return builder.warnings();
    };
    expect(said((k) => `about ${k} or ${k + 1}`, 65)).toEqual([expect.stringContaining("65 of its 65")]);
    expect(said((k) => `about ${k} or ${k + 1}`, 64)).toEqual([]);
    expect(said((k) => `${(k % 28) + 1}.${(k % 12) + 1}.20${10 + (k % 40)}`, 80)).toEqual([]);
    // One name for each row is left out as an identifier, which is said then.
    const names = new ColumnBuilder("a");
    for (let k = 0; k < 200; k++) names.append(`SN-${1000 + k}`, k);
    expect(names.warnings()).toEqual([]);
  });

  it("are taken as lengths of time where the model knows them as such", () => {
    const builder = new ColumnBuilder("a", { notation: { duration: "full" } });
    for (const cell of ["PT1H", "1000:00:00", "-00:00:05", "90", "0", "n/a"]) builder.append(cell, 1);
    expect(builder.warnings()).toEqual([
      expect.stringContaining(
        'without a unit of time, first "90" on row 1; they are taken as being in seconds',
      ),
    ]);
    expect(Array.from((builder.finish() as { values: Float64Array }).values)).toEqual([
      3600,
      3_600_000,
      -5,
      90,
      0,
      Number.NaN,
    ]);
    const short = new ColumnBuilder("a", { notation: { duration: "short" } });
    short.append("0:07:27", 1);
    expect(short.finish().kind).toBe("categorical");
  });

  it("survive any way to group and mark them", () => {
    const number = fc.record({ whole: fc.nat(1e9), cents: fc.nat(99), negative: fc.boolean() });
    fc.assert(
      fc.property(
        number,
        fc.constantFrom(",", "."),
        fc.constantFrom("", " ", "'", "."),
        (n, decimal, group) => {
          const mark = group === decimal ? (decimal === "." ? "," : ".") : group;
          const whole = String(n.whole).replace(/\B(?=(\d{3})+$)/g, mark);
          const text = `${n.negative ? "-" : ""}${whole}${decimal}${String(n.cents).padStart(2, "0")} kg`;
          const value = (n.negative ? -1 : 1) * Number(`${n.whole}.${String(n.cents).padStart(2, "0")}`);
          expect(parseNoted(text, { affix: "kg", decimal })).toBe(value);
        },
      ),
    );
  });
});

describe("missing values", () => {
  const tokens = [...defaultMissingTokens, ...defaultMissingAmongNumbers];
  const spellings = tokens.flatMap((token) => [
    token,
    token.toUpperCase(),
    token.toLowerCase(),
    ` ${token}\t`,
  ]);

  it.each(spellings)("among numbers: %j", (token) => {
    const [column, warnings] = read((k) => (k % 20 === 0 ? token : String(k)));
    expect([column.kind, warnings]).toEqual(["numeric", []]);
    expect((column as { values: Float64Array }).values[19]).toBeNaN();
    const [decorated] = read((k) => (k % 20 === 0 ? token : `${k} %`));
    expect(decorated).toMatchObject({ kind: "numeric", notation: { affix: "%" } });
  });

  it("among texts are those of pandas only: the others may be categories", () => {
    const words = ["NA", "null", "None", "na", "none", "-", "mild"];
    const [column] = read((k) => words[k % 7]!);
    expect((column as { levels: readonly string[] }).levels.toSorted()).toEqual(["-", "mild", "na", "none"]);
  });

  it("stay texts in a column of nothing else, which may be one of categories", () => {
    expect(read((k) => (third(k) ? "none" : "-"))[0].kind).toBe("categorical");
  });

  it("are kept in order when a text comes after thousands of numbers", () => {
    const builder = (keepTexts: boolean): ColumnBuilder => {
      const made = new ColumnBuilder("a", { keepTexts });
      for (let k = 0; k < 5000; k++) made.append(k % 10 === 0 ? "-" : String(k), k + 1);
      made.append("x", 5001);
      return made;
    };
    expect(builder(false).spoiled).toBe(true);
    const column = builder(true).finish();
    expect(column).toMatchObject({ kind: "categorical" });
    expect((column as { levels: readonly string[] }).levels).toContain("-");
  });

  it("are numbers however they are written, and it is known which never came", () => {
    const missing = new MissingTokens(["-999", "gone", "never", ""]);
    const builder = new ColumnBuilder("a", { missing });
    for (const cell of ["1", "-999", "-999.0", " -9.99e2", "−999", "gone", "-999.5"]) builder.append(cell, 1);
    builder.appendNumber(-999, 1);
    const gone = Number.NaN;
    expect(Array.from((builder.finish() as { values: Float64Array }).values)).toEqual([
      1,
      gone,
      gone,
      gone,
      gone,
      gone,
      -999.5,
      gone,
    ]);
    expect(missing.neverMet).toEqual(["never"]);
    const spelled = new MissingTokens(["-999", "-999.0", "-9.99e2", "-998", "x"]);
    new ColumnBuilder("a", { missing: spelled }).append("-999", 1);
    expect(spelled.neverMet).toEqual(["-998", "x"]);
  });

  it("are found beyond the dictionary, too", () => {
    const builder = new ColumnBuilder("a", { missing: new MissingTokens(["-999"]) });
    for (let k = 0; k < 6000; k++) builder.append(k === 5500 ? "-999.0" : `${k}.25`, k);
    expect((builder.finish() as { values: Float64Array }).values[5500]).toBeNaN();
  });
});

describe("integers beyond 2^53", () => {
  const build = (cells: readonly string[], options: ColumnBuilderOptions = {}): Column => {
    const builder = new ColumnBuilder("a", options);
    cells.forEach((cell, k) => {
      builder.append(cell, k + 1);
    });
    return builder.finish();
  };

  it("are texts where two of them would become the same number", () => {
    const close = ["9007199254740993", "9007199254740992"];
    expect(build(close)).toMatchObject({ kind: "categorical", levels: close });
    expect(build(close, { kind: "numeric" }).kind).toBe("numeric");
    expect(build(["9007199254740993", "7"]).kind).toBe("numeric");
    expect(build(["9007199254740993", "7"], { verbatim: true }).kind).toBe("categorical");
  });

  it("have the column read again where its texts were let go", () => {
    const numbers = Array.from({ length: 5000 }, (_, k) => String(k));
    const builder = new ColumnBuilder("a");
    for (const cell of [...numbers, "9007199254740993"]) builder.append(cell, 1);
    expect(builder.spoiled).toBe(true);
    expect(build([...numbers, "9007199254740993"], { keepTexts: true }).kind).toBe("numeric");
  });
});
