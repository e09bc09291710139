/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and minimum of one thing measured over and over. */
export const summary = (values) => ({
  median: median(values),
  minimum: Math.min(...values),
  runs: values.length,
});
