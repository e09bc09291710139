import type { Dataset } from "../../data/index.js";
import { computeFeatures, type InputSchema, inputShape } from "../../features/index.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";

/** Features up to this size are computed once and held. */
const MOST_HELD_BYTES = 5e8;

/** Reads the listed rows of a data set when they are wanted; all at once where they are few. */
export async function rowReader(
  runtime: Runtime,
  schema: InputSchema,
  data: Dataset,
  rows: Uint32Array,
  signal?: AbortSignal,
): Promise<RowReader> {
  const columns = inputShape(schema).reduce((product, length) => product * length, 1);
  const compute = (some: Uint32Array) => computeFeatures(runtime, schema, data, some, signal);
  if (rows.length * columns * Float32Array.BYTES_PER_ELEMENT <= MOST_HELD_BYTES) {
    const { data: all } = await compute(rows);
    return {
      rows: rows.length,
      columns,
      read: async (row) => all.subarray(row * columns, (row + 1) * columns),
    };
  }
  return {
    rows: rows.length,
    columns,
    read: async (row) => (await compute(rows.subarray(row, row + 1))).data,
  };
}
