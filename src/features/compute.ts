import { throwIfAborted } from "../errors.js";
import { Graph, serialize } from "../graph/index.js";
import type { Runtime } from "../runtime/index.js";
import { declareRawInputs, featureGraph } from "./feature-graph.js";
import type { RawValues } from "./raw-values.js";
import { type FeatureSchema, featureCount } from "./schema.js";

/** Rows per run: bounds the memory of intermediate results, and how long a run can block its thread. */
export const ROWS_PER_RUN = 8192;

/** A matrix of features, row-major float32 [rows, columns]. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Computes the features of the listed rows, with the very graph that goes into the model file. */
export async function computeFeatures(
  runtime: Runtime,
  schema: FeatureSchema,
  raw: RawValues,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<FeatureMatrix> {
  const graph = new Graph();
  graph.output("features", featureGraph(schema, declareRawInputs(graph, schema)));
  const session = await runtime.createSession(serialize(graph));
  const columns = featureCount(schema);
  const data = new Float32Array(rows.length * columns);
  try {
    for (let from = 0; from < rows.length; from += ROWS_PER_RUN) {
      throwIfAborted(signal);
      const to = Math.min(rows.length, from + ROWS_PER_RUN);
      const { features } = await session.run(raw.slice(from, to, rows));
      data.set(features!.data as Float32Array, from * columns);
    }
  } finally {
    await session.release();
  }
  return { rows: rows.length, columns, data };
}
