import {
  concat,
  type DataType,
  Graph,
  gather,
  gradients,
  loop,
  multiplications,
  reshape,
  type Shape,
  serialize,
  type Tensor,
} from "../graph/index.js";
import { sizeOf, type TrainingMode } from "../nn/encoder.js";
import type { ParameterLayout, Parameters } from "../nn/parameters.js";
import type { Optimizer } from "./optimizers.js";

/** What a loss is given for one optimiser step. */
export interface StepContext extends TrainingMode {
  readonly parameters: Parameters;
  /** The program's data, by name. */
  readonly data: ReadonlyMap<string, Tensor>;
  /** Row numbers of the mini-batch, int64 [batch]. */
  readonly rows: Tensor;
}

export interface ProgramSpec {
  readonly layout: ParameterLayout;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  /** Tensors that stay the same over all steps: the data set, a centre. */
  readonly data: Readonly<Record<string, { readonly dtype: DataType; readonly shape: Shape }>>;
  /** The scalar to minimise. */
  loss(context: StepContext): Tensor;
}

export interface TrainingProgram {
  readonly model: Uint8Array;
  /** Of one step. */
  readonly multiplications: number;
}

/**
 * Compiles a loss into a training program: an ONNX model whose one run performs many optimiser steps.
 *
 * Inputs: the data by name, `steps` int64 [], `batches` int64 [steps, batch], `weights` float32 [steps, batch],
 * `schedule` float32 [steps, numbers], `parameters` and `state_0`, ... float32 [size].
 * Outputs: `parameters_out`, `state_0_out`, ... and `losses` float32 [steps].
 */
export function trainingProgram({ layout, optimizer, batchSize, data, loss }: ProgramSpec): TrainingProgram {
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
    const statistics = new Map<string, Tensor>();
    const value = loss({
      parameters,
      data: dataTensors,
      rows: gather(batches, step),
      weights: gather(weights, step),
      record: (name, statistic) => statistics.set(name, statistic),
    });
    const gradient = flatGradient(value, layout, parameters);
    const update = optimizer.update(current!, gradient, states, gather(schedule, step));
    const next = withStatistics(update.parameters, layout, statistics);
    return { carried: [next, ...update.states], collected: [value] };
  });

  ["parameters", ...stateNames(optimizer)].forEach((name, k) => {
    graph.output(`${name}_out`, carried[k]!);
  });
  graph.output("losses", collected[0]!);
  return {
    model: serialize(graph, { description: "hypersphere training program" }),
    multiplications: multiplications(graph),
  };
}

/** By the whole vector of parameters; zero for statistics, which no optimiser moves. */
function flatGradient(value: Tensor, layout: ParameterLayout, parameters: Parameters): Tensor {
  const trained = layout.specs.filter(({ statistic }) => !statistic).map(({ name }) => parameters.get(name)!);
  const parts = new Map(gradients(value, trained).map((part, k) => [trained[k]!, part]));
  return concat(
    layout.specs.map(({ name, shape }) => {
      const part = parts.get(parameters.get(name)!);
      const size = sizeOf(shape);
      return part === undefined
        ? value.graph.constant("float32", [size], new Float32Array(size))
        : reshape(part, [size]);
    }),
    0,
  );
}

/** The updated vector with the statistics that the networks recorded in their places. */
function withStatistics(
  vector: Tensor,
  layout: ParameterLayout,
  statistics: ReadonlyMap<string, Tensor>,
): Tensor {
  if (statistics.size === 0) return vector;
  const parts = [...layout.tensors(vector)].map(([name, updated], k) =>
    reshape(statistics.get(name) ?? updated, [sizeOf(layout.specs[k]!.shape)]),
  );
  return concat(parts, 0);
}

export const stateNames = (optimizer: Optimizer): string[] =>
  Array.from({ length: optimizer.stateCount }, (_, k) => `state_${k}`);
