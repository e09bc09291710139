/** What a model asks of other data: its columns and no others, and its lengths of time in whatever unit. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataFolder } from "../../test/data-files.js";
import {
  Knn,
  ModelStream,
  Pca,
  seriesFromTable,
  type Table,
  tableFromColumns,
  tableFromRows,
} from "../index.js";
import { createRandom } from "../math/random.js";
import type { Model } from "../model/model.js";
import { open } from "./open.js";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.make();
});
afterAll(() => folder.remove());

const save = (name: string, content: string | Uint8Array): Promise<string> => folder.put(name, content);

const stream = createRandom(11).stream("cells");
const scoresOf = async (model: Model, path: string): Promise<number[]> => {
  const { scores } = await model.score(await open(path, { model, labelled: false }));
  return [...scores];
};

describe("the times of a series", () => {
  const start = Date.UTC(2024, 2, 5);
  const minutes = [...Array(40).keys(), ...Array.from({ length: 30 }, (_, k) => 70 + k)];
  const cells = minutes.map(() => [stream.normal(), stream.normal()] as const);
  const csv = (time: (at: number) => string | number): string =>
    `time,p,q\n${minutes.map((minute, k) => `${time(start + minute * 60_000)},${cells[k]!.join(",")}`).join("\n")}\n`;

  it.each([{}, { every: "1min" }, { maxGap: "10min" }])(
    "are converted to those of training, with %j",
    async (cutting) => {
      const rows = Array.from({ length: 200 }, (_, k) => [
        start + k * 60_000,
        stream.normal(),
        stream.normal(),
      ]);
      const training = await save(
        "training.csv",
        `time,p,q\n${rows.map((row) => row.join(",")).join("\n")}\n`,
      );
      const model = await new Pca().fit(await open(training, { timeColumn: "time", window: 8, ...cutting }));
      const expected = await scoresOf(
        model,
        await save(
          "ms.csv",
          csv((at) => at),
        ),
      );
      const json = (time: (at: number) => string | number): string =>
        minutes
          .map((minute, k) =>
            JSON.stringify({ time: time(start + minute * 60_000), p: cells[k]![0], q: cells[k]![1] }),
          )
          .join("\n");
      const columnData = [
        {
          name: "time",
          data: minutes.map((minute) => new Date(start + minute * 60_000)),
          type: "TIMESTAMP" as const,
        },
        { name: "p", data: cells.map(([p]) => p), type: "DOUBLE" as const },
        { name: "q", data: cells.map(([, q]) => q), type: "DOUBLE" as const },
      ];
      const others = [
        await save(
          "s.csv",
          csv((at) => at / 1e3),
        ),
        await save(
          "us.csv",
          csv((at) => at * 1e3),
        ),
        await save(
          "ns.csv",
          csv((at) => `${at}000000`),
        ),
        await save(
          "iso.csv",
          csv((at) => new Date(at).toISOString()),
        ),
        await save(
          "digits.csv",
          csv((at) => new Date(at).toISOString().replace(/\D/g, "").slice(0, 14)),
        ),
        await save(
          "s.jsonl",
          json((at) => at / 1e3),
        ),
        await save(
          "iso.jsonl",
          json((at) => new Date(at).toISOString()),
        ),
        await save("t.parquet", new Uint8Array(parquetWriteBuffer({ columnData }))),
      ];
      for (const path of others) expect([path, await scoresOf(model, path)]).toEqual([path, expected]);
    },
  );
});

describe("columns that a model does not use", () => {
  it("need not be readable", async () => {
    const rows = Array.from({ length: 60 }, (_, k) => ({
      id: k + 1,
      a: stream.normal(),
      b: stream.normal(),
    }));
    const lines = (extra: (k: number) => object) =>
      rows.map((row, k) => JSON.stringify({ ...row, ...extra(k) })).join("\n");
    const plain = await save(
      "plain.jsonl",
      lines(() => ({})),
    );
    const model = await new Pca().fit(await open(plain));
    expect(model.card.schema).toMatchObject({ dropped: [{ name: "id" }] });
    const expected = await scoresOf(model, plain);
    for (const extra of [
      () => ({ d: { x: 1 } }),
      (k: number) => ({ d: k === 40 ? [1] : 2 }),
      () => ({ id: [] }),
    ]) {
      const path = await save("nested.jsonl", lines(extra));
      expect(await scoresOf(model, path)).toEqual(expected);
      expect((await open(path, { model })).warnings).toEqual([
        expect.stringContaining("not needed, and left out"),
      ]);
    }
    const needed = await save(
      "needed.jsonl",
      lines((k) => (k === 7 ? { a: {} } : {})),
    );
    await expect(open(needed, { model })).rejects.toMatchObject({
      message: expect.stringContaining('column "a" holds an object on line 8'),
      hint: expect.not.stringContaining("leave"),
    });
    const index = `,a,b\n${rows.map(({ a, b }, k) => [k, a, b].join(",")).join("\n")}\n`;
    expect(await scoresOf(model, await save("index.csv", index))).toEqual(expected);
  });
});

describe("columns that did not vary in training", () => {
  const rows = (odd: unknown): Record<string, unknown>[] =>
    Array.from({ length: 40 }, (_, k) => ({ p: (k * 7) % 11, q: (k * 5) % 13, e: k === 3 ? odd : 0 }));
  const lines = (odd: unknown): string =>
    rows(odd)
      .map((row) => JSON.stringify(row))
      .join("\n");
  const holdsObject = { message: expect.stringMatching(/"e".*an object/) };

  it("have to be readable where they are watched, in files, in memory and in streams alike", async () => {
    const training = tableFromRows(rows(0));
    const watching = await new Pca({ seed: 1 }).fit(training);
    const path = await save("watched.jsonl", lines({ on: true }));
    await expect(open(path, { model: watching })).rejects.toMatchObject({
      code: "unfit-data",
      hint: expect.stringContaining("needed"),
      ...holdsObject,
    });
    expect(() => tableFromRows(rows({ on: true }))).toThrow(expect.objectContaining(holdsObject));
    const answers = await (await ModelStream.open(watching)).push(rows({ on: true }));
    expect(answers.map(({ kind }) => kind === "refused")).toEqual(rows(0).map((_, k) => k === 3));
    // Another value can be read, whatever it is, and is a change.
    for (const odd of [7, "7", "open", true, 2 ** 60])
      expect((await watching.score(await open(await save("odd.jsonl", lines(odd)), { model: watching }))).notes)
        .toMatchObject({ changed: { e: { cells: 1 } } }); // biome-ignore format: one sentence
    const ignoring = await new Pca({ seed: 1, constantColumns: "ignore" }).fit(training);
    const { data, warnings } = await open(path, { model: ignoring });
    expect([(data as Table).columns.length, warnings]).toEqual([2, [holdsObject.message]]);
  });
});

describe("rows in memory", () => {
  const record = (k: number): Record<string, unknown> => ({
    a: k % 11 === 3 ? -999 : stream.normal(),
    b: k % 13 === 5 ? "off" : stream.normal(),
    zone: `0${1 + (k % 3)}`,
    code: 1 + (k % 4),
  });
  const [rows, later] = [
    Array.from({ length: 150 }, (_, k) => record(k)),
    Array.from({ length: 30 }, (_, k) => record(k)),
  ];
  const said = {
    columnTypes: { zone: "categorical", code: "categorical" },
    missing: ["-999", "off"],
  } as const;
  const csv = (given: typeof rows): string =>
    `${Object.keys(given[0]!)}\n${given.map((row) => Object.values(row).join(",")).join("\n")}\n`;

  it("are judged as the file with the same rows, and a model trained on them remembers how they were read", async () => {
    const path = await save("later.csv", csv(later));
    const fromFile = await new Pca().fit(await open(await save("rows.csv", csv(rows)), said));
    const expected = await scoresOf(fromFile, path);
    const fromMemory = await new Pca().fit(tableFromRows(rows, said));
    expect(fromMemory.card.reading).toEqual(fromFile.card.reading);
    for (const model of [fromFile, fromMemory]) {
      expect(await scoresOf(model, path)).toEqual(expected);
      expect([...(await model.score(tableFromRows(later))).scores]).toEqual(expected);
      expect([...(await model.score(await open(path))).scores]).toEqual(expected);
      // What is said in reading wins.
      const own = await model.score(tableFromRows(later, { missing: ["off"] }));
      expect(own.notes).toMatchObject({ outOfRange: { a: 3 } });
    }
  });

  it.each([
    ["as they are", {}],
    ["without their level", { detrend: 9 }],
    ["brought to a grid between rows", { timeColumn: "at", every: 0.7, fill: "linear" as const }],
    ["brought to a grid without its level", { timeColumn: "at", every: 0.7, detrend: 9 }],
  ])("of a series are, too, %s", async (_, how) => {
    const cut = { window: 5, ...how };
    const timed = (given: typeof rows): Record<string, unknown>[] => given.map((row, at) => ({ at, ...row }));
    const series = seriesFromTable(tableFromRows(timed(rows), said), cut);
    const model = await new Pca().fit(series);
    const expected = await model.score(seriesFromTable(tableFromRows(timed(later), said), cut));
    const found = await model.score(seriesFromTable(tableFromRows(timed(later)), cut));
    expect([...found.scores]).toEqual([...expected.scores]);
  });

  it("keep texts that training took for categories", async () => {
    const kinds = {
      v: rows.map(() => stream.normal()),
      kind: rows.map((_, k) => (k % 2 === 0 ? "None" : "some")),
    };
    const { notes } = await (await new Pca().fit(tableFromColumns(kinds))).score(tableFromColumns(kinds));
    expect(notes).toMatchObject({ missing: {}, unseen: {} });
  });
});

describe("columns whose names look like the model's", () => {
  const names = ["d\u00e9bit", "load rate", "caf\u00e9"];
  const odd = ["\u200bde\u0301bit", "load\u00a0rate", "cafe\u0301"];
  const rows = Array.from({ length: 40 }, (_, k) => [
    `${(k * 7) % 11} kW`,
    `${(k * 5) % 13},${k % 7}`,
    ["th\u00e9", "eau", "lait"][k % 3]!,
  ]);
  const decomposed = rows.map((row) => row.map((cell) => cell.normalize("NFD")));
  const text = (header: readonly string[], lines: readonly (readonly string[])[]): string =>
    `${[header, ...lines].map((line) => line.join(";")).join("\n")}\n`;
  const records = (header: readonly string[]): Record<string, string>[] =>
    decomposed.map((row) => Object.fromEntries(row.map((cell, k) => [header[k]!, cell])));

  it("are those columns, in files of every kind, in records and in streams", async () => {
    const training = await open(await save("named.csv", text(names, rows)));
    const model = await new Knn({ seed: 1 }).fit(training);
    const expected = await scoresOf(model, await save("same.csv", text(names, rows)));
    expect(new Set(expected).size).toBeGreaterThan(20);
    const lines = records(odd).map((record, k) => (k % 2 ? record : records(names)[k]!));
    const columnData = odd.map((name, k) => ({ name, data: decomposed.map((row) => row[k]!) }));
    const files = [
      await save("odd.csv", text(odd, decomposed)),
      await save("odd.jsonl", lines.map((line) => JSON.stringify(line)).join("\n")),
      await save("odd.parquet", new Uint8Array(parquetWriteBuffer({ columnData }))),
    ];
    for (const file of files) expect(await scoresOf(model, file)).toEqual(expected);
    const table = tableFromRows(records(odd), { columnTypes: { [odd[2]!]: "categorical" }, decimal: "," });
    expect([...(await model.score(table)).scores]).toEqual(expected);
    const answers = await (await ModelStream.open(model)).push(records(odd));
    expect(answers.map((answer) => answer.kind === "scored" && answer.score)).toEqual(expected);
  });

  it("are those that options name, and are refused where they are there twice", async () => {
    const path = await save("odd-names.csv", text(odd, decomposed));
    const samples = await open(path, { labelColumn: names[2]!, normalLabel: "eau", exclude: [names[1]!] });
    expect(samples.labels?.filter((label) => label === 0)).toHaveLength(13);
    expect(samples.data).toMatchObject({ columns: [{ name: odd[0] }] });
    const both = {
      code: "unfit-data",
      message: expect.stringMatching(
        /look the same, ".*": they are written ".*\\u00e9.*" and ".*e\\u0301.*"/,
      ),
    };
    const twice = await save("twice.csv", text([names[0]!, odd[0]!, "x"], decomposed));
    await expect(open(twice)).rejects.toMatchObject(both);
    const record = { [names[0]!]: 1, [odd[0]!]: 2 };
    expect(() => tableFromRows([record])).toThrow(expect.objectContaining(both));
    await expect(open(await save("twice.jsonl", JSON.stringify(record)))).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining("more than one key that looks like"),
    });
  });

  it("are doubted to be names in training alone", async () => {
    const lines = rows.map((row, k) => [...row.slice(0, 2), k % 4 === 0 ? "eau" : "th\u00e9"]);
    const path = await save("doubted.csv", text([names[0]!, names[1]!, "eau"], lines));
    const training = await open(path);
    const doubt = expect.stringContaining("is taken for the names of the columns");
    expect(training.warnings).toContainEqual(doubt);
    const model = await new Pca().fit(training);
    expect((await open(path, { model })).warnings).not.toContainEqual(doubt);
  });
});
