import { expect } from "vitest";

/** Largest difference, relative to the largest entry expected. */
export function deviation(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, k) => Math.abs(found[k]! - value))) / scale;
}

/** What PyTorch reports of each epoch, as a mean over its rows. */
export function epochLosses(
  steps: readonly number[],
  { rows, batchSize, epochs }: { rows: number; batchSize: number; epochs: number },
): number[] {
  const perEpoch = Math.ceil(rows / batchSize);
  return Array.from({ length: epochs }, (_, epoch) => {
    let sum = 0;
    for (let step = 0; step < perEpoch; step++) {
      sum += steps[epoch * perEpoch + step]! * Math.min(batchSize, rows - step * batchSize);
    }
    return sum / rows;
  });
}
