import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Table } from "../../data/table/table.js";
import { readTable } from "../../io/readers.js";
import { readCsvRecords } from "./csv-records.js";
import { formatCsvRow } from "./csv-row.js";
import type { ReadTableOptions } from "./read-table.js";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function records(text: string, size = 1 << 20, alwaysQuoted = false) {
  const found: { cells: string[]; line: number }[] = [];
  const options = { source: "t.csv", alwaysQuoted };
  const { delimiter, blankLines } = await readCsvRecords(
    cut(Buffer.from(text), size),
    options,
    (cells, line) => {
      found.push({ cells, line });
      return true;
    },
  );
  return { found, delimiter, blankLines };
}

const read = (data: string | Uint8Array, options?: ReadTableOptions) =>
  readTable(Readable.from([Buffer.from(data)], { objectMode: false }), options);

function rowsOf(table: Table): unknown[][] {
  return Array.from({ length: table.rowCount }, (_, row) =>
    table.columns.map((column) =>
      column.kind === "numeric" ? column.values[row] : (column.levels[column.codes[row]!] ?? null),
    ),
  );
}

describe("readCsvRecords", () => {
  it.each([
    ["sep=;\na;b\n1,5;2\n", ";"],
    ["\uFEFFsep=,\r\na;x,b\r\n1,2\r\n", ","],
    ["SEP=|\ra|b\r1|2\r", "|"],
    ['"sep=\t"\na\tb\n1\t"2"\n', "\t"],
  ])("takes the delimiter from a first line %j", async (text, delimiter) => {
    for (const size of [1, 5, 100]) {
      const result = await records(text, size);
      expect(result.delimiter).toBe(delimiter);
      expect(result.found.map(({ cells, line }) => [cells.length, line])).toEqual([
        [2, 2],
        [2, 3],
      ]);
    }
  });

  it("reads a first line that only looks like it as data, and a delimiter that was given before the line's", async () => {
    expect((await records("sep=ab,c\n1,2\n")).found[0]!.cells).toEqual(["sep=ab", "c"]);
    expect((await records("a,b\nsep=;\n")).found).toHaveLength(2);
    const table = await read("sep=,\na;b\n1;2\n", { delimiter: ";" });
    expect(table.columns.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("reads a closed field of 20 MB, in time that grows with its length only", async () => {
    const long = `x\ny`.repeat(20_000_000 / 3);
    const { found } = await records(`a,b\n1,"${long}"\n2,z\n`);
    expect(found.map(({ line }) => line)).toEqual([1, 2, 2 + 20_000_000 / 3 + 1].map(Math.floor));
    expect(found[1]!.cells[1]!.length).toBe(long.length);
  });

  it("says of a quote that is not closed within 64 MiB that it is not, and not that it never is", async () => {
    const lines = `${"x".repeat(999)}\n`.repeat(70_000);
    await expect(records(`a,b\n1,"${lines}"\n`)).rejects.toThrow(
      "line 2: a quote opened in this row is not closed within 64 MiB",
    );
    await expect(records(`a,b\n1,"x\n`)).rejects.toThrow("never closed");
  });

  it.each(["\n", "\r\n", "\r"])("tells lines ended by %j, also inside quotes", async (end) => {
    const text = ["a,b", '"x', 'y",1', "", '2,"3"', ""].join(end);
    for (const size of [1, 2, 3, 5, 100]) {
      const { found, blankLines } = await records(text, size);
      expect(found).toEqual([
        { cells: ["a", "b"], line: 1 },
        { cells: [`x${end}y`, "1"], line: 2 },
        { cells: ["2", "3"], line: 5 },
      ]);
      expect(blankLines).toBe(1);
    }
  });

  it("does the same with and without the parser for quotes", async () => {
    const cell = fc.stringMatching(/^[a-z0-9.é ]{0,4}$/);
    const line = fc.oneof(
      fc.array(cell, { minLength: 1, maxLength: 4 }).map((cells) => cells.join(",")),
      fc.constant(""),
    );
    const text = fc
      .tuple(fc.array(line), fc.constantFrom("\n", "\r\n", "\r"))
      .map(([lines, end]) => `${lines.join(end)}${end}`);
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 20 }), async (content, size) => {
        const plain = await records(content, size);
        const parsed = await records(content, size, true);
        const trimmed = plain.found.map(({ cells, line: at }) => ({
          cells: cells.map((c) => c.trim()),
          line: at,
        }));
        expect(trimmed).toEqual(parsed.found);
      }),
    );
  });

  it("reads quotes as csv-parse does", async () => {
    const text = fc
      .array(fc.constantFrom("a", "é", '"', '""', '"x', 'y"', ",", "\n", "\r\n", " ", ',"', '",', '"\n', "1"))
      .map((parts) => parts.join(""));
    const seen = { read: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, size) => {
        // Of an empty quoted field before another, csv-parse makes one field; here that is refused as text after a quote.
        fc.pre(!/"" +"/.test(content));
        let expected: string[][] | undefined;
        try {
          expected = parse(content, {
            record_delimiter: ["\r\n", "\n", "\r"],
            relax_column_count: true,
            skip_empty_lines: true,
            trim: true,
          });
        } catch {
          // Refused, as below.
        }
        const options = { source: "t", delimiter: "," };
        const found: string[][] = [];
        const reading = readCsvRecords(cut(Buffer.from(content), size), options, (cells) => {
          found.push(cells.map((cell) => cell.trim()));
          return true;
        });
        if (expected === undefined) await expect(reading).rejects.toMatchObject({ code: "unreadable-data" });
        else {
          await reading;
          expect(found).toEqual(expected.map((cells) => cells.map((cell) => cell.trim())));
        }
        seen[expected ? "read" : "refused"]++;
      }),
      { numRuns: 500 },
    );
    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(20);
  });

  it("takes no longer per line where a file has quotes, or old line ends", async () => {
    const count = 20_000;
    for (const end of ["\n", "\r"]) {
      const lines = Array.from({ length: count }, (_, k) => (k === count - 1 ? '"last",1' : `${k},1`));
      const { found } = await records(lines.join(end) + end);
      expect([found.length, found.at(-1)]).toEqual([count, { cells: ["last", "1"], line: count }]);
    }
  });

  it("gives back every record that the writer writes", async () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "é", "😀", '"', ",", "\n", "\r", "\r\n", " ", "\t", ";", "1"),
    });
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((n) => fc.array(fc.array(text, { minLength: n, maxLength: n }), { minLength: 1 }));
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 9 }), async (rows, size) => {
        const content = rows.map((row) => formatCsvRow(row, { formulas: "keep" })).join("");
        const found: string[][] = [];
        const options = { source: "t", delimiter: "," };
        await readCsvRecords(cut(Buffer.from(content), size), options, (cells) => {
          found.push(cells);
          return true;
        });
        expect(found).toEqual(rows);
      }),
    );
  });
});

describe("readTable on delimited text", () => {
  it.each([
    ["a,b\n1,x\n2,\n", ","],
    ["a;b\n1;x\n2;\n", ";"],
    ["a\tb\r\n1\tx\r\n2\t\r\n", "\t"],
    ["a|b\n1|x\n2|", "|"],
    ["\ufeffa,b\n1,x\n2,\n", "a mark"],
    ["a,b\r1,x\r2,\r", "CR"],
    ['"a","b"\n"1","x"\n"2",""\n', "quotes"],
    ['"a",b\r\n1,x\r\n2,\r\n', "a quoted header"],
    ['"a";"b"\r1;x\r2;"NA"\r', "a quoted header and one more quote"],
    ["\n\na , b\n 1, x \n\n2,\n\n", "space and blank lines"],
  ])("reads %j (%s)", async (text) => {
    for (const data of [text, gzipSync(text)]) {
      const table = await read(data);
      expect(table.columns.map((column) => [column.name, column.kind])).toEqual([
        ["a", "numeric"],
        ["b", "categorical"],
      ]);
      expect(rowsOf(table)).toEqual([
        [1, "x"],
        [2, null],
      ]);
      expect(table.warnings).toEqual([]);
    }
  });

  it("reads a file without a header when told so", async () => {
    const table = await read("1,2\n3,4\n", { header: false });
    expect(table.columns.map((column) => column.name)).toEqual(["c0", "c1"]);
    expect(table.rowCount).toBe(2);
    await expect(read("1,2\n3,4\n")).rejects.toMatchObject({
      hint: expect.stringContaining("header: false"),
    });
  });

  it("says in one line that a header may have been read as a row", async () => {
    const rows = Array.from({ length: 30 }, (_, k) => `${k}.5;"${k},5";${k} W;on`).join("\n");
    const { warnings } = await read(`load;share;power;mode\n${rows}\n`, { header: false });
    expect(warnings).toEqual([
      expect.stringContaining(
        'Line 1 of <stream> is read as a row, but looks as if it named the columns: "load", "share"',
      ),
    ]);
    const texts = await read(`a;b\n${Array.from({ length: 30 }, () => "on;off").join("\n")}\n`, {
      header: false,
    });
    expect(texts.warnings).toEqual([]);
    const slip = await read(`off;1\n${Array.from({ length: 30 }, (_, k) => `${k};2`).join("\n")}\n`, {
      header: false,
    });
    expect(slip.warnings).toEqual([expect.stringContaining('first "off" on line 1')]);
  });

  it("warns of names that look like data, and refuses a line that names the columns again", async () => {
    const rows = Array.from({ length: 30 }, (_, k) => `${k / 8},${k % 7},${k % 2 ? "on" : "off"}`);
    const { warnings } = await read(`0.125,8,off\n${rows.join("\n")}\n`);
    expect(warnings).toEqual([
      expect.stringContaining('is taken for the names of the columns, but "0.125", "off" look like data'),
    ]);
    expect((await read(`2019,2020,state\n${rows.join("\n")}\n`)).warnings).toEqual([]);
    rows[20] = " a,b ,c";
    await expect(read(`a,b,c\n${rows.join("\n")}\n`)).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining("line 22 names the columns again, as line 1 does"),
    });
    expect((await read("a\nb\na\nb\n")).rowCount).toBe(3);
    const caret = rows.map((row) => row.replaceAll(",", "^")).join("\n");
    expect((await read(`a^b^c\n${caret}\n`)).warnings).toContainEqual(
      expect.stringContaining('one column named "a^b^c"'),
    );
  });

  it("says in one line which columns are read alike", async () => {
    const rows = (count: number, names: string): string =>
      `${names}\n${Array.from({ length: count }, (_, k) => `${k},5;${k + 1},5;${k + 2},25;${k}%`).join("\n")}\n`;
    const { warnings } = await read(rows(30, "a;b;c;d"));
    expect(warnings).toEqual([
      '3 columns are read as numbers with a decimal comma: "a" ("0,5" as 0.5), "b" ("1,5" as 1.5), "c" ("2,25" as 2.25).',
      expect.stringContaining('Column "d" is read as numbers: "0%" as 0'),
    ]);
    const wide = Array.from({ length: 12 }, (_, k) => `s${k}`);
    const text = `${wide.join(";")}\n${Array.from({ length: 9 }, (_, k) => wide.map(() => `${k},5`).join(";")).join("\n")}\n`;
    expect((await read(text)).warnings).toEqual([expect.stringMatching(/^12 columns .* and 6 more\.$/)]);
  });

  it("stops after maxRows", async () => {
    expect((await read("a\n1\n2\n3\n", { maxRows: 2 })).rowCount).toBe(2);
    expect((await read('a\n"1"\n2\n3\n', { maxRows: 2 })).rowCount).toBe(2);
  });

  it("keeps missing cells of a single column, and tells of blank lines", async () => {
    const table = await read('a\n1\n""\n3\n');
    expect(rowsOf(table)).toEqual([[1], [Number.NaN], [3]]);
    expect((await read("a\n1\n\n3\n\n")).warnings[0]).toContain("1 blank line between the rows");
  });

  it.each([
    ["a,b\n1,2\n3\n", "line 3 has 1 field, but the header on line 1 has 2"],
    ["a,b\n1,2\n3,4,5\n", "line 3 has 3 fields, but the header on line 1 has 2"],
    ['a,b\n"1",2\n\n3\n', "line 4 has 1 field"],
    ['a,b\n1,2\n"3,4\n5,6\n', "line 3: a quote is opened in this row and never closed"],
    ['a,b\n1,2\n3,6" pipe\n', "line 3: a quote stands inside a field"],
    ['a,b\n"1"x,2\n', "line 2: text follows a closing quote"],
    ["a,b,a\n1,2,3\n", 'more than once: "a"'],
    ["a,b,\n1,2,3\n", "column 3 of 3 has no name"],
    ["a,b\n", "has a header but no rows"],
    ["\n\n", "is empty"],
    ["", "is empty"],
    ["a,b\n1,\0\n", "zero bytes"],
  ])("refuses %j", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it("refuses other encodings, naming the line", async () => {
    const latin1 = Buffer.from("a,b\n1,x\n2,caf\xe9\n", "latin1");
    await expect(read(latin1)).rejects.toThrow("line 3 is not valid UTF-8");
    const wide = (mark: string, width: number, order: "BE" | "LE"): Buffer => {
      const points = [...`${mark}a,b\n1,2\n`].map((character) => character.codePointAt(0)!);
      const bytes = Buffer.alloc(points.length * width);
      points.forEach((point, k) => {
        if (order === "BE") bytes.writeUIntBE(point, k * width, width);
        else bytes.writeUIntLE(point, k * width, width);
      });
      return bytes;
    };
    for (const mark of ["\ufeff", ""]) {
      for (const order of ["BE", "LE"] as const) {
        await expect(read(wide(mark, 2, order))).rejects.toThrow("encoded as UTF-16");
        await expect(read(wide(mark, 4, order))).rejects.toThrow("encoded as UTF-32");
      }
    }
  });

  it("checks options", async () => {
    await expect(read("a\n1\n", { delimiter: "ab" })).rejects.toMatchObject({ code: "invalid-option" });
    await expect(read("a\n1\n", { maxRows: 0 })).rejects.toMatchObject({ code: "invalid-option" });
    await expect(read("amount\n1\n", { columnTypes: { amout: "numeric" } })).rejects.toMatchObject({
      code: "invalid-option",
      hint: expect.stringContaining("amount"),
    });
    await expect(read("a\n1\nx\n", { columnTypes: { a: "numeric" } })).rejects.toThrow('has "x" on line 3');
  });

  it("refuses a late text in a stream, which cannot be read again", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i}.0`).join("\n");
    await expect(read(`a\n${lines}\noops\n1\n`)).rejects.toThrow(
      'held only numbers before "oops" on line 5002',
    );
  });
});

describe("readTable on JSON lines", () => {
  it("unites keys", async () => {
    const table = await read('{"a":1,"b":"x"}\n\n{"b":null,"c":true,"a":"2"}\n');
    expect(table.columns.map((column) => column.name)).toEqual(["a", "b", "c"]);
    expect(rowsOf(table)).toEqual([
      [1, "x", null],
      [2, null, "true"],
    ]);
  });

  it.each([
    ['{"a":1}\n{"a":\n', "line 2 is not JSON"],
    ['{"a":1}\n[1]\n', "line 2 is a list, not an object"],
    ['{"a":1}\n{"a":{"b":1}}\n', 'column "a" holds an object on line 2'],
    ['[{"a":1}]\n', "is one JSON list"],
  ])("refuses %j", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
