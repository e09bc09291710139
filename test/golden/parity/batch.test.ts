/** The scripts of integrations/ score what engines hold by column as this package scores rows. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Knn, type Model, open } from "../../../src/index.js";
import { DataFolder } from "../../data-files.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const ray = process.env["HYPERSPHERE_RAY_PYTHON"];
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const ROWS = 240;
const wave = (k: number, speed: number): number => Math.round(1000 * Math.sin(speed * k)) / 100;

/** Numbers with a token for missing ones, whole numbers, texts with an unseen one, truth values, and cells that are missing. */
const columnsOf = (from: number, unseen: boolean) => {
  const rows = Array.from({ length: ROWS }, (_, row) => from + row);
  return [
    { name: "id", data: rows.map((k) => `row ${k}`), type: "STRING" },
    { name: "flow", data: rows.map((k) => (k % 31 === 0 ? -999 : wave(k, 0.7))), type: "DOUBLE" },
    {
      name: "load",
      data: rows.map((k) => (k % 17 === 0 ? null : wave(k, 1.3))),
      type: "DOUBLE",
      nullable: true,
    },
    { name: "count", data: rows.map((k) => k % 7), type: "INT32" },
    {
      name: "mode",
      data: rows.map((k) => (unseen && k % 50 === 0 ? "odd" : ["run", "idle"][k % 2]!)),
      type: "STRING",
    },
    { name: "on", data: rows.map((k) => k % 3 === 0), type: "BOOLEAN" },
  ] as Parameters<typeof parquetWriteBuffer>[0]["columnData"];
};

let data: DataFolder;
let model: Model;
beforeAll(async () => {
  data = await DataFolder.make();
  mkdirSync(`${data.path}/rows`);
  const write = (path: string, from: number, unseen: boolean): void =>
    writeFileSync(
      `${data.path}/${path}`,
      Buffer.from(parquetWriteBuffer({ columnData: columnsOf(from, unseen) })),
    );
  write("train.parquet", 0, false);
  write("rows/a.parquet", 1000, true);
  write("rows/b.parquet", 2000, true);
  const columns = ["flow", "load", "count", "mode", "on"];
  model = await new Knn({ seed: 1 }).fit(
    await open(`${data.path}/train.parquet`, { columns, missing: ["", "-999"] }),
  );
  await model.save(`${data.path}/model.onnx`);
});
afterAll(() => data.remove());

/** Scores, p-values and decisions by id. */
async function here(): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (const [file, from] of [
    ["a", 1000],
    ["b", 2000],
  ] as const) {
    const rows = await open(`${data.path}/rows/${file}.parquet`, { model });
    const { scores, pValues, isAnomaly } = await model.score(rows);
    scores.forEach((score, k) => found.set(`row ${from + k}`, [score, pValues[k]!, isAnomaly[k]!]));
  }
  return found;
}

const BY_COLUMN = `
import sys, json
sys.path.insert(0, sys.argv[1])
import numpy as np
from hypersphere import Model
model = Model(sys.argv[2])
columns = {k: np.array([np.nan if v is None else v for v in c]) if k == "load" else np.array(c) for k, c in json.load(sys.stdin).items()}
print(json.dumps(np.stack([r.astype(float) for r in model.session.run(["score", "p_value", "is_anomaly"], model.column_feeds(columns))], 1).tolist()))
`;

/** Names of what an engine cannot send to a process that has no hypersphere.py: wrappers are pickled by their name alone. */
const BY_NAME = `
import sys, json, types
sys.path.insert(0, sys.argv[1])
import hypersphere
own = {name: value for name, value in vars(hypersphere).items() if getattr(value, "__module__", None) == "hypersphere"}
print(json.dumps([len(own) > 20, [name for name, value in own.items() if not isinstance(value, (types.FunctionType, type))]]))
`;

describe("rows by column", () => {
  it("are scored where hypersphere.py is not: all of it travels with the work", ({ skip }) => {
    skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
    const out = execFileSync(python!, ["-c", BY_NAME, `${repository}python`], { encoding: "utf8" });
    expect(JSON.parse(out)).toEqual([true, []]);
  });

  it("mean the same in Python", async ({ skip }) => {
    skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
    const columns = Object.fromEntries(columnsOf(1000, true).map(({ name, data }) => [name, data]));
    const out = execFileSync(python!, ["-c", BY_COLUMN, `${repository}python`, `${data.path}/model.onnx`], {
      encoding: "utf8",
      input: JSON.stringify(columns),
    });
    expect(JSON.parse(out)).toEqual([...(await here()).values()].slice(0, ROWS));
  });

  it("get the same scores on Ray", async ({ skip }) => {
    skip(ray === undefined, "HYPERSPHERE_RAY_PYTHON names no Python with ray, pyarrow and onnxruntime");
    const run = (...args: string[]): string =>
      execFileSync(ray!, [`${repository}integrations/ray_score.py`, `${data.path}/model.onnx`, ...args], {
        encoding: "utf8",
        stdio: "pipe",
      });
    const out = `${data.path}/scored`;
    run(`${data.path}/rows/*.parquet`, out, "--keep", "id", "--batch", "100");
    const scored = await open(execFileSync(ray!, ["-c", AS_LINES, out], { encoding: "utf8" }).trim());
    const values = scored.data.kind === "table" ? scored.data.columns : [];
    const expected = await here();
    expect(scored.rowCount).toBe(expected.size);
    const column = (name: string) => values.find((each) => each.name === name)!;
    const ids = column("id");
    for (let row = 0; row < scored.rowCount; row++) {
      const id = ids.kind === "categorical" ? ids.levels[ids.codes[row]!]! : "";
      const found = ["score", "p_value", "is_anomaly"].map((name) => {
        const each = column(name);
        return each.kind === "numeric" ? each.values[row] : undefined;
      });
      expect(found).toEqual(expected.get(id));
    }
    for (const [args, message] of [
      [[`${data.path}/rows`, out], /is not empty/],
      [[`${data.path}/none`, `${data.path}/o`], /no file fits/],
      [
        [`${data.path}/rows`, `${data.path}/o`, "--keep", "who"],
        /--keep names columns that the rows lack: who/,
      ],
    ] as const)
      expect(() => run(...args)).toThrow(message);
  });
});

/** One CSV file of a folder of Parquet files; prints its path. */
const AS_LINES = `
import sys, pyarrow.parquet as pq, pyarrow.csv as pc, pyarrow as pa
table = pq.read_table(sys.argv[1])
table = table.set_column(table.column_names.index("is_anomaly"), "is_anomaly", table["is_anomaly"].cast(pa.int8()))
for name in ("score", "p_value"):
    table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.float64()))
pc.write_csv(table, sys.argv[1] + ".csv")
print(sys.argv[1] + ".csv")
`;
