import { describe, expect, it } from "vitest";
import { createRandom } from "./random.js";
import { RowCache } from "./row-cache.js";
import { initialWeights, type OneClassDual, type SmoOptions, SmoSolver } from "./smo.js";

/** Solves a dual over a whole kernel matrix, answering what the solver asks for. */
function solve(
  matrix: readonly (readonly number[])[],
  sum: number,
  options: Partial<SmoOptions> & { linear?: Float64Array; most?: number } = {},
) {
  const size = matrix.length;
  const product = (weights: Float64Array): Float64Array =>
    Float64Array.from(matrix, (row) =>
      row.reduce((total, value, j) => total + Math.fround(value) * weights[j]!, 0),
    );
  const rows = matrix.map((row) => Float32Array.from(row));
  const asked = new Set<number>();
  const dual: OneClassDual = {
    diagonal: Float64Array.from(matrix, (row, i) => row[i]!),
    linear: options.linear,
    sum,
    row: (i) => (asked.has(i) ? rows[i] : undefined),
  };
  const solver = new SmoSolver(dual, {
    tolerance: 1e-9,
    shrinking: true,
    product: product(initialWeights(size, sum)),
    ...options,
  });
  let status = solver.run(7);
  while (status !== "optimal" && solver.iterations < (options.most ?? 1e6)) {
    if (status === "row") asked.add(solver.missing);
    if (status === "product") solver.restore(product(solver.weights));
    status = solver.run(7);
  }
  return { solver, status, product };
}

function rbf(points: readonly (readonly number[])[], gamma: number): number[][] {
  const distance = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0);
  return points.map((a) => points.map((b) => Math.exp(-gamma * distance(a, b))));
}

function cloud(rows: number, columns: number, seed: number): number[][] {
  const stream = createRandom(seed).stream("cloud");
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => stream.normal()));
}

/** Bounds, sum, and that no pair can gain. */
function expectOptimal(solver: SmoSolver, gradient: Float64Array, sum: number, tolerance = 1e-6): void {
  const { weights } = solver;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  weights.forEach((weight, i) => {
    expect(weight).toBeGreaterThanOrEqual(0);
    expect(weight).toBeLessThanOrEqual(1);
    if (weight < 1) least = Math.min(least, gradient[i]!);
    if (weight > 0) most = Math.max(most, gradient[i]!);
  });
  expect(weights.reduce((total, weight) => total + weight, 0)).toBeCloseTo(sum, 8);
  expect(most - least).toBeLessThan(tolerance);
}

describe("initial weights", () => {
  it("are LIBSVM's: ones, a fraction, zeros", () => {
    expect([...initialWeights(5, 2.5)]).toEqual([1, 1, 0.5, 0, 0]);
    expect([...initialWeights(3, 3)]).toEqual([1, 1, 1]);
    // 0.1 * 30 is a little more than 3, and 0.07 * 100 a little more than 7.
    expect(initialWeights(30, 0.1 * 30)[3]).toBeLessThan(1e-12);
    // 0.29 * 100 is a little less than 29.
    expect([...initialWeights(100, 0.29 * 100)].filter((weight) => weight === 1)).toHaveLength(29);
  });
});

describe("the solver", () => {
  it.each([
    [60, 0.1, true],
    [60, 0.5, false],
    [300, 0.05, true],
    [300, 0.3, true],
    [300, 0.3, false],
    [300, 0.95, true],
  ])("finds the optimum: %i rows, nu %d, shrinking %s", (rows, nu, shrinking) => {
    const matrix = rbf(cloud(rows, 4, rows), 0.4);
    const { solver, status, product } = solve(matrix, nu * rows, { shrinking });
    expect(status).toBe("optimal");
    expect(solver.partial).toBe(false);
    const exact = product(solver.weights);
    expectOptimal(solver, exact, nu * rows);
    solver.gradient.forEach((value, i) => expect(value).toBeCloseTo(exact[i]!, 8));
    expect(solver.violation).toBeLessThan(1e-9);
  });

  it("keeps nu's promise: at most that share outside, at least that share support vectors", () => {
    for (const nu of [0.05, 0.1, 0.25, 0.6]) {
      const { solver } = solve(rbf(cloud(250, 3, 9), 0.5), nu * 250);
      const outside = solver.gradient.filter((value) => value < solver.rho - 1e-7).length;
      const support = solver.weights.filter((weight) => weight > 0).length;
      expect(outside / 250).toBeLessThanOrEqual(nu + 1e-12);
      expect(support / 250).toBeGreaterThanOrEqual(nu - 1e-12);
    }
  });

  it("finds the same with and without shrinking", () => {
    const matrix = rbf(cloud(400, 5, 3), 0.2);
    const [a, b] = [true, false].map((shrinking) => solve(matrix, 80, { shrinking }).solver);
    expect(a!.rho).toBeCloseTo(b!.rho, 7);
    a!.weights.forEach((weight, i) => expect(weight).toBeCloseTo(b!.weights[i]!, 5));
  });

  it("takes a linear term: a smallest ball on a line", () => {
    // Points 0, 1, 4, 10 with K = xy. Without slack the ball is [0, 10]: centre 5 from the outermost points.
    const points = [0, 1, 4, 10];
    const matrix = points.map((a) => points.map((b) => a * b));
    const sum = 1;
    const linear = Float64Array.from(points, (x) => (-sum / 2) * x * x);
    const { solver } = solve(matrix, sum, { linear });
    const center = points.reduce((total, x, i) => total + x * solver.weights[i]!, 0);
    expect(center).toBeCloseTo(5, 6);
    // R^2 = c'c - 2 rho / s
    expect(center ** 2 - 2 * solver.rho).toBeCloseTo(25, 5);
  });

  it("takes coinciding rows and a constant kernel, and then any weights are optimal", () => {
    const twins = rbf([...cloud(30, 2, 4), ...cloud(30, 2, 4)], 1);
    const { solver, product } = solve(twins, 12);
    expectOptimal(solver, product(solver.weights), 12);
    const constant = Array.from({ length: 20 }, () => new Array<number>(20).fill(1));
    const flat = solve(constant, 5.5);
    expect(flat.status).toBe("optimal");
    expect(flat.solver.rho).toBeCloseTo(5.5, 10);
  });

  it("takes an indefinite matrix without hanging", () => {
    const stream = createRandom(8).stream("indefinite");
    const matrix = Array.from({ length: 40 }, () => new Array<number>(40).fill(0));
    for (let i = 0; i < 40; i++)
      for (let j = 0; j <= i; j++) matrix[i]![j] = matrix[j]![i] = stream.uniform() * 2 - 1;
    const { solver, status, product } = solve(matrix, 8, { tolerance: 1e-6, most: 50_000 });
    expect(status).toBe("optimal");
    expectOptimal(solver, product(solver.weights), 8, 1e-5);
  });

  it("puts rho between the bounds where no weight is free, and at the finite one where all are bounded", () => {
    // Two far pairs, nu so that exactly two of four rows have weight 1 and nobody is in between.
    const matrix = [
      [1, 0.9, 0, 0],
      [0.9, 1, 0, 0],
      [0, 0, 1, 0.9],
      [0, 0, 0.9, 1],
    ];
    const solver = solve(matrix, 4).solver;
    expect([...solver.weights]).toEqual([1, 1, 1, 1]);
    expect(solver.rho).toBeCloseTo(1.9, 6);
    const half = new SmoSolver(
      { diagonal: Float64Array.of(1, 1), sum: 1, row: () => Float32Array.of(1, 1) },
      { tolerance: 1e-3, shrinking: true, product: Float64Array.of(0.25, 0.75) },
    );
    expect(half.rho).toBe(0.5);
    const alone = new SmoSolver(
      { diagonal: Float64Array.of(1), sum: 1, row: () => Float32Array.of(1) },
      { tolerance: 1e-3, shrinking: true, product: Float64Array.of(1) },
    );
    expect(alone.run(10)).toBe("optimal");
    expect(alone.rho).toBe(1);
  });

  it("stops when its iterations are used up, and goes on from there", () => {
    const matrix = rbf(cloud(200, 3, 5), 0.5);
    const whole = solve(matrix, 40).solver;
    expect(whole.iterations).toBeGreaterThan(50);
    const cut = solve(matrix, 40, { most: 21 });
    expect(cut.status).not.toBe("optimal");
    expect(cut.solver.iterations).toBeLessThan(28);
    expect(cut.solver.violation).toBeGreaterThan(1e-9);
  });

  it("names rows that are likely to be needed: the worst violators", () => {
    const solver = new SmoSolver(
      { diagonal: new Float64Array(5).fill(1), sum: 2, row: () => undefined },
      { tolerance: 1e-3, shrinking: true, product: Float64Array.of(9, 8, 1, 5, 4) },
    );
    // Weights 1, 1, 0, 0, 0; the middle of smallest and largest is 5.
    expect(solver.likely(2, () => true).sort()).toEqual([0, 2]);
    expect(solver.likely(9, (row) => row !== 0).sort()).toEqual([1, 2, 4]);
    expect(solver.run(1)).toBe("row");
    expect(solver.missing).toBe(2);
  });
});

describe("the row cache", () => {
  it("keeps the rows that were used last, and at least two", () => {
    const cache = new RowCache(100, (3 * 400) / 2 ** 20);
    expect(cache.capacity).toBe(3);
    for (const i of [0, 1, 2]) cache.put(i, new Float32Array(100).fill(i));
    cache.row(0);
    cache.put(3, new Float32Array(100).fill(3));
    expect([0, 1, 2, 3].map((i) => cache.has(i))).toEqual([true, false, true, true]);
    expect(cache.row(3)![99]).toBe(3);
    expect(cache.row(1)).toBeUndefined();
    expect(new RowCache(1000, 1e-6).capacity).toBe(2);
    expect(new RowCache(10, 200).capacity).toBe(10);
  });

  it("takes rows over while there is room, and copies into what it has when there is none", () => {
    const cache = new RowCache(2, 1);
    const rows = [0, 1, 2].map((value) => new Float32Array(2).fill(value));
    rows.forEach((row, i) => {
      cache.put(i, row);
    });
    expect(cache.row(1)).toBe(rows[1]);
    expect(cache.row(2)).toBe(rows[0]);
    expect([...cache.row(2)!]).toEqual([2, 2]);
    cache.put(2, Float32Array.of(7, 7));
    expect([...cache.row(2)!]).toEqual([7, 7]);
    expect(cache.row(2)).toBe(rows[0]);
  });
});
