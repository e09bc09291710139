/** Cells that are more than plain numbers, from the file to the score: docs/reading.md. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csv, DataFolder, npyFloats, npz } from "../../test/data-files.js";
import { npy } from "../../test/e2e/npy.js";
import { type Table, tableFromRows } from "../data/index.js";
import { Knn } from "../detectors/neighbours/knn.js";
import type { Model } from "../model/index.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { open } from "./open.js";

provideBackend(nodeBackend({ cores: 1 }));

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

type Rows = readonly { readonly temp: string; readonly watts: string }[];

/** A file of the format, or the rows of a program. */
const FORMATS: Readonly<Record<string, (rows: Rows) => Promise<string> | Rows>> = {
  CSV: (rows) =>
    folder.put(
      "t.csv",
      csv(
        ["temp", "watts"],
        rows.map(({ temp, watts }) => [temp, `"${watts}"`]),
      ),
    ),
  "JSON lines": (rows) => folder.put("t.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  Parquet: (rows) =>
    folder.put(
      "t.parquet",
      new Uint8Array(
        parquetWriteBuffer({
          columnData: (["temp", "watts"] as const).map((name) => ({
            name,
            data: rows.map((row) => row[name]),
            type: "STRING",
          })),
        }),
      ),
    ),
  rows: (rows) => rows,
};

async function trained(data: string | Rows): Promise<Model> {
  return new Knn({ seed: 1 }).fit(typeof data === "string" ? await open(data) : tableFromRows(data));
}

async function scored(model: Model, data: string | Rows): Promise<{ scores: number[]; flags: number[] }> {
  const rows = typeof data === "string" ? await open(data, { model }) : tableFromRows(data);
  const { scores, isAnomaly } = await model.score(rows);
  return { scores: Array.from(scores), flags: Array.from(isAnomaly) };
}

const watts = (k: number): number => 100 + ((k * 37) % 150);
const rowsOf = (write: (value: number, k: number) => string): Rows =>
  Array.from({ length: 200 }, (_, k) => ({ temp: String(20 + (k % 7) / 4), watts: write(watts(k), k) }));
const EXTREMES = [200, 9000, -5000, 101.5];
const today = (write: (value: number) => string): Rows =>
  EXTREMES.map((value) => ({ temp: "20.5", watts: write(value) }));

const negative = (value: number, text: string): string => (value < 0 ? `-${text}` : text);
const grouped = (value: number, mark: string, decimal: string): string => {
  const [whole, rest = "0"] = String(Math.abs(value)).split(".");
  return negative(value, `${whole!.replace(/\B(?=(\d{3})+$)/g, mark)}${decimal}${rest}`);
};

describe.each(Object.keys(FORMATS))("an extreme scores as extreme, from %s", (format) => {
  const put = FORMATS[format]!;

  it.each([
    "n/a",
    "#N/A",
    "<NA>",
    "-",
    "NaT",
    "na",
    "(null)",
    "-nan",
    "#DIV/0!",
    "--",
    "\\N",
    "None",
    "#NV",
    "n. d.",
    "#VALEUR!",
    "#¡REF!",
  ])("beside %s", async (token) => {
    const write = (value: number, k: number): string => (k % 20 === 3 ? token : String(value));
    const model = await trained(await put(rowsOf(write)));
    const { flags } = await scored(model, await put(today(String)));
    expect(flags).toEqual([0, 1, 1, 0]);
    const plain = await trained(await put(rowsOf((value, k) => (k % 20 === 3 ? "" : String(value)))));
    expect((await scored(model, await put(today(String)))).scores).toEqual(
      (await scored(plain, await put(today(String)))).scores,
    );
    // A row with nothing but the token is missing when it comes alone, too.
    expect((await scored(model, await put([{ temp: "20.5", watts: token }]))).flags).toEqual([0]);
  });

  it.each<[string, (value: number) => string]>([
    ["a percent sign", (value) => `${value} %`],
    ["a currency", (value) => negative(value, `$${Math.abs(value)}`)],
    ["a unit", (value) => `${value}W`],
    ["thousands and a decimal point", (value) => grouped(value, ",", ".")],
    ["thousands and a decimal comma", (value) => grouped(value, ".", ",")],
    ["parentheses", (value) => (value < 0 ? `(${-value} W)` : `${value} W`)],
    ["a comparison sign", (value) => `<${value}`],
    ["a Unicode minus", (value) => String(value).replace("-", "−")],
    ["a plus", (value) => (value > 0 ? `+${value}` : String(value))],
  ])("with %s", async (_, write) => {
    const model = await trained(await put(rowsOf(write)));
    const plain = await trained(await put(rowsOf(String)));
    const decorated = await scored(model, await put(today(write)));
    expect(decorated.flags).toEqual([0, 1, 1, 0]);
    expect(decorated.scores).toEqual((await scored(plain, await put(today(String)))).scores);
    // One row alone does not say what its marks mean; the model does.
    const alone = await scored(model, await put(today(write).slice(1, 2)));
    expect(alone.scores).toEqual(decorated.scores.slice(1, 2));
  });

  it("unless it is no number to the model, which stops", async () => {
    const model = await trained(await put(rowsOf((value) => `${value} W`)));
    for (const cell of ["9 kW", "0x1F", "0b11", "off"]) {
      await expect(scored(model, await put([{ temp: "20.5", watts: cell }]))).rejects.toMatchObject({
        code: "schema-mismatch",
        message: expect.stringContaining(cell.slice(-2)),
      });
    }
    const infinite = await scored(model, await put([{ temp: "20.5", watts: "-inf" }]));
    expect(infinite.flags).toEqual([1]);
  });
});

describe("numbers that mean a missing value", () => {
  const numbers = Array.from({ length: 100 }, (_, k) => (k % 10 === 0 ? -999 : watts(k)));

  it("are found in every format, and remembered by the model", async () => {
    const paths = [
      await folder.put(
        "m.csv",
        csv(
          ["x0"],
          numbers.map((value) => [value === -999 ? "-999.0" : value]),
        ),
      ),
      await folder.put("m.jsonl", numbers.map((x0) => JSON.stringify({ x0 })).join("\n")),
      await folder.put("m.npy", npyFloats([100, 1], numbers)),
      await folder.put("m.npz", npz({ X: npyFloats([100, 1], numbers) })),
      ...(await Promise.all(
        (["FLOAT", "DOUBLE", "INT32"] as const).map((type) =>
          folder.put(
            `m.${type}.parquet`,
            new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "x0", data: numbers, type }] })),
          ),
        ),
      )),
    ];
    for (const path of paths) {
      const samples = await open(path, { missing: ["-999", "gone"] });
      const [column] = (samples.data as Table).columns;
      expect(Array.from((column as { values: Float64Array }).values, Number.isNaN), path).toEqual(
        numbers.map((value) => value === -999),
      );
      expect(samples.warnings, path).toEqual([expect.stringContaining('names "gone" as a missing value')]);
      const model = await new Knn({ seed: 1 }).fit(samples);
      const again = await open(path, { model });
      expect(again.warnings).toEqual([]);
      expect((again.data as Table).columns).toEqual((samples.data as Table).columns);
      expect((await open(path, { model, missing: ["-1"] })).warnings).toHaveLength(1);
    }
  });
});

describe("marks that can be read in two ways", () => {
  const ambiguous = rowsOf((value, k) => (k % 2 === 0 ? `1,${value}` : String(value)));

  it("are named, and settled by an option that the model remembers", async () => {
    const path = (await FORMATS["CSV"]!(ambiguous)) as string;
    const unclear = await open(path);
    expect(unclear.warnings).toEqual([expect.stringContaining("comma is ambiguous")]);
    const model = await new Knn({ seed: 1 }).fit(await open(path, { decimal: "." }));
    expect(model.card.reading).toMatchObject({ decimal: "." });
    const { data } = await open((await FORMATS["CSV"]!([{ temp: "1", watts: "1,638" }])) as string, {
      model,
    });
    expect((data as Table).columns[1]).toMatchObject({ kind: "numeric", values: Float64Array.of(1638) });
  });

  it("are said to programs, too", () => {
    const warnings: string[] = [];
    tableFromRows(ambiguous, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings).toEqual([expect.stringContaining("comma is ambiguous")]);
  });
});

describe("identifiers beyond 2^53 with a decimal point", () => {
  it("keep their digits", async () => {
    const path = await folder.put("points.csv", "id,a\n1234567890123456001.0,1\n1234567890123456002.0,2\n");
    const { data } = await open(path);
    const { columns } = data as Table;
    expect(columns[0]).toMatchObject({
      kind: "categorical",
      levels: ["1234567890123456001.0", "1234567890123456002.0"],
    });
  });
});

describe("identifiers beyond 2^53", () => {
  const ids = ["9007199254740993", "9007199254740992"];
  const columns = (id: string): string => `${id},1\n`;

  it("keep their digits as names and entities in every format with texts or wide integers", async () => {
    const [ints, steps] = [ids.map(BigInt), Array.from({ length: 20 }, (_, k) => ids[k % 2]!)];
    const paths = [
      await folder.put("i.csv", `id,x\n${steps.map(columns).join("")}`),
      await folder.put("i.jsonl", steps.map((id) => `{"id": ${id}, "x": 1, "note": "at ${id},"}`).join("\n")),
      await folder.put(
        "i.parquet",
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: "id", data: steps.map(BigInt), type: "INT64" },
              { name: "x", data: steps.map(() => 1), type: "DOUBLE" },
            ],
          }),
        ),
      ),
    ];
    for (const path of paths) {
      const { names } = await open(path, { idColumn: "id" });
      expect([names!.of(0), names!.of(1)], path).toEqual(ids.map((id) => [id]));
      const series = (await open(path, { entityColumn: "id", window: 5 })).data;
      // Ten steps each: one machine of twenty would have more windows.
      expect(series.rowCount, path).toBe(2 * 6);
    }
    expect(tableFromRows(ints.map((id) => ({ id }))).columns[0]).toMatchObject({ levels: ids });
    expect(JSON.parse(JSON.stringify((await open(paths[1]!)).data))).toMatchObject({
      columns: [{ levels: ids }, {}, { levels: ids.map((id) => `at ${id},`) }],
    });
  });

  it("are refused in arrays, which have no texts, unless a number is exact", async () => {
    const wide = (values: readonly bigint[]) =>
      npz({ X: npy("<i8", [values.length, 1], new Uint8Array(BigInt64Array.from(values).buffer)) });
    await expect(open(await folder.put("w.npz", wide(ids.map(BigInt))))).rejects.toThrow("beyond 2^53");
    const { data } = await open(await folder.put("e.npz", wide([2n ** 60n, 1n])));
    expect((data as Table).columns[0]).toMatchObject({ values: Float64Array.of(2 ** 60, 1) });
  });
});
