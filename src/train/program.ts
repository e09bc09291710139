import {
  concat,
  type DataType,
  Graph,
  gather,
  gradients,
  loop,
  reshape,
  type Shape,
  serialize,
  type Tensor,
} from "../graph/index.js";
import type { ParameterLayout, Parameters } from "../nn/parameters.js";
import type { Optimizer } from "./optimizers.js";

/** What a loss sees of one optimiser step. */
export interface StepContext {
  readonly parameters: Parameters;
  /** The program's data, by name. */
  readonly data: ReadonlyMap<string, Tensor>;
  /** Row numbers of the mini-batch, int64 [batch]. */
  readonly rows: Tensor;
  /** Weight of each of these rows, float32 [batch]; a mean over the batch where they are 1 / (rows in it). */
  readonly weights: Tensor;
}

export interface ProgramSpec {
  readonly layout: ParameterLayout;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  /** Tensors that stay the same over all steps: the data set, a centre. */
  readonly data: Readonly<Record<string, { readonly dtype: DataType; readonly shape: Shape }>>;
  /** The scalar to be made small. */
  loss(context: StepContext): Tensor;
}

/**
 * Compiles a loss into a training program: an ONNX model whose one run performs many optimiser steps.
 *
 * Inputs: the data by name, `steps` int64 [], `batches` int64 [steps, batch], `weights` float32 [steps, batch],
 * `schedule` float32 [steps, numbers], `parameters` and `state_0`, ... float32 [size].
 * Outputs: `parameters_out`, `state_0_out`, ... and `losses` float32 [steps].
 */
export function trainingProgram({ layout, optimizer, batchSize, data, loss }: ProgramSpec): Uint8Array {
  const graph = new Graph();
  const dataTensors = new Map(
    Object.entries(data).map(([name, { dtype, shape }]) => [name, graph.input(name, dtype, shape)] as const),
  );
  const steps = graph.input("steps", "int64", []);
  const batches = graph.input("batches", "int64", ["steps", batchSize]);
  const weights = graph.input("weights", "float32", ["steps", batchSize]);
  const schedule = graph.input("schedule", "float32", ["steps", optimizer.scheduleOf(1, 0).length]);
  const vector = (name: string): Tensor => graph.input(name, "float32", [layout.size]);
  const initial = [vector("parameters"), ...stateNames(optimizer).map(vector)];

  const { carried, collected } = loop(graph, steps, initial, (step, [current, ...states]) => {
    const parameters = layout.tensors(current!);
    const value = loss({
      parameters,
      data: dataTensors,
      rows: gather(batches, step),
      weights: gather(weights, step),
    });
    const parts = gradients(value, [...parameters.values()]);
    const gradient = concat(
      parts.map((part) => reshape(part, [part.shape.reduce<number>((n, dim) => n * (dim as number), 1)])),
      0,
    );
    const update = optimizer.update(current!, gradient, states, gather(schedule, step));
    return { carried: [update.parameters, ...update.states], collected: [value] };
  });

  ["parameters", ...stateNames(optimizer)].forEach((name, k) => {
    graph.output(`${name}_out`, carried[k]!);
  });
  graph.output("losses", collected[0]!);
  return serialize(graph, { description: "hypersphere training program" });
}

export const stateNames = (optimizer: Optimizer): string[] =>
  Array.from({ length: optimizer.stateCount }, (_, k) => `state_${k}`);
