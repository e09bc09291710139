/** What the tests of src/detectors/kernel share. */
import type { Kernel } from "../src/detectors/kernel/kernel.js";
import { type KernelMachine, kernelScore } from "../src/detectors/kernel/one-class.js";
import type { OneClassOptions, OneClassSolution } from "../src/detectors/kernel/solution.js";
import type { FeatureMatrix } from "../src/features/index.js";
import { Graph, serialize } from "../src/graph/index.js";
import { createRandom } from "../src/math/random.js";
import { float32, type Runtime } from "../src/runtime/index.js";
import { loadNativeRuntime } from "../src/runtime/node/native.js";

/** Options of a solution that others are compared with. */
export const exactly: OneClassOptions = {
  nu: 0.5,
  selfSimilarity: false,
  tolerance: 1e-7,
  shrinking: true,
  maxIterations: 2e6,
  cacheMegabytes: 200,
};

export const native = await loadNativeRuntime();

export const matrixOf = (rows: readonly (readonly number[])[]): FeatureMatrix => ({
  rows: rows.length,
  columns: rows[0]!.length,
  data: Float32Array.from(rows.flat()),
});

/** Rows of normal numbers. */
export function cloud(rows: number, columns: number, seed: number, shift = 0): FeatureMatrix {
  const data = new Float32Array(rows * columns);
  createRandom(seed).stream("cloud").fillNormal(data, shift);
  return { rows, columns, data };
}

/** Scores as the graph of a model gives them. */
export async function scoresOf(
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

export const halfRbf: Kernel = { name: "rbf", gamma: 0.5, coef0: 0, degree: 3 };
