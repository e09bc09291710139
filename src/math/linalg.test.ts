import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { covariance } from "../../test/statistics.js";
import { eigenSymmetric } from "./eigen.js";
import { type Matrix, matmul, transpose } from "./linalg.js";
import { createRandom } from "./random.js";
import { whitening } from "./whitening.js";

const golden = (
  JSON.parse(
    readFileSync(new URL("../../test/golden/metrics/metrics_golden.json", import.meta.url), "utf8"),
  ) as {
    linalg: Record<string, number[]> & {
      n: number;
      d: number;
      whitening: { kind: "pca" | "zca"; shrinkage: number; floor: number; matrix: number[] }[];
    };
  }
).linalg;
const { n, d } = golden;

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

function randomSymmetric(size: number, name: string): Matrix {
  const stream = createRandom(1).stream(name);
  const a = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      a[i * size + j] = stream.normal();
      a[j * size + i] = a[i * size + j]!;
    }
  }
  return a;
}

/** Largest entry of |V A V^T - diag(values)| and of |V V^T - I|. */
function residuals(a: ArrayLike<number>, size: number): [number, number] {
  const { values, vectors } = eigenSymmetric(a, size);
  const turned = transpose(vectors, size, size);
  const diagonalised = matmul(matmul(vectors, a, size, size, size), turned, size, size, size);
  const product = matmul(vectors, turned, size, size, size);
  let r = 0;
  let o = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      r = Math.max(r, Math.abs(diagonalised[i * size + j]! - (i === j ? values[i]! : 0)));
      o = Math.max(o, Math.abs(product[i * size + j]! - (i === j ? 1 : 0)));
    }
  }
  return [r, o];
}

const gram = (a: ArrayLike<number>): Matrix => matmul(transpose(a, d, d), a, d, d, d);

describe("against numpy", () => {
  const data = Float32Array.from(golden.data!);

  it("mean and covariance that tests compare with, with a mean fifty times the spread", () => {
    const { mean, covariance: cov } = covariance(data, n, d);
    expectClose(mean, golden.mean!, 1e-11);
    expectClose(cov, golden.covariance!, 1e-11);
    expectClose(covariance(data, n, d, 0).covariance, golden.covariance0!, 1e-11);
  });

  it("eigenvalues and eigenvectors", () => {
    const { values, vectors } = eigenSymmetric(golden.covariance!, d);
    expectClose(values, golden.eigenvalues!, 1e-12);
    expectClose(vectors, golden.eigenvectors!, 1e-11);
  });

  it("whitening", () => {
    for (const { matrix, ...options } of golden.whitening) {
      expectClose(whitening(golden.covariance!, d, options).matrix, matrix, 1e-10);
    }
    for (const { matrix, kind, ...options } of golden.whitening) {
      // The one upper triangle with a positive diagonal that has the same lengths.
      const upper = whitening(golden.covariance!, d, { kind: "cholesky", ...options }).matrix;
      expectClose(gram(upper), gram(matrix), 1e-9);
      upper.forEach((value, k) => {
        const [row, column] = [Math.floor(k / d), k % d];
        if (column < row) expect(value).toBe(0);
        else if (column === row) expect(value).toBeGreaterThan(0);
      });
    }
    const low = whitening(golden.lowRank!, d, { kind: "zca", floor: 1e-3 });
    expect(low.rank).toBe(3);
    expectClose(low.eigenvalues.subarray(0, 3), golden.lowRankEigenvalues!, 1e-11);
    expectClose(low.matrix, golden.lowRankZca!, 1e-8);
  });
});

describe("eigenSymmetric", () => {
  it("holds A = V^T L V on random, diagonal, degenerate and badly scaled matrices", () => {
    for (const size of [1, 2, 3, 17, 64]) {
      const [r, o] = residuals(randomSymmetric(size, `a${size}`), size);
      expect(r).toBeLessThan(1e-12 * size);
      expect(o).toBeLessThan(1e-12);
    }
    expect([...eigenSymmetric([2, 0, 0, 0, 5, 0, 0, 0, -1], 3).values]).toEqual([5, 2, -1]);
    expect([...eigenSymmetric(new Float64Array(16), 4).values]).toEqual([0, 0, 0, 0]);
    const ones = eigenSymmetric(new Float64Array(25).fill(1), 5);
    expectClose(ones.values, [5, 0, 0, 0, 0], 1e-14);
    for (const scale of [1e-200, 1e200]) {
      const a = randomSymmetric(12, "scaled");
      const plain = eigenSymmetric(a, 12).values;
      const scaled = eigenSymmetric(
        a.map((x) => x * scale),
        12,
      ).values;
      expectClose(
        scaled.map((x) => x / scale),
        plain,
        1e-12,
      );
    }
    // Two blocks 200 orders of magnitude apart.
    const blocks = eigenSymmetric([2e-200, 1e-200, 0, 0, 1e-200, 2e-200, 0, 0, 0, 0, 2, 1, 0, 0, 1, 2], 4);
    expectClose(blocks.values, [3, 1, 0, 0], 1e-14);
    expect(blocks.vectors.every(Number.isFinite)).toBe(true);
  });

  it("takes 256 x 256 in a fraction of a second", () => {
    const a = randomSymmetric(256, "speed");
    eigenSymmetric(a.subarray(0, 64 * 64), 64);
    const begun = performance.now();
    eigenSymmetric(a, 256);
    expect(performance.now() - begun).toBeLessThan(1500);
    const [r, o] = residuals(a, 256);
    expect(r).toBeLessThan(1e-11);
    expect(o).toBeLessThan(1e-11);
  });

  it("refuses shapes and values it cannot use", () => {
    expect(() => eigenSymmetric([1, 2, 3], 2)).toThrow(/2 x 2/);
    expect(() => eigenSymmetric([1, Number.NaN, 0, 1], 2)).toThrow(/finite/);
    expect(() => eigenSymmetric([1, 0, 0, Infinity], 2)).toThrow(/finite/);
  });
});

describe("edges", () => {
  it("whitens what it was given: W C W^T = I", () => {
    for (const kind of ["pca", "zca"] as const) {
      const { matrix, rank } = whitening(golden.covariance!, d, { kind });
      const product = matmul(matmul(matrix, golden.covariance!, d, d, d), transpose(matrix, d, d), d, d, d);
      expect(rank).toBe(d);
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++) expect(product[i * d + j]).toBeCloseTo(+(i === j), 10);
    }
  });

  it("full shrinkage is a plain rescaling", () => {
    const { matrix } = whitening([4, 1, 1, 2], 2, { kind: "zca", shrinkage: 1 });
    expectClose(matrix, [1 / Math.sqrt(3), 0, 0, 1 / Math.sqrt(3)], 1e-14);
  });

  it("says no in words", () => {
    expect(() => whitening(new Float64Array(4), 2, { kind: "pca" })).toThrow(/all rows are equal/);
    expect(() => whitening([1, 0, 0, 1], 2, { kind: "pca", shrinkage: 2 })).toThrow(/shrinkage is 2/);
    expect(() => whitening([1, 0, 0, 1], 2, { kind: "pca", floor: 0 })).toThrow(/floor is 0/);
    expect(() => matmul([1], [1], 1, 2, 1)).toThrow(/matmul/);
  });
});
