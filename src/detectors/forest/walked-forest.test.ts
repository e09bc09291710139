import { beforeAll, describe, expect, it } from "vitest";
import { selectRows } from "../../data/index.js";
import { treesApart } from "../../graph/index.js";
import { type Model, type Table, tableFromMatrix, tableFromRows } from "../../index.js";
import { createRandom } from "../../math/random.js";
import type { Backend, Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { loadWasmRuntime } from "../../runtime/web/wasm.js";
import { IsolationForest } from "./isolation-forest.js";
import type { IsolationForestInput } from "./options.js";

/** So few rows are scored by ONNX Runtime alone. */
const FEW = 31;

/** Numbers, numbers that are missing or infinite, a category, and columns that did not vary in training. */
function mixed(rows: number, seed: number, strange: boolean): Table {
  const random = createRandom(seed).stream("mixed");
  return tableFromRows(
    Array.from({ length: rows }, (_, row) => ({
      length: strange && row % 7 === 0 ? ["", "inf", "-inf", "1e30"][row % 4]! : String(random.normal()),
      width: String(random.int(5)),
      colour: strange && row % 11 === 0 ? "violet" : ["red", "green", ""][random.int(3)]!,
      always: strange && row % 13 === 0 ? "2" : "1",
    })),
  );
}

let backends: Backend[];
beforeAll(async () => {
  const inline = (runtime: Runtime): Backend => ({
    cores: 1,
    inline: async () => runtime,
    open: async (count) => Array<Runtime>(count).fill(runtime),
  });
  backends = [inline(await loadNativeRuntime()), inline(await loadWasmRuntime())];
});

/** All at once, and by a few rows at a time, on a backend. */
async function bothWays(model: Model, table: Table, backend: Backend) {
  const whole = await model.score(table, { backend });
  const parts = { scores: [] as number[], pValues: [] as number[], isAnomaly: [] as number[] };
  for (let from = 0; from < table.rowCount; from += FEW) {
    const rows = Uint32Array.from({ length: Math.min(FEW, table.rowCount - from) }, (_, k) => from + k);
    const part = await model.score(selectRows(table, rows), { backend });
    parts.scores.push(...part.scores);
    parts.pValues.push(...part.pValues);
    parts.isAnomaly.push(...part.isAnomaly);
  }
  await model.close();
  return { whole, parts };
}

describe("scores of forests that are walked in WebAssembly", () => {
  it.each<[string, IsolationForestInput]>([
    ["by default", {}],
    ["of several detectors", { calibration: "cross", calibrationFolds: 2, scaling: "quantile" }],
    ["of other trees", { trees: 13, maxSamples: 20, bootstrap: true, maxFeatures: 2 }],
  ])("%s are those of ONNX Runtime, with the same p-values and decisions", async (_, options) => {
    const model = await new IsolationForest({ trees: 20, ...options }).fit(mixed(300, 1, false));
    expect(treesApart(model.toBytes())).toBeDefined();
    const asked = mixed(120, 2, true);
    for (const backend of backends) {
      const { whole, parts } = await bothWays(model, asked, backend);
      expect(Array.from(whole.scores)).toEqual(parts.scores);
      expect(Array.from(whole.pValues)).toEqual(parts.pValues);
      expect(Array.from(whole.isAnomaly)).toEqual(parts.isAnomaly);
      expect(new Set(parts.isAnomaly).size).toBe(2);
    }
  });

  it("extended forests, whose trees each look at numbers of their own, stay with ONNX Runtime", async () => {
    const random = createRandom(1).stream("rows");
    const rows = tableFromMatrix(Array.from({ length: 200 }, () => [random.normal(), random.normal()]));
    for (const trees of [10, 40]) {
      const model = await new IsolationForest({ trees, extensionLevel: 1, maxSamples: 32 }).fit(rows);
      const { whole, parts } = await bothWays(model, rows, backends[0]!);
      expect(Array.from(whole.scores)).toEqual(parts.scores);
    }
  });
});
