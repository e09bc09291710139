/** Optima of Deep SVDD that are known on paper, reached by the package's own training. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hypersphereCenter, squaredDistances } from "../../../src/detectors/centre/center.js";
import { oneClassLoss, softBoundaryRadius } from "../../../src/detectors/centre/deep-svdd/objectives.js";
import { matmul, transpose } from "../../../src/math/linalg.js";
import { createRandom } from "../../../src/math/random.js";
import { mlp } from "../../../src/nn/mlp.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { collapseSigns } from "../../../src/train/health.js";
import { optimizer } from "../../../src/train/optimizers.js";
import { Trainer } from "../../../src/train/trainer.js";
import { latentSnapshot } from "../../statistics.js";

const CENTER = [0.5, -0.3];
const SQUARED_NORM = CENTER.reduce((sum, c) => sum + c * c, 0);

/** The first 12 rows of the data set G13, moved by (1, 0.5). */
const rows = Array.from({ length: 12 }, (_, i) => [Math.sin(i) + 1, Math.cos(2 * i) + 0.5]);

/** The same rows with mean 0 and deviation 1. */
const standardised = (() => {
  const columns = [0, 1].map((k) => rows.map((row) => row[k]!));
  const moments = columns.map((values) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)] as const;
  });
  return rows.map((row) => row.map((value, k) => (value - moments[k]![0]) / moments[k]![1]));
})();

const linear = mlp({
  inputDim: 2,
  hiddenDims: [],
  latentDim: 2,
  activation: "leaky-relu",
  slope: 0.1,
  bias: false,
  reconstruction: "linear",
  initialization: "pytorch",
  inputsPerUnit: 0,
});

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadNativeRuntime();
});
afterAll(async () => {
  await runtime.close();
});

/** Trains the linear encoder on whole-data batches until nothing moves any more. */
async function converge(x: number[][], name: "sgd" | "adam") {
  const layout = new ParameterLayout(linear.encoder.parameters);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name, weightDecay: 0, momentum: 0.9 }),
      batchSize: x.length,
      data: {
        features: { dtype: "float32", shape: [x.length, 2] },
        center: { dtype: "float32", shape: [2] },
      },
      loss: (context) => oneClassLoss(linear, context),
    },
    {
      features: float32([x.length, 2], Float32Array.from(x.flat())),
      center: float32([2], Float32Array.from(CENTER)),
    },
    {
      rowCount: x.length,
      batchSize: x.length,
      learningRate: { base: name === "sgd" ? 0.05 : 0.02, milestones: [1000, 1500], factor: 0.1 },
      shuffle: (epoch) => createRandom(1).stream(epoch),
    },
  );
  const start = layout.initialize((parameter) => createRandom(3).stream(parameter));
  const { state, losses } = await trainer.epochs(trainer.start(start), 2000);
  await trainer.close();
  // Stored [in, out]; on paper it is [out, in].
  return { weights: Array.from(transpose(state.parameters, 2, 2)), loss: losses.at(-1)!, start };
}

/** W* = c mu^T S^-1 with S = E[x x^T], mu = E[x]; loss* = |c|^2 (1 - mu^T S^-1 mu). */
function onPaper(x: number[][]) {
  const average = (of: (row: number[]) => number): number =>
    x.reduce((sum, row) => sum + of(row), 0) / x.length;
  const moment = (j: number, k: number): number => average((row) => row[j]! * row[k]!);
  const mean = [0, 1].map((k) => average((row) => row[k]!));
  // S^-1 mu by Cramer's rule.
  const direction = [
    moment(1, 1) * mean[0]! - moment(0, 1) * mean[1]!,
    moment(0, 0) * mean[1]! - moment(1, 0) * mean[0]!,
  ].map((value) => value / (moment(0, 0) * moment(1, 1) - moment(0, 1) ** 2));
  const explained = direction.reduce((sum, v, k) => sum + v * mean[k]!, 0);
  return {
    weights: CENTER.flatMap((c) => Array.from(direction, (v) => c * v)),
    loss: SQUARED_NORM * (1 - explained),
    score: (point: number[]) =>
      SQUARED_NORM * (1 - direction.reduce((sum, v, k) => sum + v * point[k]!, 0)) ** 2,
  };
}

function score(weights: readonly number[], point: readonly number[]): number {
  return CENTER.reduce((sum, c, i) => {
    const z = weights[2 * i]! * point[0]! + weights[2 * i + 1]! * point[1]!;
    return sum + (z - c) ** 2;
  }, 0);
}

const near = (found: readonly number[], expected: readonly number[], limit: number): void => {
  found.forEach((value, k) => {
    expect(Math.abs(value - expected[k]!)).toBeLessThan(limit);
  });
};

describe.each(["sgd", "adam"] as const)("a linear encoder without biases, %s", (name) => {
  it("converges to W*, loss* and the score of (2, 2)", async () => {
    const { weights, loss } = await converge(rows, name);
    near(weights, [0.287752, 0.125937, -0.172651, -0.075562], 2e-6);
    near([loss], [0.09482518], 1e-7);
    near([score(weights, [2, 2])], [0.14576019], 1e-6);
    const paper = onPaper(rows);
    near(weights, paper.weights, 2e-6);
    near([paper.loss, paper.score([2, 2])], [0.09482518, 0.14576019], 1e-8);
  });

  it("collapses to W* = 0 on standardised rows, where every score is |c|^2 and the signs say so", async () => {
    const { weights, loss, start } = await converge(standardised, name);
    near(weights, [0, 0, 0, 0], 1e-6);
    near([loss], [SQUARED_NORM], 1e-6);
    near([score(weights, [2, 2])], [SQUARED_NORM], 1e-5);

    const snapshotOf = (stored: ArrayLike<number>) => {
      const latent = Float32Array.from(matmul(standardised.flat(), stored, standardised.length, 2, 2));
      return latentSnapshot(latent, 2, squaredDistances(latent, Float32Array.from(CENTER)));
    };
    const before = snapshotOf(start);
    expect(collapseSigns(before, before)).toEqual([]);
    const signs = collapseSigns(snapshotOf(transpose(weights, 2, 2)), before);
    expect(signs.join("; ")).toMatch(/has shrunk to/);
    expect(signs.join("; ")).toMatch(/distances to the centre vary/);
  });
});

describe("the soft boundary's radius", () => {
  const squared = Float64Array.from({ length: 10 }, (_, k) => k + 1);
  const objective = (squaredRadius: number, distances: Float64Array, nu: number): number =>
    squaredRadius +
    distances.reduce((sum, d) => sum + Math.max(0, d - squaredRadius), 0) / (nu * distances.length);

  it("is anywhere in [8, 9] for d^2 = 1..10 and nu = 0.2, with the objective 9.5", () => {
    const squaredRadius = softBoundaryRadius(squared, 0.2) ** 2;
    expect(squaredRadius).toBeGreaterThanOrEqual(8);
    expect(squaredRadius).toBeLessThanOrEqual(9);
    expect(objective(squaredRadius, squared, 0.2)).toBeCloseTo(9.5, 12);
    expect(objective(8, squared, 0.2)).toBeCloseTo(9.5, 12);
    expect(objective(9, squared, 0.2)).toBeCloseTo(9.5, 12);
  });

  it.each([0.01, 0.1, 0.25, 0.5, 0.9, 1])("is as good as the best of the order statistics, nu = %f", (nu) => {
    const stream = createRandom(5).stream("distances");
    for (const n of [1, 2, 9, 40, 101]) {
      const distances = Float64Array.from({ length: n }, () => stream.uniform() ** 2 * 10);
      // The objective is piecewise linear: its least value stands at one of its corners, or at zero.
      const best = Math.min(...[0, ...distances].map((corner) => objective(corner, distances, nu)));
      const found = objective(softBoundaryRadius(distances, nu) ** 2, distances, nu);
      // Where nu n is not an integer one order statistic is best, and the quantile lies beside it on a slope of at most
      // 1 / (nu n): the price of a quantile that does not jump.
      const sorted = distances.toSorted();
      const gap = Math.max(...Array.from(sorted, (value, k) => value - (sorted[k - 1] ?? 0)));
      expect(found - best).toBeLessThanOrEqual(Number.isInteger(nu * n) ? 1e-9 : gap / (nu * n) + 1e-9);
      // The nu-property: about a share nu outside.
      const squaredRadius = softBoundaryRadius(distances, nu) ** 2;
      const outside = distances.filter((d) => d > squaredRadius * (1 + 1e-12)).length / n;
      expect(outside).toBeLessThanOrEqual(nu + 1 / n + 1e-12);
    }
  });
});

describe("the centre", () => {
  it("is the mean; components nearer to zero than the floor move to it with their sign, exact zeros to +floor", () => {
    const latent = Float32Array.of(1, 0, 0.02, -0.02, -3, 0.5, -0.1, 3, 0, 0.06, -0.06, -1, -0.25, -0.1);
    expect(Array.from(hypersphereCenter(latent, 7, 0.1))).toEqual(
      [2, 0.1, 0.1, -0.1, -2, 0.125, -0.1].map(Math.fround),
    );
  });

  it("takes minus zero for zero", () => {
    expect(Array.from(hypersphereCenter(Float32Array.of(-0, 1, -0, -1), 2, 0.1))).toEqual(
      [0.1, 0.1].map(Math.fround),
    );
  });

  it("is the plain mean with a floor of zero", () => {
    expect(Array.from(hypersphereCenter(Float32Array.of(0.25, -0.5, 0, 0), 2, 0))).toEqual([0.125, -0.25]);
  });
});
