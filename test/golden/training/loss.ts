import { Graph, gradients, serialize, type Tensor } from "../../../src/graph/index.js";
import type { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, int64, type Runtime, type Values } from "../../../src/runtime/index.js";
import type { StepContext } from "../../../src/train/program.js";

/** As training programs declare their data. */
export const shapesOf = (data: Values) =>
  Object.fromEntries(Object.entries(data).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));

interface LossTask {
  readonly layout: ParameterLayout;
  readonly start: Float32Array;
  readonly data: Values;
  /** How many there are; all of them make one batch. */
  readonly rows: number;
  readonly loss: (context: StepContext) => Tensor;
}

/** A loss and its gradient over all rows as one batch. */
export async function gradientOf(runtime: Runtime, { layout, start, data, rows, loss }: LossTask) {
  const graph = new Graph();
  const vector = graph.input("parameters", "float32", [layout.size]);
  const tensors = Object.entries(shapesOf(data)).map(
    ([name, { dtype, shape }]) => [name, graph.input(name, dtype, shape)] as const,
  );
  const value = loss({
    parameters: layout.tensors(vector),
    data: new Map(tensors),
    rows: graph.input("rows", "int64", [rows]),
    weights: graph.input("weights", "float32", [rows]),
    record: () => {},
  });
  graph.output("value", value);
  graph.output("gradient", gradients(value, [vector])[0]!);
  const session = await runtime.createSession(serialize(graph));
  const found = await session.run({
    ...data,
    parameters: float32([layout.size], start),
    rows: int64(
      [rows],
      BigInt64Array.from({ length: rows }, (_, row) => BigInt(row)),
    ),
    weights: float32([rows], new Float32Array(rows).fill(1 / rows)),
  });
  await session.release();
  return { value: found["value"]!.data[0] as number, gradient: found["gradient"]!.data as Float32Array };
}
