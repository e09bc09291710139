import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataFolder } from "../../test/data-files.js";
import { readTable } from "../io/readers.js";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

const rows = Array.from({ length: 30 }, (_, k) => ({ a: k / 8, b: (k * 7) % 11, c: k % 2 ? "on" : "off" }));
const text = (parted: string): string =>
  ["a", "b", "c"]
    .join(parted)
    .concat("\n", rows.map((row) => `${Object.values(row).join(parted)}\n`).join(""));
const jsonLines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const archive = (...names: string[]): Uint8Array =>
  zipSync(Object.fromEntries(names.map((name) => [name, Buffer.from(text(","))])));
const bytes = (...start: number[]): Uint8Array => Uint8Array.from([...start, ...Array<number>(40).fill(0)]);
const tar = new Uint8Array(1024);
tar.set(Buffer.from("ustar"), 257);

describe("a file called .csv", () => {
  it.each([
    ["JSON lines", jsonLines],
    ["JSON lines with a byte order mark", `\ufeff\n ${jsonLines}`],
    ["JSON lines in gzip", gzipSync(jsonLines)],
  ])("is read as the %s that it holds", async (_, content) => {
    const columns = async (path: string) => (await readTable(path)).columns;
    expect(await columns(await folder.put("lines.csv", content))).toEqual(
      await columns(await folder.put("lines.jsonl", jsonLines)),
    );
    expect(await columns(await folder.put("lines.tsv", content))).toHaveLength(3);
  });

  it.each(["ORC", "FEA1", "RDX2", "BZh", "ARROW1"])("may have %s for its first column", async (name) => {
    const { columns } = await readTable(await folder.put("named.csv", text(",").replace(/^a/, name)));
    expect(columns[0]!.name).toBe(name);
  });

  it.each<[string, string | Uint8Array, string]>([
    ["a JSON list", JSON.stringify(rows), "is one JSON list"],
    ["an indented JSON list", JSON.stringify(rows, undefined, 1), "is one JSON list"],
    ["lists on lines", '[1, 2]\n[3, "b"]\n', "line 1 is a list, not an object"],
    ["an object of lists", JSON.stringify({ a: [1, 2], b: [3, 4] }), "No column can be read. "],
    ["an XML document", '<rows><row a="1"/></rows>', "is a page (HTML or XML)"],
    ["a page with a comment before it", "<!-- x -->\n<html>a,b</html>", "is a page (HTML or XML)"],
    ["a table of HTML", "<table><tr><td>1</td></tr></table>", "is a page (HTML or XML)"],
    ["an ARFF file", "% by, whom\n%\n\n@RELATION x\n@attribute a numeric\n@data\n1\n", "is an ARFF file"],
    ["a spreadsheet", archive("[Content_Types].xml", "xl/workbook.xml"), "is a spreadsheet"],
    ["an open spreadsheet", archive("mimetype", "content.xml"), "is a spreadsheet"],
    ["an archive", archive("may.csv", "june.csv"), 'is a zip archive of "may.csv", "june.csv"'],
    ["a tar archive", tar, "is a tar archive"],
    ["a tar archive in gzip", gzipSync(tar), "is a tar archive"],
    ["an ORC file", bytes(0x4f, 0x52, 0x43), "is an ORC file"],
    ["an Avro file", bytes(0x4f, 0x62, 0x6a, 1), "is an Avro file"],
    ["an R object", gzipSync(bytes(0x58, 0x0a, 0, 0, 0, 3)), "is an R object"],
    ["a SAS file", bytes(...Array<number>(12).fill(0), 0xc2, 0xea, 0x81, 0x60), "is a SAS file"],
    ["an ONNX model", bytes(8, 8, 0x12, 11, ...Buffer.from("hypersphere2")), "is a model (ONNX), not data"],
    ["an ONNX model without a producer", bytes(8, 10, 0x3a, 0x80, 2), "is a model (ONNX), not data"],
  ])("that is %s is refused by what it is", async (_, content, what) => {
    await expect(readTable(await folder.put("t.csv", content), { needed: [] })).rejects.toMatchObject({
      message: expect.stringContaining(what),
      hint: expect.stringMatching(/\S/),
    });
  });

  it.each([":", "~", "#", "/", "_", " ", "\u001f"])(
    "whose columns are parted by %j says so, and is read when told",
    async (mark) => {
      const path = await folder.put("t.csv", text(mark));
      const { warnings, columns } = await readTable(path);
      expect(columns).toHaveLength(1);
      expect(warnings).toEqual([expect.stringContaining(`option "delimiter" ${JSON.stringify(mark)}.`)]);
      expect((await readTable(path, { delimiter: mark })).columns.map(({ name }) => name)).toEqual([
        "a",
        "b",
        "c",
      ]);
    },
  );

  it.each([
    ["names in angle brackets", "<DATE>\t<OPEN>\n2024\t5\n2025\t6\n", 2],
    ["names in square brackets", "[a],[b]\n[1],[2]\n[3],[4]\n", 2],
    ["one column of times", `time of day\n${rows.map((_, k) => `10:0${k % 10}:00 am\n`).join("")}`, 1],
    ["one column of names", "serial_no\nA_1\nB2\nC_3\n", 1],
  ])("with %s is a table", async (_, content, count) => {
    const { columns, warnings } = await readTable(await folder.put("t.csv", content));
    expect(columns).toHaveLength(count);
    expect(warnings.filter((warning) => warning.includes("all its lines"))).toEqual([]);
  });
});

it("other names do not hide delimited text", async () => {
  const tabbed = await readTable(await folder.put("t.tsv", text(",")));
  expect(tabbed.warnings).toEqual([expect.stringContaining('option "delimiter" ",".')]);
  await expect(readTable(await folder.put("t.jsonl", text(",")))).rejects.toMatchObject({
    hint: expect.stringContaining("call the file .csv"),
  });
  const spread = JSON.stringify(rows[0], undefined, 2);
  await expect(readTable(await folder.put("t.jsonl", spread))).rejects.toMatchObject({
    hint: expect.stringContaining("jq -c ."),
  });
  await expect(readTable(await folder.put("t.parquet", text(",")))).rejects.toMatchObject({
    hint: expect.stringContaining(".csv, .txt, .tsv"),
  });
});
