/**
 * Scores agree with scikit-learn's in distribution: the mean over seeds, row by row, within what two such means differ
 * by chance.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { forestPlan, growForest, RowDraws } from "../../../src/detectors/forest/forest.js";
import { type IsolationForestInput, isolationForestOptions } from "../../../src/detectors/forest/options.js";
import { forestScore } from "../../../src/detectors/forest/scorer.js";
import { parseOptions } from "../../../src/detectors/parse-options.js";
import { Graph, serialize } from "../../../src/graph/index.js";
import { createRandom } from "../../../src/math/random.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";

interface Golden {
  cases: {
    name: string;
    columns: number;
    asked: number[];
    seeds: number;
    features: string;
    variants: Record<string, { mean: number[]; deviation: number[] }>;
  }[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL("isolation_forest_golden.json", import.meta.url), "utf8"),
);

const SEEDS = 25;
const options: Record<string, IsolationForestInput> = {
  defaults: {},
  "few features, 64 rows": { maxSamples: 64, maxFeatures: 0.5 },
  "bootstrap, 128 rows": { maxSamples: 128, bootstrap: true },
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

describe.each(golden.cases)("$name", ({ columns, asked, seeds, features, variants }) => {
  const data = new Float32Array(Uint8Array.from(Buffer.from(features, "base64")).buffer);
  const rows = data.length / columns;
  const queries = Float32Array.from(
    asked.flatMap((row) => Array.from(data.subarray(row * columns, (row + 1) * columns))),
  );

  async function scores(input: IsolationForestInput): Promise<Float32Array> {
    const parsed = parseOptions(isolationForestOptions, input);
    const source = createRandom(parsed.seed);
    // Every tree draws from all rows.
    const draws = new RowDraws({ ...parsed, trees: 1e9 }, rows, source);
    const plan = forestPlan(parsed, rows, columns);
    const matrix = { rows, columns, data };
    const forest = await growForest(matrix, draws, parsed, plan, source, () => {}, undefined);
    const graph = new Graph();
    graph.output("score", forestScore(forest, graph.input("features", "float32", ["rows", columns])));
    const session = await runtime.createSession(serialize(graph));
    const { score } = await session.run({ features: float32([asked.length, columns], queries) });
    await session.release();
    return score!.data as Float32Array;
  }

  it.each(Object.entries(variants))("%s", async (variant, { mean, deviation }) => {
    const sums = new Float64Array(asked.length);
    for (let seed = 0; seed < SEEDS; seed++) {
      (await scores({ ...options[variant], seed })).forEach((score, row) => {
        sums[row]! += score / SEEDS;
      });
    }
    const z = mean.map((expected, row) => {
      const error = deviation[row]! * Math.sqrt(1 / seeds + 1 / SEEDS);
      return (sums[row]! - expected) / error;
    });
    // Forty standard normal numbers, not independent: the largest stays below 4.5, their size about 0.8 on average.
    expect(Math.max(...z.map(Math.abs))).toBeLessThan(4.5);
    expect(z.reduce((sum, value) => sum + Math.abs(value), 0) / z.length).toBeLessThan(1.5);
  });
});
