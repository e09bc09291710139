/** The output `contribution` is the same in plain Python, native and in WebAssembly, and what `explain` says. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Autoencoder, explain, Knn, Pca, tableFromColumns, withContributions } from "../../../src/index.js";
import { createRandom } from "../../../src/math/random.js";
import { nodeBackend } from "../../../src/runtime/node/backend.js";
import { DataFolder } from "../../data-files.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const reader = new URL("../../../python", import.meta.url).pathname;

let data: DataFolder;
beforeAll(async () => {
  data = await DataFolder.make();
});
afterAll(() => data.remove());

const PROGRAM = `
import json, sys
sys.path.insert(0, sys.argv[1])
from hypersphere import Model
model = Model(sys.argv[2])
rows = model.read(sys.argv[3])
print(json.dumps({name: values.tolist() for name, values in model.contributions(rows).items()}))
`;

/** A category, a missing value now and then, and a column that is constant in training and changes in one row. */
function columns(rows: number, seed: number, changed: boolean) {
  const stream = createRandom(seed).stream("rows");
  const flow = Array.from({ length: rows }, () => stream.normal());
  return {
    flow,
    heat: flow.map((value, row) => (row % 9 === 4 ? Number.NaN : value + 0.3 * stream.normal())),
    mode: Array.from({ length: rows }, (_, row) => (row === 3 ? "odd" : ["a", "b", "c"][stream.int(3)]!)),
    state: Array.from({ length: rows }, (_, row) => (changed && row === 5 ? "off" : "on")),
    load: Array.from({ length: rows }, () => 4 * stream.normal()),
  };
}

test.for([
  ["autoencoder", () => new Autoencoder({ members: 2, steps: 60 })],
  ["pca", () => new Pca({ components: 2 })],
  ["mahalanobis", () => new Pca({ score: "mahalanobis" })],
  ["knn", () => new Knn({ method: "mean" })],
] as const)("%s", async ([name, create], { skip }) => {
  const training = tableFromColumns(columns(300, 1, false));
  const given = columns(40, 2, true);
  const today = tableFromColumns(given);
  await using model = await withContributions(await create().fit(training));
  const by = async (runtime: "native" | "wasm") => {
    const { rows } = await explain(model, today, {
      ...{ method: "exact", background: training, changes: 0 },
      backend: nodeBackend({ runtime }),
    });
    return new Map(
      rows.map(({ row, contributions }) => [
        row,
        new Map(contributions.map(({ feature, contribution }) => [feature, contribution])),
      ]),
    );
  };
  const [native, wasm] = [await by("native"), await by("wasm")];
  const { scores } = await model.score(today);
  expect(native.size).toBe(40);
  const names = model.card.contribution!.columns!;
  expect(native.get(5)!.get("state")).toBeGreaterThan(0);
  const close = (a: number, b: number, row: number): void =>
    expect(Math.abs(a - b)).toBeLessThan(1e-5 * Math.max(1, scores[row]!));
  for (const [row, values] of native)
    for (const feature of names) close(values.get(feature)!, wasm.get(row)!.get(feature)!, row);

  skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
  const file = `${data.path}/${name}.onnx`;
  await model.save(file);
  const header = Object.keys(given);
  const lines = Array.from({ length: 40 }, (_, row) =>
    Object.values(given)
      .map((values) => (Number.isNaN(values[row]) ? "" : String(values[row])))
      .join(","),
  );
  const csv = await data.put(`${name}.csv`, [header.join(","), ...lines].join("\n"));
  const out = execFileSync(python!, ["-c", PROGRAM, reader, file, csv], { encoding: "utf8" });
  const there = JSON.parse(out) as Record<string, number[]>;
  expect(Object.keys(there)).toEqual(names);
  for (const [row, values] of native)
    for (const feature of names) close(values.get(feature)!, there[feature]![row]!, row);
});
