/** Neighbours are exact: against scikit-learn's, for real tables, tied distances and a cluster far out. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KnnOptions } from "../../../src/detectors/neighbours/options.js";
import { knnScore } from "../../../src/detectors/neighbours/scorer.js";
import type { FeatureMatrix } from "../../../src/features/index.js";
import { Graph, serialize } from "../../../src/graph/index.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";

interface Golden {
  cases: { name: string; columns: number; features: string; distances: number[][] }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL("knn_golden.json", import.meta.url), "utf8"));

/** Every second row from `first` on. */
function half({ features, columns }: Golden["cases"][number], first: 0 | 1): FeatureMatrix {
  const bytes = Uint8Array.from(Buffer.from(features, "base64"));
  const all = new Float32Array(bytes.buffer);
  const rows = Math.floor((all.length / columns + 1 - first) / 2);
  const data = new Float32Array(rows * columns);
  for (let k = 0; k < rows; k++) {
    data.set(all.subarray((2 * k + first) * columns, (2 * k + first + 1) * columns), k * columns);
  }
  return { rows, columns, data };
}

const expected = (distances: readonly number[], k: number, method: KnnOptions["method"]): number => {
  const nearest = distances.slice(0, k);
  if (method === "largest") return nearest.at(-1)!;
  if (method === "mean") return nearest.reduce((sum, distance) => sum + distance) / k;
  return (nearest[(k - 1) >> 1]! + nearest[k >> 1]!) / 2;
};

const runtimes: Record<string, Runtime> = {};
beforeAll(async () => {
  runtimes["native"] = await loadNativeRuntime();
  runtimes["wasm"] = await loadWasmRuntime();
});
afterAll(async () => {
  for (const runtime of Object.values(runtimes)) await runtime.close();
});

async function scores(
  runtime: Runtime,
  options: Pick<KnnOptions, "k" | "method">,
  train: FeatureMatrix,
  { rows, columns, data }: FeatureMatrix,
): Promise<Float32Array> {
  const graph = new Graph();
  const features = graph.input("features", "float32", ["rows", columns]);
  graph.output("score", knnScore(options as KnnOptions, train, features));
  const session = await runtime.createSession(serialize(graph));
  const { score } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  expect(score!.shape).toEqual([rows]);
  return score!.data as Float32Array;
}

describe.each(["native", "wasm"])("%s", (kind) => {
  describe.each(golden.cases)("$name", (one) => {
    it.each([
      [1, "largest"],
      [5, "largest"],
      [5, "mean"],
      [5, "median"],
      [10, "largest"],
      [10, "median"],
    ] as const)("k = %i, %s: within 1e-6 of scikit-learn", async (k, method) => {
      const asked = half(one, 0);
      const found = await scores(runtimes[kind]!, { k, method }, half(one, 1), asked);
      one.distances.forEach((distances, row) => {
        const wanted = expected(distances, k, method);
        // Zero is zero: duplicates are found as such.
        expect(Math.abs(found[row]! - wanted), `row ${row}`).toBeLessThanOrEqual(1e-6 * wanted);
      });
    });
  });

  it("one row alone scores as it does among others", async () => {
    const one = golden.cases[2]!;
    const [train, asked] = [half(one, 1), half(one, 0)];
    const together = await scores(runtimes[kind]!, { k: 5, method: "mean" }, train, asked);
    for (const row of [0, 17, 299]) {
      const data = asked.data.slice(row * asked.columns, (row + 1) * asked.columns);
      const [alone] = await scores(runtimes[kind]!, { k: 5, method: "mean" }, train, {
        ...asked,
        rows: 1,
        data,
      });
      expect(alone).toBe(together[row]);
    }
  });
});

it("native and wasm agree to the last digits", async () => {
  for (const one of golden.cases) {
    const [a, b] = await Promise.all(
      ["native", "wasm"].map((kind) =>
        scores(runtimes[kind]!, { k: 5, method: "largest" }, half(one, 1), half(one, 0)),
      ),
    );
    a!.forEach((score, row) => {
      expect(Math.abs(score - b![row]!)).toBeLessThanOrEqual(3e-7 * score);
    });
  }
});

it("training rows find themselves", async () => {
  const train = half(golden.cases[2]!, 1);
  const found = await scores(runtimes["native"]!, { k: 1, method: "largest" }, train, train);
  expect(new Set(found)).toEqual(new Set([0]));
});

it("values as far out as features can be get finite scores, in their order", async () => {
  const train = half(golden.cases[2]!, 1);
  const data = Float32Array.from([1e2, 1e4, 1e6].flatMap((far) => Array(train.columns).fill(far)));
  const found = await scores(runtimes["native"]!, { k: 5, method: "largest" }, train, {
    rows: 3,
    columns: train.columns,
    data,
  });
  const root = Math.sqrt(train.columns);
  [1e2, 1e4, 1e6].forEach((far, k) => {
    expect(found[k]! / (far * root)).toBeCloseTo(1, 1);
  });
});
