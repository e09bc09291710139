import { beforeAll, describe, expect, it } from "vitest";
import type { FeatureMatrix } from "../../features/index.js";
import { Graph, serialize } from "../../graph/index.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { loadWasmRuntime } from "../../runtime/web/wasm.js";
import { parseOptions } from "../parse-options.js";
import { type Forest, forestPlan, growForest, RowDraws } from "./forest.js";
import { type IsolationForestInput, isolationForestOptions } from "./options.js";
import { forestScore } from "./scorer.js";

const matrix = (rows: readonly (readonly number[])[]): FeatureMatrix => ({
  rows: rows.length,
  columns: rows[0]!.length,
  data: Float32Array.from(rows.flat()),
});

/** algorithms.md A15. */
const curve = Array.from({ length: 256 }, (_, i) => [
  Math.sin(1.3 * i),
  Math.cos(2.7 * i),
  Math.sin(0.7 * i * i),
]);

async function grow(data: FeatureMatrix, input: IsolationForestInput = {}): Promise<Forest> {
  const options = parseOptions(isolationForestOptions, input);
  const source = createRandom(options.seed);
  const draws = new RowDraws(options, data.rows, source);
  const plan = forestPlan(options, data.rows, data.columns);
  const seen = draws.union === undefined ? data : pick(data, draws.union);
  return growForest(seen, draws, options, plan, source, () => {}, undefined);
}

function pick({ columns, data }: FeatureMatrix, rows: ArrayLike<number>): FeatureMatrix {
  const values = Array.from(rows, (row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));
  return { rows: rows.length, columns, data: Float32Array.from(values.flat()) };
}

const branches = ({ trees }: Forest) =>
  trees.flatMap((tree) => {
    const { feature, threshold } = "tree" in tree ? tree.tree : tree;
    return Array.from(feature.keys())
      .filter((node) => feature[node]! >= 0)
      .map((node) => ({ feature: feature[node]!, threshold: threshold[node]! }));
  });

let native: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
});

async function scoresOf(
  forest: Forest,
  { rows, columns, data }: FeatureMatrix,
  runtime = native,
): Promise<number[]> {
  const graph = new Graph();
  graph.output("score", forestScore(forest, graph.input("features", "float32", ["rows", columns])));
  const session = await runtime.createSession(serialize(graph));
  const { score } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return Array.from(score!.data as Float32Array);
}

/** Mean scores over seeds. */
async function meanScores(
  data: FeatureMatrix,
  asked: FeatureMatrix,
  seeds: number,
  options: IsolationForestInput = {},
): Promise<number[]> {
  const sums = new Float64Array(asked.rows);
  for (let seed = 0; seed < seeds; seed++) {
    const scores = await scoresOf(await grow(data, { ...options, seed }), asked);
    scores.forEach((score, row) => {
      sums[row]! += score / seeds;
    });
  }
  return Array.from(sums);
}

describe("scores of algorithms.md A15", () => {
  it("means over 60 seeds are scikit-learn's to 0.006, and saturate outside of the data's box", async () => {
    const asked = matrix([
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [0, 0, 3],
    ]);
    const means = await meanScores(matrix(curve), asked, 60);
    [0.5095, 0.5697, 0.5697, 0.5479].forEach((expected, row) => {
      expect(Math.abs(means[row]! - expected), `row ${row}`).toBeLessThan(0.006);
    });
    expect(means[1]).toBe(means[2]);
  });
});

describe("what must not matter", () => {
  const asked = matrix([
    [0, 0, 0],
    [0.5, -0.5, 0.9],
    [3, 0, 0],
  ]);

  it("a constant feature changes nothing", async () => {
    const wider = (rows: readonly (readonly number[])[]) => matrix(rows.map(([x, y, z]) => [x!, 7, y!, z!]));
    const rows = Array.from({ length: 3 }, (_, k) => Array.from(asked.data.subarray(3 * k, 3 * k + 3)));
    for (const extensionLevel of [0, 1]) {
      const plain = await meanScores(matrix(curve), asked, 20, { extensionLevel });
      const more = await meanScores(wider(curve), wider(rows), 20, { extensionLevel });
      plain.forEach((score, row) => {
        expect(Math.abs(score - more[row]!)).toBeLessThan(0.01);
      });
    }
  });

  it("moving and stretching features changes nothing but rounding", async () => {
    const moved = ({ rows, columns, data }: FeatureMatrix): FeatureMatrix => ({
      rows,
      columns,
      data: data.map((value, k) => [4 * value, value / 8 + 2, -2 * value][k % 3]!),
    });
    const plain = await scoresOf(await grow(matrix(curve)), asked);
    // Powers of two, so that most values keep all their digits. Mirroring swaps left and right: equal in distribution.
    const means = await meanScores(moved(matrix(curve)), moved(asked), 20);
    const before = await meanScores(matrix(curve), asked, 20);
    means.forEach((score, row) => {
      expect(Math.abs(score - before[row]!)).toBeLessThan(0.006);
    });
    const stretched = ({ rows, columns, data }: FeatureMatrix): FeatureMatrix => ({
      rows,
      columns,
      data: data.map((value) => 8 * value),
    });
    expect(await scoresOf(await grow(stretched(matrix(curve))), stretched(asked))).toEqual(plain);
  });

  it("how many trees come after a tree", async () => {
    const few = await grow(matrix(curve), { trees: 10 });
    const many = await grow(matrix(curve), { trees: 30 });
    expect(many.trees.slice(0, 10)).toEqual(few.trees);
  });

  it("whether rows that no tree sees are there", async () => {
    const data = matrix(Array.from({ length: 4000 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]));
    const options = parseOptions(isolationForestOptions, { trees: 20, maxSamples: 32 });
    const source = createRandom(options.seed);
    const draws = new RowDraws(options, data.rows, source);
    expect(draws.union!.length).toBeGreaterThan(500);
    expect(draws.union!.length).toBeLessThanOrEqual(640);
    const all = { rows: data.rows, union: undefined, draw: draws.draw.bind(draws) } as unknown as RowDraws;
    const plan = forestPlan(options, data.rows, data.columns);
    const whole = await growForest(data, all, options, plan, source, () => {}, undefined);
    expect((await grow(data, { trees: 20, maxSamples: 32 })).trees).toEqual(whole.trees);
  });
});

describe("rows and features of a tree", () => {
  it("a tree sees maxSamples rows and no more, each once", async () => {
    const data = matrix(Array.from({ length: 5000 }, (_, i) => [i]));
    const { trees, samples, depthLimit } = await grow(data, { trees: 5, maxSamples: 16 });
    expect([samples, depthLimit]).toEqual([16, 4]);
    // Of 16 rows at most 15 splits come.
    for (const tree of trees) {
      expect(branches({ trees: [tree], extended: false, samples, depthLimit } as Forest).length).toBeLessThan(
        16,
      );
    }
    const options = parseOptions(isolationForestOptions, { maxSamples: 16 });
    const rows = new RowDraws(options, 5000, createRandom(0)).draw(createRandom(0).stream("tree", 0));
    expect(new Set(rows).size).toBe(16);
  });

  it("bootstrapped rows that come twice count once", () => {
    const options = parseOptions(isolationForestOptions, { bootstrap: true });
    const rows = new RowDraws(options, 300, createRandom(0)).draw(createRandom(0).stream("tree", 0));
    // 300 (1 - (299 / 300)^256) = 172.5 on average.
    expect(rows.length).toBeGreaterThan(150);
    expect(rows.length).toBeLessThan(195);
    expect(new Set(rows).size).toBe(rows.length);
  });

  it.each([
    ["auto", 1000, 256],
    ["auto", 100, 100],
    [64, 1000, 64],
    [5000, 1000, 1000],
    [0.5, 1001, 500],
    [1, 1000, 1000],
    [0.001, 1000, 2],
  ] as const)("maxSamples %s of %i rows: %i", (maxSamples, rows, expected) => {
    const options = parseOptions(isolationForestOptions, { maxSamples });
    expect(forestPlan(options, rows, 3).samples).toBe(expected);
  });

  it.each([
    [1, 7, 7],
    [0.5, 7, 3],
    [0.01, 7, 1],
    [3, 7, 3],
  ])("maxFeatures %d of %i: %i", (maxFeatures, columns, expected) => {
    const options = parseOptions(isolationForestOptions, { maxFeatures });
    expect(forestPlan(options, 100, columns).features).toBe(expected);
  });

  it("a tree of two features looks at two features", async () => {
    const { trees } = await grow(matrix(curve.map((row) => [...row, ...row])), { maxFeatures: 2 });
    const used = trees.map(
      (tree) => new Set(branches({ trees: [tree] } as unknown as Forest).map((b) => b.feature)),
    );
    expect(Math.max(...used.map(({ size }) => size))).toBe(2);
    expect(new Set(used.flatMap((set) => [...set])).size).toBe(6);
  });

  it.each([
    [{ maxFeatures: 8 }, "maxFeatures is 8, but the table has 3 features."],
    [{ extensionLevel: 3 }, "extensionLevel is 3, but trees see 3 features; it is 2 at most."],
    [
      { extensionLevel: 1, maxFeatures: 0.4 },
      "extensionLevel is 1, but trees see 1 feature; it is 0 at most.",
    ],
  ])("%j does not fit three features", (input, message) => {
    const options = parseOptions(isolationForestOptions, input);
    expect(() => forestPlan(options, 100, 3)).toThrow(message);
  });
});

describe("splits", () => {
  it("no threshold leaves a side empty, also between neighbouring float32 numbers", async () => {
    const next = new Float32Array(new Uint32Array([0x3f800001]).buffer)[0]!;
    const data = matrix(Array.from({ length: 64 }, (_, k) => [k % 2 === 0 ? 1 : next]));
    const forest = await grow(data, { trees: 20, maxSamples: 32 });
    expect(new Set(branches(forest).map(({ threshold }) => threshold))).toEqual(new Set([1]));
    const [low, high] = await scoresOf(forest, matrix([[1], [next]]));
    expect(low).toBeGreaterThan(0.3);
    expect(high).toBeGreaterThan(0.3);
  });

  it("training and the model agree on which side a row is: path lengths are those walked here", async () => {
    const data = matrix(curve);
    const { trees } = (await grow(data, { trees: 3 })) as Forest & {
      trees: readonly { value: Float32Array }[];
    };
    const forest = await grow(data, { trees: 3 });
    const walked = curve.map((_, row) => {
      let total = 0;
      for (const tree of trees as never as readonly {
        feature: Int32Array;
        threshold: Float32Array;
        left: Int32Array;
        right: Int32Array;
        value: Float32Array;
      }[]) {
        let node = 0;
        while (tree.feature[node]! >= 0) {
          const goesLeft = data.data[row * 3 + tree.feature[node]!]! <= tree.threshold[node]!;
          node = (goesLeft ? tree.left : tree.right)[node]!;
        }
        total += tree.value[node]!;
      }
      return Math.fround(2 ** (-total / (3 * 10.24477092)));
    });
    const scores = await scoresOf(forest, data);
    scores.forEach((score, row) => {
      expect(Math.abs(score - walked[row]!)).toBeLessThan(1e-7);
    });
  });

  it("identical rows in a tree make it a single leaf, which the model can hold", async () => {
    const data = matrix(Array.from({ length: 300 }, (_, k) => [k === 299 ? 1 : 0, 5]));
    const forest = await grow(data, { trees: 10, maxSamples: 4 });
    expect(await scoresOf(forest, matrix([[0, 5]]))).toHaveLength(1);
    const extended = await grow(data, { trees: 10, maxSamples: 4, extensionLevel: 1 });
    expect(await scoresOf(extended, matrix([[0, 5]]))).toHaveLength(1);
  });
});

describe("the extended forest", () => {
  it("slants: every hyperplane has extensionLevel + 1 components", async () => {
    for (const extensionLevel of [1, 2]) {
      const { trees } = await grow(matrix(curve), { trees: 5, extensionLevel });
      for (const tree of trees) {
        if (!("tree" in tree)) throw new Error("no hyperplanes");
        for (let k = 0; k < tree.offsets.length; k++) {
          const components = tree.normals.subarray(3 * k, 3 * k + 3).filter((value) => value !== 0);
          // Deep down features may be constant.
          expect(components.length).toBeLessThanOrEqual(extensionLevel + 1);
          if (k === 0) expect(components.length).toBe(extensionLevel + 1);
        }
      }
    }
  });

  it("has no blind spots between two clusters, where axis-parallel trees see ghosts", async () => {
    // Hariri et al., section 2: clusters at (0, 10) and (10, 0) leave artefacts at (0, 0) and (10, 10).
    const random = createRandom(5).stream("clusters");
    const data = matrix(
      Array.from({ length: 1000 }, (_, k) => [
        random.normal() + (k % 2 === 0 ? 10 : 0),
        random.normal() + (k % 2 === 0 ? 0 : 10),
      ]),
    );
    const asked = matrix([
      [0, 0],
      [10, 0],
    ]);
    const [ghost, cluster] = await meanScores(data, asked, 10);
    const [clear, clusterToo] = await meanScores(data, asked, 10, { extensionLevel: 1 });
    expect(clear! - clusterToo!).toBeGreaterThan(1.15 * (ghost! - cluster!));
  });

  it("separates what the sides of all hyperplanes say", async () => {
    const forest = await grow(matrix(curve), { trees: 2, extensionLevel: 2 });
    const scores = await scoresOf(forest, matrix(curve));
    expect(new Set(scores).size).toBeGreaterThan(30);
  });
});

describe("native and wasm", () => {
  it.each([0, 1])("score alike with extension level %i", async (extensionLevel) => {
    const wasm = await loadWasmRuntime();
    const random = createRandom(1).stream("asked");
    const asked = matrix(
      Array.from({ length: 3000 }, () => [random.normal(), random.normal(), random.normal()]),
    );
    const forest = await grow(matrix(curve), { extensionLevel });
    const [a, b] = [await scoresOf(forest, asked), await scoresOf(forest, asked, wasm)];
    a.forEach((score, row) => {
      expect(Math.abs(score - b[row]!)).toBeLessThanOrEqual(6e-8);
    });
    // One row at a time adds trees up in another order.
    for (const row of [0, 1, 2]) {
      expect(await scoresOf(forest, pick(asked, [row]))).toEqual([a[row]]);
    }
  });
});
