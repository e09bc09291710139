/** The search in float32 finds what a plain calculation in float64 finds, and knows where it might not. */
import { beforeAll, describe, expect, it } from "vitest";
import { cast, Graph, serialize, sum } from "../../graph/index.js";
import { createRandom, type RandomStream } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { searchLayout, searchTable } from "./layout.js";
import type { KnnOptions } from "./options.js";
import { knnScore } from "./scorer.js";
import { searchInSingle } from "./search.js";

const COLUMNS = 8;
const ROWS = 4000;
const ASKED = 300;

type Value = (random: RandomStream, row: number, column: number) => number;

/** In all of them float32 has a hard time, but for the first. */
const tables: [name: string, value: Value, proven: boolean][] = [
  ["normal rows", (random) => random.normal(), true],
  ["a grid, nearly all distances tied", (random) => random.int(3), false],
  ["a narrow cluster far out", (random) => 500 + 1e-3 * random.normal(), false],
  ["two clusters, one of them far out", (random, row) => (row % 2 === 0 ? 1 : 3000) + random.normal(), false],
  ["heavy tails", (random) => random.normal() / (random.uniform() + 1e-3), true],
  [
    "every row four times",
    (random, row, column) => Math.sin((row >> 2) * (column + 1.3)) + 0 * random.int(2),
    true,
  ],
];

function rows(count: number, value: Value, name: string): Float32Array {
  const random = createRandom(1).stream(name);
  return Float32Array.from({ length: count * COLUMNS }, (_, k) =>
    value(random, Math.floor(k / COLUMNS), k % COLUMNS),
  );
}

/** Distances to the k nearest, the slow way. */
function plainly(train: Float32Array, asked: Float32Array, row: number, k: number): Float64Array {
  const squares = new Float64Array(train.length / COLUMNS);
  for (let other = 0; other < squares.length; other++) {
    for (let c = 0; c < COLUMNS; c++) {
      squares[other]! += (asked[row * COLUMNS + c]! - train[other * COLUMNS + c]!) ** 2;
    }
  }
  return squares.sort().slice(0, k).map(Math.sqrt);
}

const summaries = {
  largest: (nearest: Float64Array) => nearest.at(-1)!,
  mean: (nearest: Float64Array) => nearest.reduce((a, b) => a + b) / nearest.length,
  "root-mean-square": (nearest: Float64Array) => Math.hypot(...nearest) / Math.sqrt(nearest.length),
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});

async function run(graph: Graph, asked: Float32Array) {
  const session = await runtime.createSession(serialize(graph));
  const results = await session.run({ features: float32([asked.length / COLUMNS, COLUMNS], asked) });
  await session.release();
  return results;
}

describe.each(tables)("%s", (name, value, proven) => {
  const train = rows(ROWS, value, name);
  const asked = rows(ASKED, value, `${name}, asked`);

  it.each([
    [1, "largest"],
    [5, "largest"],
    [7, "mean"],
    [7, "root-mean-square"],
  ] as const)("k = %i, %s: exact", async (k, method) => {
    expect(searchLayout(k, ROWS, COLUMNS).precision).toBe("single");
    const graph = new Graph();
    const features = graph.input("features", "float32", ["rows", COLUMNS]);
    const matrix = { rows: ROWS, columns: COLUMNS, data: train as Float32Array<ArrayBuffer> };
    graph.output("score", knnScore({ k, method } as KnnOptions, matrix, features));
    const { score } = await run(graph, asked);
    for (let row = 0; row < ASKED; row++) {
      const nearest = plainly(train, asked, row, k);
      const expected = summaries[method](nearest);
      expect(Math.abs((score!.data as Float32Array)[row]! - expected)).toBeLessThanOrEqual(3e-7 * expected);
    }
  });

  it(proven ? "needs no second search" : "needs the second search", async () => {
    const layout = searchLayout(5, ROWS, COLUMNS);
    const graph = new Graph();
    const features = graph.input("features", "float32", ["rows", COLUMNS]);
    const shape = [layout.groups, layout.groupSize * COLUMNS];
    const table = graph.initializer("train", "float32", shape, searchTable(train, layout));
    graph.output("unproven", sum(cast(searchInSingle(features, table, layout).unproven, "float32")));
    const { unproven } = await run(graph, asked);
    const share = (unproven!.data as Float32Array)[0]! / ASKED;
    if (proven) expect(share).toBeLessThan(0.01);
    else expect(share).toBeGreaterThan(0.3);
  });
});
