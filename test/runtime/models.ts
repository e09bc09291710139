import { expect } from "vitest";
import { HypersphereError } from "../../src/errors.js";
import {
  type DataType,
  Graph,
  gather,
  gradients,
  identity,
  leakyRelu,
  loop,
  matmul,
  mean,
  mul,
  serialize,
  squaredDistance,
  sub,
  sum,
  type Tensor,
} from "../../src/graph/index.js";
import { float32, scalarIndex, type Values } from "../../src/runtime/port.js";

/** The bytes of a graph. */
export function model(build: (graph: Graph) => Record<string, Tensor>): Uint8Array {
  const graph = new Graph();
  for (const [name, tensor] of Object.entries(build(graph))) graph.output(name, tensor);
  return serialize(graph);
}

export const echo = (dtype: DataType): Uint8Array =>
  model((graph) => ({ y: identity(graph.input("x", dtype, ["n"])) }));
export const doubled = model((graph) => ({ y: mul(graph.input("x", "float32", ["rows", 2]), 2) }));
export const rowsOfTable = model((graph) => {
  const table = graph.input("table", "float32", ["rows", 2]);
  return { row: gather(table, graph.input("index", "int64", [])), size: sum(table) };
});
/** Multiplies a matrix with itself again and again: a run that takes a while. */
export const slow = model((graph) => {
  const x = graph.input("x", "float32", [64, 64]);
  const { carried } = loop(graph, graph.input("steps", "int64", []), [x], (_, [y]) => ({
    carried: [matmul(y!, x)],
    collected: [],
  }));
  return { y: carried[0]! };
});
export const slowFeeds = (steps: number): Values => ({
  x: float32([64, 64], new Float32Array(4096)),
  steps: scalarIndex(steps),
});

/** A small network drawn together around a point, twenty steps of gradient descent in one run. */
export const training = model((graph) => {
  const x = graph.input("x", "float32", ["rows", 3]);
  const start = [
    graph.initializer(
      "start_1",
      "float32",
      [3, 8],
      Float32Array.from({ length: 24 }, (_, k) => Math.sin(k + 1)),
    ),
    graph.initializer(
      "start_2",
      "float32",
      [8, 2],
      Float32Array.from({ length: 16 }, (_, k) => Math.cos(k)),
    ),
  ];
  const { carried, collected } = loop(graph, graph.input("steps", "int64", []), start, (_, weights) => {
    const embedded = matmul(leakyRelu(matmul(x, weights[0]!), 0.1), weights[1]!);
    const loss = mean(squaredDistance(embedded, graph.constant("float32", [2], Float32Array.of(1, -1))));
    const steps = gradients(loss, weights);
    return { carried: weights.map((w, k) => sub(w, mul(steps[k]!, 0.01))), collected: [loss] };
  });
  return { w1: carried[0]!, w2: carried[1]!, losses: collected[0]! };
});
export const trainingFeeds: Values = {
  x: float32(
    [5, 3],
    Float32Array.from({ length: 15 }, (_, k) => Math.sin(3 * k)),
  ),
  steps: scalarIndex(20),
};

/** What a promise is rejected with, which has to be an error of the runtime. */
export async function failure(promise: Promise<unknown>): Promise<HypersphereError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HypersphereError);
  expect((error as HypersphereError).code).toBe("runtime");
  return error as HypersphereError;
}
