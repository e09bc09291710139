/** Solutions against LIBSVM's, by way of scikit-learn: see test/golden/kernel. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { NumericColumn } from "../../data/index.js";
import type { FeatureMatrix } from "../../features/index.js";
import { Graph, serialize } from "../../graph/index.js";
import { readTable } from "../../io/index.js";
import { spearman } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { loadWasmRuntime } from "../../runtime/web.js";
import { solveExact } from "./exact.js";
import { evaluateExpansion } from "./expansion.js";
import { gammaOf, type Kernel, kernelDiagonal, kernelOf, squaredNorms } from "./kernel.js";
import { KernelBlocks } from "./kernel-blocks.js";
import { solveNystroem } from "./nystroem.js";
import { type KernelMachine, kernelScore } from "./one-class.js";
import type { OneClassOptions, OneClassSolution } from "./solution.js";

interface GoldenFit {
  readonly kernel: "rbf" | "poly" | "sigmoid" | "linear";
  readonly gamma?: number | "scale" | "auto";
  readonly gammaValue: number;
  readonly degree?: number;
  readonly coef0?: number;
  readonly shift?: number;
  readonly nu: number;
  readonly support: number[];
  readonly weights: number[];
  readonly rho: number;
  readonly objective: number;
  readonly decisions: number[];
}

const root = join(import.meta.dirname, "../../..");
const golden = JSON.parse(readFileSync(join(root, "test/golden/kernel/kernel_golden.json"), "utf8")) as {
  tables: { name: string; train: number[]; other: number[]; fits: GoldenFit[] }[];
  g13: { support: number[]; weights: number[]; rho: number; decisions: number[]; scale: number };
};
const shared = join(root, "../shared/data/tabular/adbench");

const exactly: OneClassOptions = {
  nu: 0.5,
  selfSimilarity: false,
  tolerance: 1e-7,
  shrinking: true,
  maxIterations: 2e6,
  cacheMegabytes: 200,
};

let native: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
});

const matrixOf = (rows: readonly (readonly number[])[]): FeatureMatrix => ({
  rows: rows.length,
  columns: rows[0]!.length,
  data: Float32Array.from(rows.flat()),
});

function cloud(rows: number, columns: number, seed: number, shift = 0): FeatureMatrix {
  const data = new Float32Array(rows * columns);
  createRandom(seed).stream("cloud").fillNormal(data, shift);
  return { rows, columns, data };
}

async function scoresOf(
  machine: KernelMachine,
  kernel: Kernel,
  solution: OneClassSolution,
  { rows, columns, data }: FeatureMatrix,
  runtime: Runtime = native,
): Promise<Float64Array> {
  const graph = new Graph();
  const features = graph.input("features", "float32", ["rows", columns]);
  graph.output("score", kernelScore(machine, kernel, solution, features));
  const session = await runtime.createSession(serialize(graph));
  const { score } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return score!.data as Float64Array;
}

/** Weights of all rows, from the support vectors' places among the rows. */
function weightsOf({ expansion }: OneClassSolution, rows: FeatureMatrix): Float64Array {
  const weights = new Float64Array(rows.rows);
  const { data, columns } = expansion.vectors;
  let row = 0;
  for (let k = 0; k < expansion.vectors.rows; k++, row++) {
    const same = () =>
      data
        .subarray(k * columns, (k + 1) * columns)
        .every((value, j) => value === rows.data[row * columns + j]);
    while (!same()) row++;
    weights[row] = expansion.coefficients[k]!;
  }
  return weights;
}

/** (sin i, cos 2i), i = 0..11, and (3, 3): the reference sheet's vectors, A15. */
const g13 = matrixOf([...Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(2 * i)]), [3, 3]]);
const at = matrixOf([
  [0, 0],
  [1, 1],
  [2, -2],
  [3, 3],
]);
const halfRbf: Kernel = { name: "rbf", gamma: 0.5, coef0: 0, degree: 3 };

describe("the reference vectors", () => {
  it("one-class SVM: weights, offset, decisions", async () => {
    const solution = await solveExact(native, halfRbf, g13, { ...exactly, nu: 0.25, tolerance: 1e-10 });
    const weights = weightsOf(solution, g13);
    const expected = { 0: 0.789478, 8: 0.754786, 10: 0.01589, 11: 0.75835, 12: 0.931496 };
    weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo((expected as Record<number, number>)[i] ?? 0, 5);
    });
    golden.g13.support.forEach((row, k) => expect(weights[row]).toBeCloseTo(golden.g13.weights[k]!, 5));
    expect(solution.threshold).toBeCloseTo(0.9327238, 6);
    const scores = await scoresOf("one-class-svm", halfRbf, solution, at);
    [0.130338, -0.30781, -0.6633, 0].forEach((decision, k) => expect(-scores[k]!).toBeCloseTo(decision, 6));
  });

  it("kernel SVDD: radius, norm of the centre, scores", async () => {
    // The same weights, found through the linear term, which is constant here.
    const options = { ...exactly, nu: 0.25, tolerance: 1e-10, selfSimilarity: true };
    const { expansion, threshold, scale } = await solveExact(native, halfRbf, g13, options);
    const plain = await solveExact(native, halfRbf, g13, { ...options, selfSimilarity: false });
    const a = expansion.coefficients.map((weight) => weight / scale);
    expect(a.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
    const vector = (k: number) => expansion.vectors.data.subarray(2 * k, 2 * k + 2);
    let norm = 0;
    a.forEach((first, i) => {
      a.forEach((second, j) => {
        norm += first * second * kernelOf(halfRbf, vector(i), vector(j));
      });
    });
    expect(norm).toBeCloseTo(0.286992, 6);
    const radius = norm - (2 * threshold) / scale;
    expect(radius).toBeCloseTo(0.713008, 6);
    // R^2 = K_kk - 2 sum a K + a'Ka at each of the five boundary support vectors.
    a.forEach((_, k) => {
      const similarity = a.reduce(
        (sum, value, j) => sum + value * kernelOf(halfRbf, vector(j), vector(k)),
        0,
      );
      expect(1 - 2 * similarity + norm).toBeCloseTo(0.713008, 5);
    });
    const expected = [-0.080208, 0.189421, 0.408185, 0];
    const scores = await scoresOf("kernel-svdd", halfRbf, plain, at);
    expected.forEach((score, k) => expect(scores[k]).toBeCloseTo(score, 6));
    plain.expansion.coefficients.forEach((weight, k) =>
      expect(weight).toBeCloseTo(expansion.coefficients[k]!, 6),
    );
  });

  it("gamma: scale, auto, a number", () => {
    expect(gammaOf("scale", g13)).toBeCloseTo(0.44951846, 6);
    expect(gammaOf("scale", g13)).toBeCloseTo(golden.g13.scale, 6);
    expect(gammaOf("auto", g13)).toBe(0.5);
    expect(gammaOf(7, g13)).toBe(7);
    expect(gammaOf("scale", { rows: 3, columns: 1, data: new Float32Array(3) })).toBe(1);
  });
});

async function goldenMatrix(name: string, train: number[], other: number[]) {
  const { columns } = await readTable(join(shared, `${name}.npz`));
  const features = columns.filter((column): column is NumericColumn => column.name !== "y");
  const scaled = features.map(({ values }) => {
    const own = train.map((row) => values[row]!);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length);
    return (row: number) => (values[row]! - mean) / deviation;
  });
  const pick = (rows: number[]) => matrixOf(rows.map((row) => scaled.map((value) => value(row))));
  return { train: pick(train), other: pick(other) };
}

const shifted = (matrix: FeatureMatrix, by: number): FeatureMatrix => ({
  ...matrix,
  data: matrix.data.map((value) => value + by),
});

describe.skipIf(!existsSync(shared))("scikit-learn's solutions on real tables", () => {
  it.each(golden.tables)("$name", async ({ name, train, other, fits }) => {
    const matrix = await goldenMatrix(name, train, other);
    for (const fit of fits) {
      const what = JSON.stringify({ ...fit, support: 0, weights: 0, decisions: 0 });
      const { degree = 3, coef0 = 0, shift = 0, nu } = fit;
      const rows = shifted(matrix.train, shift);
      const kernel: Kernel = {
        name: fit.kernel === "poly" ? "polynomial" : fit.kernel,
        gamma: gammaOf(fit.gamma ?? "scale", rows),
        coef0,
        degree,
      };
      if (fit.kernel !== "linear") expect(kernel.gamma / fit.gammaValue, what).toBeCloseTo(1, 6);
      const solution = await solveExact(native, kernel, rows, { ...exactly, nu });
      expect(solution.report.converged).toBe(true);

      // In units of the weights, which add up to nu n = 20 or 200, offsets are of the order of their sum.
      const unit = Math.max(1, Math.abs(fit.rho));
      expect(Math.abs(solution.threshold - fit.rho) / unit, `rho of ${what}`).toBeLessThan(1e-4);
      const scores = await scoresOf("one-class-svm", kernel, solution, shifted(matrix.other, shift));
      fit.decisions.forEach((decision, k) => {
        expect(Math.abs(-scores[k]! - decision) / unit, `decision of ${what}`).toBeLessThan(1e-4);
      });
      const weights = weightsOf(solution, rows);
      const values = await evaluateExpansion(native, kernel, solution.expansion, rows);
      const objective = weights.reduce((sum, weight, i) => sum + (weight * values[i]!) / 2, 0);
      expect(objective / fit.objective, `objective of ${what}`).toBeCloseTo(1, 5);
      // Other kernel matrices of 400 rows have a low rank: many weights give the same function.
      if (fit.kernel !== "rbf") continue;
      const expected = new Float64Array(rows.rows);
      fit.support.forEach((row, k) => {
        expected[row] = fit.weights[k]!;
      });
      weights.forEach((weight, row) => {
        expect(Math.abs(weight - expected[row]!), `weight ${row} of ${what}`).toBeLessThan(1e-4);
      });
    }
  });
});

const kernels: Kernel[] = [
  { name: "rbf", gamma: 0.2, coef0: 0, degree: 3 },
  { name: "polynomial", gamma: 0.3, coef0: 1, degree: 1 },
  { name: "polynomial", gamma: 0.3, coef0: 0.5, degree: 5 },
  { name: "sigmoid", gamma: 0.05, coef0: 0.1, degree: 3 },
  { name: "linear", gamma: 1, coef0: 9, degree: 3 },
];

describe("kernels as graphs", () => {
  it.each(kernels)("$name $degree: sums and blocks are those of the plain formula", async (kernel) => {
    for (const count of [1, 5, 128, 300]) {
      const vectors = cloud(count, 3, count);
      const x = cloud(40, 3, 1);
      const row = (matrix: FeatureMatrix, i: number) => matrix.data.subarray(3 * i, 3 * i + 3);
      const coefficients = Float64Array.from({ length: count }, (_, j) => ((j * 7) % 11) / 11);
      const values = await evaluateExpansion(native, kernel, { vectors, coefficients }, x);
      const blocks = await KernelBlocks.open(native, kernel, x, vectors);
      const matrix = new Map<number, Float32Array>();
      await blocks.compute([0, 17, 39], (i, part) => matrix.set(i, part.slice()));
      await blocks.close();
      for (let i = 0; i < 40; i++) {
        let expected = 0;
        for (let j = 0; j < count; j++) {
          const value = kernelOf(kernel, row(x, i), row(vectors, j));
          expected += coefficients[j]! * value;
          const computed = matrix.get(i)?.[j];
          if (computed !== undefined)
            expect(Math.abs(computed - value)).toBeLessThan(2e-7 * (1 + Math.abs(value)));
        }
        expect(Math.abs(values[i]! - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
      }
      expect([...matrix.keys()]).toEqual([0, 17, 39]);
    }
  });

  it("keeps distances exact far from the origin", async () => {
    const far = matrixOf([
      [30_000, 30_000],
      [30_001, 30_000],
    ]);
    const kernel: Kernel = { name: "rbf", gamma: 0.5, coef0: 0, degree: 3 };
    const expansion = { vectors: far, coefficients: Float64Array.of(1, 0) };
    const [same, other] = await evaluateExpansion(native, kernel, expansion, far);
    expect(same).toBeCloseTo(1, 5);
    expect(other).toBeCloseTo(Math.exp(-0.5), 5);
  });

  it.each(kernels)("$name $degree: the diagonal", (kernel) => {
    const x = cloud(5, 3, 2);
    kernelDiagonal(kernel, squaredNorms(x)).forEach((value, i) => {
      const row = x.data.subarray(3 * i, 3 * i + 3);
      expect(value).toBeCloseTo(kernelOf(kernel, row, row), 9);
    });
  });
});

describe("scores", () => {
  it("kernel SVDD is the squared distance to the centre, less the squared radius, for every kernel", async () => {
    for (const kernel of kernels) {
      const rows = cloud(80, 3, 6, 1);
      const options = { ...exactly, nu: 0.2, selfSimilarity: kernel.name !== "rbf" };
      const solution = await solveExact(native, kernel, rows, options);
      const { expansion, scale } = solution;
      const a = expansion.coefficients.map((weight) => weight / scale);
      const vector = (k: number) => expansion.vectors.data.subarray(3 * k, 3 * k + 3);
      let norm = 0;
      a.forEach((first, i) => {
        a.forEach((second, j) => {
          norm += first * second * kernelOf(kernel, vector(i), vector(j));
        });
      });
      const distance = (x: Float32Array): number => {
        const similarity = a.reduce((sum, value, j) => sum + value * kernelOf(kernel, vector(j), x), 0);
        return kernelOf(kernel, x, x) - 2 * similarity + norm;
      };
      // A boundary support vector gives the radius.
      const free = expansion.coefficients.findIndex((weight) => weight > 1e-6 && weight < 1 - 1e-6);
      const radius = distance(vector(free));
      const asked = cloud(20, 3, 7, 1);
      const scores = await scoresOf("kernel-svdd", kernel, solution, asked);
      scores.forEach((score, i) => {
        const expected = distance(asked.data.subarray(3 * i, 3 * i + 3)) - radius;
        expect(Math.abs(score - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
      });
      const own = await scoresOf("kernel-svdd", kernel, solution, rows);
      const outside = own.filter((score) => score > 1e-5).length / rows.rows;
      if (kernel.name !== "sigmoid") expect(outside).toBeLessThanOrEqual(0.2);
    }
  });

  it("are the same in WebAssembly", async () => {
    const wasm = await loadWasmRuntime();
    for (const kernel of kernels) {
      const rows = cloud(400, 3, 8, 1);
      const solution = await solveExact(native, kernel, rows, { ...exactly, tolerance: 1e-3 });
      for (const machine of ["one-class-svm", "kernel-svdd"] as const) {
        const [a, b] = [
          await scoresOf(machine, kernel, solution, rows),
          await scoresOf(machine, kernel, solution, rows, wasm),
        ];
        const scale = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        a.forEach((score, i) => expect(Math.abs(score - b[i]!)).toBeLessThan(1e-6 * scale));
      }
    }
    await wasm.close();
  });
});

describe("the solver's limits", () => {
  const rows = cloud(300, 4, 11);

  it("a small cache and no shrinking change nothing", async () => {
    const reference = await solveExact(native, halfRbf, rows, { ...exactly, nu: 0.2 });
    const small = await solveExact(native, halfRbf, rows, {
      ...exactly,
      nu: 0.2,
      shrinking: false,
      cacheMegabytes: 1e-3,
    });
    expect(small.threshold).toBeCloseTo(reference.threshold, 6);
    expect(small.report.kernelRows!).toBeGreaterThan(reference.report.kernelRows!);
    expect(reference.report.kernelRows!).toBeLessThanOrEqual(300);
  });

  it("takes nu = 1, in which every row is a support vector with full weight", async () => {
    const { expansion, threshold, report } = await solveExact(native, halfRbf, rows, { ...exactly, nu: 1 });
    expect([...expansion.coefficients].every((weight) => weight === 1)).toBe(true);
    expect(Number.isFinite(threshold)).toBe(true);
    expect(report).toMatchObject({ supportVectors: 300, boundedSupportVectors: 300, converged: true });
  });

  it("says so when it stops early", async () => {
    const warnings: string[] = [];
    const { report } = await solveExact(
      native,
      halfRbf,
      rows,
      { ...exactly, nu: 0.2, maxIterations: 5 },
      { onWarning: (message) => warnings.push(message) },
    );
    expect(report).toMatchObject({ converged: false, iterations: 5 });
    expect(warnings.join()).toContain("stopped after 5 iterations");
  });

  it("stops when it is told to, and hears of progress until then", async () => {
    const controller = new AbortController();
    const fractions: number[] = [];
    const running = solveExact(native, halfRbf, cloud(3000, 4, 12), exactly, {
      signal: controller.signal,
      onFraction: (fraction) => {
        fractions.push(fraction);
        if (fractions.length === 3) controller.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: "aborted" });
    expect(fractions).toHaveLength(3);
  });
});

describe("Nystroem's approximation", () => {
  it.each([
    ["rbf", 0.1, false],
    ["rbf", 0.5, false],
    ["polynomial", 0.2, true],
    ["linear", 0.2, true],
  ] as const)("is exact with all rows as landmarks: %s, nu %d", async (name, nu, selfSimilarity) => {
    const rows = cloud(200, 3, 13, 2);
    const kernel: Kernel = { name, gamma: 0.3, coef0: 1, degree: 2 };
    const options = { ...exactly, nu, selfSimilarity, landmarks: 200 };
    const exact = await solveExact(native, kernel, rows, options);
    const approximate = await solveNystroem(native, kernel, rows, options, createRandom(0));
    expect(approximate.report).toMatchObject({ method: "nystroem", rows: 200, converged: true });
    expect(approximate.report.gap).toBeLessThan(1e-4);
    const asked = cloud(100, 3, 14, 2);
    const machine = selfSimilarity ? "kernel-svdd" : "one-class-svm";
    const [a, b] = [
      await scoresOf(machine, kernel, exact, asked),
      await scoresOf(machine, kernel, approximate, asked),
    ];
    const spread = Math.max(...a) - Math.min(...a);
    a.forEach((score, i) => expect(Math.abs(score - b[i]!) / spread).toBeLessThan(0.01));
  });

  it("ranks like the exact solution with a tenth of the rows", async () => {
    const rows = cloud(2000, 5, 15);
    const kernel: Kernel = { name: "rbf", gamma: 0.2, coef0: 0, degree: 3 };
    const options = { ...exactly, nu: 0.3, tolerance: 1e-3, landmarks: 200 };
    const exact = await solveExact(native, kernel, rows, options);
    const approximate = await solveNystroem(native, kernel, rows, options, createRandom(0));
    const asked = cloud(500, 5, 16);
    const [a, b] = [
      await scoresOf("one-class-svm", kernel, exact, asked),
      await scoresOf("one-class-svm", kernel, approximate, asked),
    ];
    expect(spearman(a, b)).toBeGreaterThan(0.99);
    expect(approximate.expansion.vectors.rows).toBe(200);
  });

  it("is repeatable, and takes as many rows as memory allows", async () => {
    const rows = cloud(1000, 3, 17);
    const options = { ...exactly, landmarks: 50, cacheMegabytes: (4 * 50 * 400) / 2 ** 20 };
    const solve = (seed: number) => solveNystroem(native, halfRbf, rows, options, createRandom(seed));
    const [a, b, c] = [await solve(1), await solve(1), await solve(2)];
    expect(a.report.rows).toBe(400);
    expect(a).toEqual(b);
    expect(a.expansion).not.toEqual(c.expansion);
  });

  it("takes kernels without a feature space, and coinciding landmarks", async () => {
    const sigmoid: Kernel = { name: "sigmoid", gamma: 0.3, coef0: -0.5, degree: 3 };
    const options = { ...exactly, landmarks: 100 };
    const { threshold } = await solveNystroem(native, sigmoid, cloud(300, 3, 18), options, createRandom(0));
    expect(Number.isFinite(threshold)).toBe(true);
    const few = matrixOf(Array.from({ length: 200 }, (_, i) => [i % 3, (i % 3) ** 2]));
    const { report } = await solveNystroem(native, halfRbf, few, options, createRandom(0));
    expect(report.rank).toBe(3);
  });
});
