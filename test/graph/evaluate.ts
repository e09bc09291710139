import { expect } from "vitest";
import { Graph, serialize, type Tensor } from "../../src/graph/index.js";
import { loadNativeRuntime } from "../../src/runtime/node/native.js";
import type { TensorValue } from "../../src/runtime/port.js";

export const runtime = await loadNativeRuntime();

/** Every output of a graph. */
export async function evaluate(
  graph: Graph,
  feeds: Record<string, TensorValue> = {},
): Promise<Record<string, TensorValue>> {
  const session = await runtime.createSession(serialize(graph));
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** The same, their elements alone. */
export async function evaluateNumbers(
  graph: Graph,
  feeds: Record<string, TensorValue> = {},
): Promise<Record<string, number[]>> {
  const results = await evaluate(graph, feeds);
  return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, numbers(value)]));
}

export const numbers = ({ data }: TensorValue): number[] => Array.from(data as ArrayLike<number>, Number);

export const float32 = (shape: readonly number[], ...values: number[]): TensorValue => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});

/** Elements of an array of this shape. */
export const count = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** A table of open length and a matrix that it can be multiplied with. */
export function example(): { graph: Graph; x: Tensor; w: Tensor } {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", 3]);
  const w = graph.initializer("w", "float32", [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
  return { graph, x, w };
}

/** Compares to the largest expected element, or to 1 where all are smaller. */
export function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what = "",
): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(0, ...actual.map((value, k) => Math.abs(value - expected[k]!)));
  // Written so that NaN fails.
  if (!(worst <= tolerance * scale)) expect(actual, `${what}: off by ${worst}`).toEqual(expected);
}
