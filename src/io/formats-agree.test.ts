/** The same rows are the same to a model, whatever format they come in: values, categories and missing cells. */
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csv, DataFolder, npyFloats, npz } from "../../test/data-files.js";
import { tableFromRows } from "../data/index.js";
import { Knn } from "../detectors/neighbours/knn.js";
import type { Model } from "../model/index.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import type { OpenFileOptions } from "./open.js";
import { open } from "./open.js";

provideBackend(nodeBackend({ cores: 1 }));

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

/** A row as a program has it. */
interface Row {
  readonly size: number | null;
  readonly count: number;
  readonly code: number | null;
  readonly on: boolean | null;
  readonly mode: string | null;
}

const NAMES = ["size", "count", "code", "on", "mode"] as const;
const TYPES = { code: "categorical" } as const;

const rowOf = fc.record<Row>({
  size: fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { freq: 12 }),
  count: fc.integer({ min: 0, max: 500 }),
  code: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 12 }),
  on: fc.option(fc.boolean(), { freq: 12 }),
  mode: fc.option(fc.constantFrom("run", "idle", "Zürich east"), { freq: 12 }),
});

type Write = (rows: readonly Row[]) => Promise<string>;
let files = 0;
const place = (ending: string): string => `${files++}.${ending}`;

const delimited =
  (cell: (value: Row[keyof Row], name: keyof Row) => string): Write =>
  (rows) =>
    folder.put(
      place("csv"),
      csv(
        NAMES,
        rows.map((row) => NAMES.map((name) => cell(row[name], name))),
      ),
    );

const parquet =
  (columns: (rows: readonly Row[]) => Parameters<typeof parquetWriteBuffer>[0]["columnData"]): Write =>
  (rows) =>
    folder.put(place("parquet"), new Uint8Array(parquetWriteBuffer({ columnData: columns(rows) })));

const column = <N extends keyof Row>(rows: readonly Row[], name: N): Row[N][] => rows.map((row) => row[name]);
const shown = (value: Row[keyof Row]): string | null => (value === null ? null : String(value));

/** Ways in which programs write these rows. */
const FORMATS: Readonly<Record<string, Write>> = {
  CSV: delimited((value) => (value === null ? "" : String(value))),
  "CSV of pandas": delimited((value, name) => {
    if (value === null) return "NaN";
    if (typeof value === "boolean") return value ? "True" : "False";
    return name === "code" ? `${value}.0` : String(value);
  }),
  "CSV of R": delimited((value) =>
    typeof value === "boolean" ? String(value).toUpperCase() : (shown(value) ?? "NA"),
  ),
  "CSV with padding": delimited((value) => `  ${shown(value) ?? "n/a"}\t`),
  "JSON lines": (rows) => folder.put(place("jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  "JSON lines of texts": (rows) =>
    folder.put(
      place("jsonl"),
      rows
        .map((row) => JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, shown(row[name])]))))
        .join("\n"),
    ),
  Parquet: parquet((rows) => [
    { name: "size", data: column(rows, "size"), type: "DOUBLE" },
    { name: "count", data: column(rows, "count").map(BigInt), type: "INT64" },
    { name: "code", data: column(rows, "code"), type: "INT32" },
    { name: "on", data: column(rows, "on"), type: "BOOLEAN" },
    { name: "mode", data: column(rows, "mode"), type: "STRING" },
  ]),
  "Parquet of floats": parquet((rows) => [
    { name: "size", data: column(rows, "size"), type: "DOUBLE" },
    { name: "count", data: column(rows, "count"), type: "DOUBLE" },
    { name: "code", data: column(rows, "code"), type: "FLOAT" },
    { name: "on", data: column(rows, "on").map((on) => (on === null ? null : Number(on))), type: "INT32" },
    { name: "mode", data: column(rows, "mode"), type: "STRING" },
  ]),
  "Parquet of texts": parquet((rows) =>
    NAMES.map((name) => ({ name, data: column(rows, name).map(shown), type: "STRING" as const })),
  ),
};

const trained = async (path: string, options: OpenFileOptions = {}): Promise<Model> =>
  await new Knn({ seed: 1 }).fit(await open(path, { columnTypes: TYPES, ...options }));

async function scores(model: Model, path: string): Promise<number[]> {
  return Array.from((await model.score(await open(path, { model }))).scores);
}

describe("every format", () => {
  it("gives the same scores to a model that was trained from any of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(rowOf, { minLength: 60, maxLength: 60 }),
        fc.array(rowOf, { minLength: 20, maxLength: 20 }),
        async (training, today) => {
          const expected = await scores(
            await trained(await FORMATS["CSV"]!(training)),
            await FORMATS["CSV"]!(today),
          );
          for (const [from, write] of Object.entries(FORMATS)) {
            // There, on is a number.
            if (from === "Parquet of floats") continue;
            const model = await trained(await write(training));
            for (const [to, writeToday] of Object.entries(FORMATS)) {
              expect(await scores(model, await writeToday(today)), `from ${from} to ${to}`).toEqual(expected);
            }
          }
        },
      ),
      { numRuns: 2, seed: 7 },
    );
  }, 60_000);

  it("gives the same scores where a model took a flag for a number", async () => {
    const [training, today] = fc.sample(fc.array(rowOf, { minLength: 60, maxLength: 60 }), {
      numRuns: 2,
      seed: 9,
    }) as [Row[], Row[]];
    const model = await trained(await FORMATS["Parquet of floats"]!(training));
    const expected = await scores(model, await FORMATS["Parquet of floats"]!(today));
    for (const [to, write] of Object.entries(FORMATS)) {
      expect(await scores(model, await write(today)), to).toEqual(expected);
    }
  });

  it("gives the same scores to rows that a program made", async () => {
    const [training, today] = fc.sample(fc.array(rowOf, { minLength: 60, maxLength: 60 }), {
      numRuns: 2,
      seed: 8,
    }) as [Row[], Row[]];
    const model = await new Knn({ seed: 1 }).fit(tableFromRows(training as never, { columnTypes: TYPES }));
    const own = Array.from((await model.score(tableFromRows(today as never))).scores);
    for (const [to, write] of Object.entries(FORMATS)) {
      expect(await scores(model, await write(today)), to).toEqual(own);
    }
  });

  it("gives arrays of numbers the scores of their texts", async () => {
    const rows = Array.from({ length: 80 }, (_, k) => [Math.sin(k) * 9, k % 7, k % 2]);
    const table = csv(
      ["x0", "x1", "x2"],
      rows.map((row) => row.map(String)),
    );
    const words = csv(
      ["x0", "x1", "x2"],
      rows.map(([a, b, c]) => [String(a), `${b}.0`, c === 1 ? "True" : "False"]),
    );
    const archive = await folder.put("x.npz", npz({ X: npyFloats([80, 3], rows.flat()) }));
    const [asNumbers, asWords] = [await folder.put("n.csv", table), await folder.put("w.csv", words)];
    for (const path of [archive, asNumbers, asWords]) {
      const model = await new Knn({ seed: 1 }).fit(await open(path));
      const own = await scores(model, path);
      for (const other of [archive, asNumbers, asWords]) expect(await scores(model, other)).toEqual(own);
    }
  });
});
