import { throwIfAborted } from "../../errors.js";
import { Graph, serialize } from "../../graph/index.js";
import type { InputSchema } from "../input-schema.js";
import type { FeatureMatrix } from "../matrix.js";
import type { RawRows } from "../raw-rows.js";
import type { FeatureContext, InputSpec, Inputs, Kind } from "./kind.js";

type Program<S extends InputSchema> = Pick<Kind<never, S>, "inputs" | "features">;

/** Declares the inputs of a model's graph. */
export function declareInputs(graph: Graph, specs: readonly InputSpec[]): Inputs {
  return new Map(specs.map(({ name, dtype, shape }) => [name, graph.input(name, dtype, [...shape])]));
}

/** Features of the listed rows, piece by piece: `from` is the place of a piece's first row in the list. */
export async function* featurePieces<S extends InputSchema>(
  { inputs, features: forward }: Program<S>,
  schema: S,
  raw: RawRows,
  rows: ArrayLike<number>,
  { runtime, signal }: FeatureContext,
  threads = 1,
): AsyncIterable<{ from: number; features: Float32Array }> {
  const graph = new Graph();
  graph.output("features", forward(schema, declareInputs(graph, inputs(schema))));
  const session = await runtime.createSession(serialize(graph), { threads });
  try {
    for await (const { from, feeds } of raw.pieces(rows)) {
      throwIfAborted(signal);
      const { features } = await session.run(feeds);
      yield { from, features: features!.data as Float32Array };
    }
  } finally {
    await session.release();
  }
}

/**
 * Features of the listed rows as one matrix.
 * @param columns numbers of a row
 * @param threads that a run may take: more than one for programs with a large network in them
 */
export async function computeDense<S extends InputSchema>(
  program: Program<S>,
  schema: S,
  raw: RawRows,
  rows: ArrayLike<number>,
  columns: number,
  context: FeatureContext,
  threads = 1,
): Promise<FeatureMatrix> {
  const matrix = new Float32Array(rows.length * columns);
  for await (const { from, features } of featurePieces(program, schema, raw, rows, context, threads)) {
    matrix.set(features, from * columns);
  }
  return { rows: rows.length, columns, data: matrix };
}
