import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../../io/readers.js";

type ColumnData = Parameters<typeof parquetWriteBuffer>[0]["columnData"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hypersphere-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function save(columnData: ColumnData, options: Partial<Parameters<typeof parquetWriteBuffer>[0]> = {}) {
  const path = join(folder, "t.parquet");
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, ...options })));
  return path;
}

async function columns(path: string, options = {}) {
  const table = await readTable(path, options);
  return Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      column.kind === "numeric"
        ? Array.from(column.values)
        : Array.from(column.codes, (code) => column.levels[code] ?? null),
    ]),
  );
}

describe("readTable on Parquet", () => {
  it.each([
    ["INT32", 9, 4],
    ["INT64", 18, 4],
    ["FIXED_LEN_BYTE_ARRAY", 38, 16],
  ] as const)("reads decimals in %s as their texts are read in CSV", async (type, precision, bytes) => {
    const texts = Array.from({ length: 200 }, (_, k) => ((k * 7919 - 500_000) / 1e4).toFixed(4));
    const digits = texts.map((text) => BigInt(text.replace(".", "")));
    const path = await save([{ name: "a", data: digits }], {
      schema: [
        { name: "root", num_children: 1 },
        {
          ...{ name: "a", type, repetition_type: "OPTIONAL", converted_type: "DECIMAL", precision, scale: 4 },
          ...(type === "FIXED_LEN_BYTE_ARRAY" && { type_length: bytes }),
        },
      ],
    });
    expect(await columns(path)).toEqual({ a: texts.map(Number) });
  });

  it("keeps the digits of whole decimals beyond 2^53, which may be ids", async () => {
    const data = [12345678901234567801n, 12345678901234567802n, -12345678901234567802n, null];
    const path = await save([{ name: "a", data }], {
      schema: [
        { name: "root", num_children: 1 },
        {
          ...{ name: "a", type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, repetition_type: "OPTIONAL" },
          ...{ converted_type: "DECIMAL", precision: 38, scale: 0 },
        },
      ],
    });
    expect(await columns(path)).toEqual({ a: data.map((value) => value && String(value)) });
  });

  it("reads every flat type", async () => {
    const path = await save([
      { name: "f", data: [1.5, 2, null, 4], type: "FLOAT" },
      { name: "d", data: [0.1, null, 3, Number.NaN], type: "DOUBLE" },
      { name: "i", data: [1, -2, 3, null], type: "INT32" },
      { name: "l", data: [1n, null, -3n, 2n ** 53n - 1n], type: "INT64" },
      { name: "b", data: [true, false, null, true], type: "BOOLEAN" },
      { name: "s", data: ["x", null, "NA", "y"], type: "STRING" },
      { name: "n", data: ["1", "2.5", null, "3"], type: "STRING" },
      { name: "t", data: [new Date(1500), new Date(0), null, new Date(-1000)], type: "TIMESTAMP" },
    ]);
    expect(await columns(path)).toEqual({
      f: [1.5, 2, Number.NaN, 4],
      d: [0.1, Number.NaN, 3, Number.NaN],
      i: [1, -2, 3, Number.NaN],
      l: [1, Number.NaN, -3, 2 ** 53 - 1],
      b: ["true", "false", null, "true"],
      s: ["x", null, null, "y"],
      n: [1, 2.5, Number.NaN, 3],
      t: [1.5, 0, Number.NaN, -1],
    });
    const table = await readTable(path);
    expect((table.columns[0] as { values: unknown }).values).toBeInstanceOf(Float32Array);
  });

  it("joins row groups and stops after maxRows, from files and streams", async () => {
    const data = Array.from({ length: 1000 }, (_, i) => i);
    const texts = data.map((i) => (i === 999 ? "last" : `0${i}`));
    const path = await save(
      [
        { name: "a", data, type: "INT32" },
        { name: "b", data: data.map((i) => i / 3), type: "DOUBLE" },
        { name: "c", data: texts, type: "STRING" },
      ],
      { rowGroupSize: 300 },
    );
    const whole = { a: data, b: data.map((i) => i / 3), c: texts };
    expect(await columns(path)).toEqual(whole);
    expect((await columns(path, { maxRows: 650 })).b).toEqual(whole.b.slice(0, 650));
    const streamed = await readTable(Readable.from([await readFile(path)], { objectMode: false }));
    expect(streamed.rowCount).toBe(1000);
  });

  it("keeps texts of a column that becomes categorical late", async () => {
    const data = [...Array.from({ length: 6000 }, (_, i) => `${i}.0`), "z"];
    const path = await save([{ name: "a", data, type: "STRING" }]);
    expect((await columns(path)).a).toEqual(data);
    expect((await readTable(path)).warnings[0]).toContain('first "z" on row 6001');
  });

  it("takes integers beyond 2^53 for numbers unless two would become the same", async () => {
    const path = await save([{ name: "id", data: [1n, 2n ** 60n], type: "INT64" }]);
    expect(await columns(path)).toEqual({ id: [1, 2 ** 60] });
    expect(await columns(path, { columnTypes: { id: "categorical" } })).toEqual({
      id: ["1", "1152921504606846976"],
    });
    const close = await save([{ name: "id", data: [2n ** 60n, 2n ** 60n + 1n], type: "INT64" }]);
    expect(await columns(close)).toEqual({ id: ["1152921504606846976", "1152921504606846977"] });
  });

  it("refuses nested columns by name", async () => {
    const path = await save([{ name: "j", data: [[1], [2]] }], {
      schema: [
        { name: "root", num_children: 1 },
        { name: "j", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", repetition_type: "OPTIONAL", type: "INT32" },
      ],
    });
    await expect(readTable(path)).rejects.toThrow('nested columns cannot be part of a table: "j"');
  });

  it("stops in the middle of a column when told to, from a stream in memory too", async () => {
    const data = Array.from({ length: 800_000 }, (_, k) => k / 7);
    const bytes = await readFile(
      await save([{ name: "a", data, type: "DOUBLE" }], { rowGroupSize: 800_000 }),
    );
    const controller = new AbortController();
    // With the last of the bytes the only thing left is decoding, which has to give the timer a turn.
    async function* ending(): AsyncGenerator<Uint8Array> {
      yield bytes;
      setTimeout(() => controller.abort(), 0);
    }
    const stream = ending() as unknown as NodeJS.ReadableStream;
    const reading = readTable(stream, { signal: controller.signal });
    await expect(reading).rejects.toMatchObject({ code: "aborted" });
  });

  it("refuses bytes that are no text, of which several would become the same one, unless the column is not read", async () => {
    const data = [Uint8Array.of(0xff, 1), Uint8Array.of(0xfe, 1), new TextEncoder().encode("caf\u00e9")];
    const path = await save([
      { name: "id", data, type: "BYTE_ARRAY" },
      { name: "a", data: [1, 2, 3], type: "DOUBLE" },
    ]);
    await expect(readTable(path)).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringMatching(/column "id".*bytes that are no text in UTF-8/),
    });
    expect(await columns(path, { exclude: ["id"] })).toEqual({ a: [1, 2, 3] });
  });

  it("refuses damaged files", async () => {
    const path = await save([{ name: "a", data: [1, 2, 3], type: "DOUBLE" }]);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length - 20));
    await expect(readTable(path)).rejects.toMatchObject({ code: "unreadable-data" });
    await writeFile(path, "a,b\n1,2\n");
    await expect(readTable(path)).rejects.toThrow("does not begin as a parquet file does");
  });
});
