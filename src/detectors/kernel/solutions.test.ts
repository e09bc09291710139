/** Solutions against LIBSVM's, by way of scikit-learn: see test/golden/kernel. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exactly, halfRbf, matrixOf, native, scoresOf } from "../../../test/kernel-machines.js";
import type { NumericColumn } from "../../data/index.js";
import type { FeatureMatrix } from "../../features/index.js";
import { readTable } from "../../io/index.js";
import { solveExact } from "./exact.js";
import { evaluateExpansion } from "./expansion.js";
import { gammaOf, type Kernel, kernelOf } from "./kernel.js";
import type { OneClassSolution } from "./solution.js";

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
