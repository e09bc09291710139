/** Solvers at their limits, and against each other. */
import { describe, expect, it } from "vitest";
import { cloud, exactly, halfRbf, matrixOf, native, scoresOf } from "../../../test/kernel-machines.js";
import { spearman } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import { solveExact } from "./exact.js";
import type { Kernel } from "./kernel.js";
import { solveNystroem } from "./nystroem.js";

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
