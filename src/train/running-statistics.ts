import { type FeatureMatrix, rowsPerRun } from "../features/index.js";
import { Graph, serialize, type Tensor } from "../graph/index.js";
import { MOMENTUM } from "../nn/batch-norm.js";
import type { TrainingMode } from "../nn/encoder.js";
import type { ParameterLayout, Parameters } from "../nn/parameters.js";
import { float32, type Runtime } from "../runtime/index.js";

/** Rows that the statistics are taken from, at most. */
const MOST_ROWS = 256;

/**
 * Parameters with the running statistics that these rows have. New networks start with a mean of zero and a variance of
 * one, which fit no data. With those, the untrained control would differ from the network that training begins with,
 * its centre would be wrong after some steps, and the effect of training could not be measured.
 *
 * @param forward the network, which records its new statistics
 * @param parameters of the layout; returned unchanged where none is a statistic
 */
export async function withRunningStatistics(
  runtime: Runtime,
  layout: ParameterLayout,
  forward: (x: Tensor, parameters: Parameters, training: TrainingMode) => Tensor,
  parameters: Float32Array<ArrayBuffer>,
  { rows: available, columns, data }: FeatureMatrix,
): Promise<Float32Array<ArrayBuffer>> {
  if (!layout.specs.some(({ statistic }) => statistic)) return parameters;
  const rows = Math.min(available, rowsPerRun(columns, MOST_ROWS));
  const graph = new Graph();
  const tensors = layout.tensors(graph.input("parameters", "float32", [layout.size]));
  const weights = graph.constant("float32", [rows], new Float32Array(rows).fill(1 / rows));
  const record = (statistic: string, value: Tensor): void => graph.output(statistic, value);
  forward(graph.input("x", "float32", [rows, columns]), tensors, { weights, record });
  const session = await runtime.createSession(serialize(graph));
  const moved = await session.run({
    parameters: float32([layout.size], parameters),
    x: float32([rows, columns], data.slice(0, rows * columns)),
  });
  await session.release();
  const measured = parameters.slice();
  for (const { spec, view } of layout.views(measured)) {
    const value = moved[spec.name]?.data as Float32Array | undefined;
    // One step goes a tenth of the way; this goes all of it. Batches are normalised by their own statistics, so one pass is exact.
    value?.forEach((next, k) => {
      view[k]! += (next - view[k]!) / MOMENTUM;
    });
  }
  return measured;
}
