/** Test rows of which a near-duplicate was trained on: a given split is taken as it is, so that is said beside the figures. */
import type { Dataset } from "../data/index.js";
import { kindOf } from "../features/index.js";

/**
 * How many test rows have a near-duplicate among the training rows, see `Kind.nearDuplicates`.
 * @param train rows of `data`
 * @param test rows of `data`
 * @throws HypersphereError `aborted`
 */
export async function repeatsOfTraining(
  data: Dataset,
  train: Uint32Array,
  test: Uint32Array,
  signal?: AbortSignal,
): Promise<number> {
  const kind = kindOf(data);
  const groups = await kind.nearDuplicates(kind.select(data, joined(train, test)), signal);
  if (groups === undefined) return 0;
  const trained = new Set(groups.of.subarray(0, train.length));
  return groups.of.subarray(train.length).reduce((sum, group) => sum + (trained.has(group) ? 1 : 0), 0);
}

function joined(first: Uint32Array, second: Uint32Array): Uint32Array {
  const all = new Uint32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** @param rows what rows are called: "images" */
export const repeatsNote = (repeats: number, tested: number, rows: string): string =>
  `of ${tested} test ${rows}, ${repeats} ${repeats === 1 ? "has a near-duplicate" : "have near-duplicates"} among the training ` +
  `${rows}, as shots of one thing and copies of a row are: on new things expect more false alarms and lower figures.`;
