/** PCA against scikit-learn's, see test/golden/pca, and as a user meets it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type NumericColumn, type Table, tableFromMatrix } from "../../data/index.js";
import type { FeatureMatrix } from "../../features/index.js";
import { Graph, serialize, type Tensor } from "../../graph/index.js";
import { Model } from "../../index.js";
import { readTable } from "../../io/index.js";
import { ledoitWolfShrinkage } from "../../math/ledoit-wolf.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { loadWasmRuntime } from "../../runtime/web/wasm.js";
import type { PcaInput } from "./options.js";
import { momentsOf, Pca } from "./pca.js";
import {
  mahalanobisDistance,
  mahalanobisMap,
  principalSubspace,
  principalSubspaceOfFew,
  reconstructionError,
} from "./subspace.js";

interface Distances {
  readonly shrinkage: number;
  readonly distances: number[];
}
interface GoldenTable {
  readonly name: string;
  readonly train: number[];
  readonly other: number[];
  readonly reconstructions: { components: number; count: number; errors: number[]; shares: number[] }[];
  readonly ledoitWolf: Distances;
  readonly shrunk: Distances;
  readonly empirical: Distances;
}

const root = join(import.meta.dirname, "../../..");
const golden = JSON.parse(readFileSync(join(root, "test/golden/pca/pca_golden.json"), "utf8")) as {
  tables: GoldenTable[];
};
const shared = join(root, "../shared/data/tabular/adbench");

async function goldenMatrix(name: string, train: number[], other: number[]) {
  const { columns } = await readTable(join(shared, `${name}.npz`));
  const features = columns.filter((column): column is NumericColumn => column.name !== "y");
  const scaled = features.map(({ values }) => {
    const own = train.map((row) => values[row]!);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length);
    return (row: number) => (values[row]! - mean) / deviation;
  });
  const pick = (rows: number[]): FeatureMatrix => ({
    rows: rows.length,
    columns: features.length,
    data: Float32Array.from(rows.flatMap((row) => scaled.map((value) => value(row)))),
  });
  return { train: pick(train), other: pick(other) };
}

async function run(
  runtime: Runtime,
  { rows, columns, data }: FeatureMatrix,
  score: (features: Tensor) => Tensor,
): Promise<number[]> {
  const graph = new Graph();
  graph.output("score", score(graph.input("features", "float32", ["rows", columns])));
  const session = await runtime.createSession(serialize(graph));
  const { score: result } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return Array.from(result!.data as Float64Array);
}

function expectClose(actual: readonly number[], expected: readonly number[], relative: number): void {
  const scale = Math.max(...expected);
  actual.forEach((value, k) => expect(Math.abs(value - expected[k]!) / scale).toBeLessThan(relative));
  expect(actual).toHaveLength(expected.length);
}

describe.skipIf(!existsSync(shared))("scikit-learn's results on real tables", () => {
  it.each(golden.tables)("$name", async ({ name, train, other, reconstructions, ...covariances }) => {
    const runtime = await loadNativeRuntime();
    const matrix = await goldenMatrix(name, train, other);
    const moments = await momentsOf(runtime, matrix.train);
    for (const { components, count, errors, shares } of reconstructions) {
      const subspace = principalSubspace(moments, components);
      // Ours leaves a direction out in any case.
      expect(subspace.count).toBe(Math.min(count, matrix.train.columns - 1));
      if (count === matrix.train.columns) continue;
      shares.forEach((share, k) => expect(subspace.shares[k]).toBeCloseTo(share, 6));
      expectClose(await run(runtime, matrix.other, (x) => reconstructionError(subspace, x)), errors, 1e-6);
    }
    const { ledoitWolf, shrunk, empirical } = covariances;
    for (const [shrinkage, expected] of [
      ["auto", ledoitWolf],
      [0.1, shrunk],
      [0, empirical],
    ] as const) {
      const map = mahalanobisMap(matrix.train, moments, shrinkage);
      expect(map.shrinkage).toBeCloseTo(expected.shrinkage, 6);
      const distances = await run(runtime, matrix.other, (x) => mahalanobisDistance(map, x));
      expectClose(distances, expected.distances, 1e-4);
    }
  });
});

describe("fewer rows than features", () => {
  it.each([0.8, 3])("have the same subspace as by their covariance, %d of it", async (components) => {
    const [rows, columns] = [12, 30];
    const stream = createRandom(8).stream("few");
    const data = Float32Array.from({ length: rows * columns }, () => stream.normal());
    const few = principalSubspaceOfFew({ rows, columns, data }, components);
    const whole = principalSubspace(
      await momentsOf(await loadNativeRuntime(), { rows, columns, data }),
      components,
    );
    expect(few.count).toBe(whole.count);
    few.mean.forEach((value, k) => expect(value).toBeCloseTo(whole.mean[k]!, 6));
    for (let k = 0; k < few.count; k++) {
      expect(few.shares[k]).toBeCloseTo(whole.shares[k]!, 5);
      const [a, b] = [few, whole].map(({ directions }) => directions.slice(k * columns, (k + 1) * columns));
      // A direction's sign is arbitrary.
      expect(Math.abs(a!.reduce((sum, value, c) => sum + value * b![c]!, 0))).toBeCloseTo(1, 4);
    }
  });

  it("are learned in moments, where the covariance would have millions of entries", async () => {
    const stream = createRandom(9).stream("wide");
    const table = tableFromMatrix({
      ...{ rows: 60, columns: 5000, order: "F" },
      data: Float64Array.from({ length: 60 * 5000 }, () => stream.normal()),
    });
    const model = await new Pca().fit(table);
    expect((await model.score(table)).scores.every(Number.isFinite)).toBe(true);
    const refused = new Pca({ score: "mahalanobis" }).fit(table);
    await expect(refused).rejects.toMatchObject({ code: "unfit-data" });
  });
});

describe("Ledoit and Wolf's shrinkage", () => {
  it("is none for one column, and full where the covariance is a multiple of the identity already", () => {
    expect(ledoitWolfShrinkage(Float32Array.of(1, 2, 3), Float64Array.of(2), Float64Array.of(2 / 3))).toBe(0);
    const square = Float32Array.of(1, 1, 1, -1, -1, 1, -1, -1);
    expect(ledoitWolfShrinkage(square, new Float64Array(2), Float64Array.of(1, 0, 0, 1))).toBe(1);
  });
});

/** Rows near a plane in five dimensions. */
function plane(rows: number, seed: number, off = 0): Table {
  const stream = createRandom(seed).stream("plane");
  return tableFromMatrix(
    Array.from({ length: rows }, () => {
      const [a, b] = [stream.normal(), stream.normal()];
      return [a, b, a + b, a - b + off, 3 + a].map((value) => value + 0.05 * stream.normal());
    }),
  );
}

describe("the detector", () => {
  const scoresOf = async (model: Model, table: Table) => (await model.score(table)).scores;
  const learn = (options: PcaInput = {}, table = plane(200, 1)) => new Pca(options).fit(table);

  it.each([{}, { components: 2 }, { score: "mahalanobis" }, { score: "mahalanobis", shrinkage: 0 }] as const)(
    "sees what leaves the plane: %o",
    async (options) => {
      const model = await learn(options);
      expect(model.card.detector).toBe("pca");
      const labels = [...Array<number>(100).fill(0), ...Array<number>(100).fill(1)];
      const scores = [
        ...(await scoresOf(model, plane(100, 2))),
        ...(await scoresOf(model, plane(100, 3, 1))),
      ];
      expect(auroc(labels, scores)).toBeGreaterThan(0.97);
      const again = await learn(options);
      expect(again.toBytes()).toEqual(model.toBytes());
      const read = await Model.fromBytes(model.toBytes());
      expect(await scoresOf(read, plane(50, 4))).toEqual(await scoresOf(model, plane(50, 4)));
    },
  );

  it("keeps as many components as explain the share, or as it is told, but never all of them", async () => {
    const kept = async (components: number): Promise<number> =>
      ((await learn({ components })).card.training as { components: number }).components;
    expect(await kept(0.95)).toBe(2);
    expect(await kept(0.3)).toBe(1);
    expect(await kept(3)).toBe(3);
    expect(await kept(5)).toBe(4);
    expect(await kept(999)).toBe(4);
    expect(await kept(0.999999)).toBe(4);
  });

  it("says that nothing is left to score where the components explain all", async () => {
    const stream = createRandom(3).stream("all");
    const [a, b] = [0, 1].map(() => Array.from({ length: 100 }, () => stream.normal()));
    const warnings: string[] = [];
    const onWarning = (warning: string): unknown => warnings.push(warning);
    const copies = tableFromMatrix(a!.map((value, row) => [value, b![row]!, 1 - b![row]!]));
    await new Pca().fit(copies, { onWarning });
    expect(warnings).toEqual([expect.stringContaining("explain all of the variance")]);
    await new Pca({ components: 1 }).fit(copies, { onWarning });
    await new Pca().fit(tableFromMatrix(a!.map((value, row) => [value, b![row]!])), { onWarning });
    expect(warnings).toHaveLength(1);
  });

  it("is the squared deviation for a single column", async () => {
    const stream = createRandom(5).stream("one");
    const model = await learn({}, tableFromMatrix(Array.from({ length: 100 }, () => [stream.normal()])));
    const [near, far, farther] = await scoresOf(model, tableFromMatrix([[0], [3], [-6]]));
    expect(near).toBeLessThan(0.1);
    expect(farther! / far!).toBeCloseTo(4, 0);
  });

  it("stays finite where columns are copies of each other, with every score", async () => {
    const stream = createRandom(6).stream("copies");
    const rows = Array.from({ length: 60 }, () => {
      const a = stream.normal();
      return [a, 2 * a, -a, stream.normal()];
    });
    for (const options of [{}, { score: "mahalanobis", shrinkage: 0 }, { score: "mahalanobis" }] as const) {
      const scores = await scoresOf(await learn(options, tableFromMatrix(rows)), tableFromMatrix(rows));
      expect(scores.every(Number.isFinite)).toBe(true);
    }
  });

  it("scores the same in WebAssembly", async () => {
    const [native, wasm] = [await loadNativeRuntime(), await loadWasmRuntime()];
    const data = new Float32Array(100 * 7);
    createRandom(7).stream("data").fillNormal(data, 1, 2);
    const matrix = { rows: 100, columns: 7, data };
    const moments = await momentsOf(native, matrix);
    const map = mahalanobisMap(matrix, moments, "auto");
    const subspace = principalSubspace(moments, 0.6);
    for (const score of [
      (x: Tensor) => mahalanobisDistance(map, x),
      (x: Tensor) => reconstructionError(subspace, x),
    ]) {
      const [a, b] = [await run(native, matrix, score), await run(wasm, matrix, score)];
      a.forEach((value, k) => expect(Math.abs(value - b[k]!)).toBeLessThan(1e-9 * (1 + value)));
    }
    await wasm.close();
  });

  it("refuses what makes no sense", () => {
    for (const options of [{ components: 0 }, { components: 1.5 }, { shrinkage: 2 }, { score: "distance" }]) {
      expect(() => new Pca(options as PcaInput)).toThrow(expect.objectContaining({ code: "invalid-option" }));
    }
  });
});
