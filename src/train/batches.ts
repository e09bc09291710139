/** Mini-batches of an epoch; its last one may be short. */
export interface EpochBatches {
  readonly steps: number;
  /** int64 [steps, batchSize]; a short batch is filled up with row 0. */
  readonly rows: BigInt64Array;
  /** float32 [steps, batchSize]: 1 / (rows in the batch), 0 where filled up. */
  readonly weights: Float32Array;
}

/** The batches of steps `from` to `to` (excluded) of an epoch that visits rows in this order. */
export function batchesOf(order: Uint32Array, batchSize: number, from: number, to: number): EpochBatches {
  const rows = new BigInt64Array((to - from) * batchSize);
  const words = new Uint32Array(rows.buffer);
  const weights = new Float32Array((to - from) * batchSize);
  for (let step = from; step < to; step++) {
    const batch = order.subarray(step * batchSize, (step + 1) * batchSize);
    const start = (step - from) * batchSize;
    // Row numbers fit into the lower words (all of our platforms put those first); BigInts would be allocated.
    for (let k = 0; k < batch.length; k++) words[2 * (start + k)] = batch[k]!;
    weights.fill(1 / batch.length, start, start + batch.length);
  }
  return { steps: to - from, rows, weights };
}
