import { describe, expect, it } from "vitest";
import { cloud, exactly, matrixOf, native, scoresOf } from "../../../test/kernel-machines.js";
import type { FeatureMatrix } from "../../features/index.js";
import { loadWasmRuntime } from "../../runtime/web/wasm.js";
import { solveExact } from "./exact.js";
import { evaluateExpansion } from "./expansion.js";
import { type Kernel, kernelDiagonal, kernelOf, squaredNorms } from "./kernel.js";
import { KernelBlocks } from "./kernel-blocks.js";

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
