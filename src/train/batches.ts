import type { RandomStream } from "../math/random.js";

/** One epoch's mini-batches: every row once, in random order, the last batch possibly short. */
export interface EpochBatches {
  readonly steps: number;
  /** int64 [steps, batchSize]; a short batch is filled up with row 0. */
  readonly rows: BigInt64Array;
  /** float32 [steps, batchSize]: 1 / (rows in the batch), 0 where filled up. */
  readonly weights: Float32Array;
}

export function epochBatches(rowCount: number, batchSize: number, stream: RandomStream): EpochBatches {
  const steps = Math.ceil(rowCount / batchSize);
  const rows = new BigInt64Array(steps * batchSize);
  const weights = new Float32Array(steps * batchSize);
  const order = stream.permutation(rowCount);
  for (let position = 0; position < rowCount; position++) rows[position] = BigInt(order[position]!);
  weights.fill(1 / batchSize, 0, rowCount);
  const short = rowCount % batchSize;
  if (short > 0) weights.fill(1 / short, rowCount - short, rowCount);
  return { steps, rows, weights };
}
