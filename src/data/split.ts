import { HypersphereError } from "../errors.js";

/** A random whole number in [0, n), each equally likely. Splits are as reproducible as this function is. */
export type UniformInt = (n: number) => number;

export interface Split {
  /** Row indices kept for training, ascending. */
  readonly train: Int32Array;
  /** Row indices held out, ascending. */
  readonly holdout: Int32Array;
}

/** The numbers 0..n-1 in random order (Fisher and Yates, as in Knuth, TAOCP 2, algorithm 3.4.2P). */
export function permutation(n: number, uniformInt: UniformInt): Int32Array {
  const order = Int32Array.from({ length: n }, (_, index) => index);
  shuffle(order, uniformInt);
  return order;
}

/** `count` distinct numbers out of 0..n-1, ascending. @throws HypersphereError `invalid-option` if there are not as many */
export function sampleRows(n: number, count: number, uniformInt: UniformInt): Int32Array {
  if (!Number.isInteger(count) || count < 0 || count > n) {
    throw new HypersphereError("invalid-option", `Cannot draw ${count} distinct rows out of ${n}.`);
  }
  // The last `count` steps of the shuffle are all that is needed.
  const order = Int32Array.from({ length: n }, (_, index) => index);
  for (let last = n - 1; last >= n - count; last--) swap(order, last, uniformInt(last + 1));
  return order.slice(n - count).sort();
}

/**
 * Splits n rows at random. `fraction` in (0, 1) is held out, rounded to whole rows, but at least one row on each side.
 * @throws HypersphereError `invalid-option` for a fraction out of range, `unfit-data` for fewer than two rows
 */
export function holdoutSplit(n: number, fraction: number, uniformInt: UniformInt): Split {
  checkFraction(fraction);
  if (n < 2)
    throw new HypersphereError(
      "unfit-data",
      `At least 2 rows are needed to hold some out, but there are ${n}.`,
    );
  const count = Math.min(n - 1, Math.max(1, Math.round(n * fraction)));
  return complement(n, sampleRows(n, count, uniformInt));
}

/**
 * Splits rows at random so that each label keeps its share on both sides (each label's held-out rows are rounded
 * on their own; a label with a single row stays in training).
 * @param labels one per row, any whole numbers
 */
export function stratifiedSplit(labels: ArrayLike<number>, fraction: number, uniformInt: UniformInt): Split {
  checkFraction(fraction);
  const groups = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    const group = groups.get(label);
    if (group) group.push(row);
    else groups.set(label, [row]);
  }
  const held: number[] = [];
  for (const label of [...groups.keys()].sort((a, b) => a - b)) {
    const rows = groups.get(label)!;
    if (rows.length < 2) continue;
    const count = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * fraction)));
    for (const index of sampleRows(rows.length, count, uniformInt)) held.push(rows[index]!);
  }
  return complement(labels.length, Int32Array.from(held).sort());
}

function complement(n: number, holdout: Int32Array): Split {
  const train = new Int32Array(n - holdout.length);
  let next = 0;
  let filled = 0;
  for (let row = 0; row < n; row++) {
    if (holdout[next] === row) next++;
    else train[filled++] = row;
  }
  return { train, holdout };
}

function checkFraction(fraction: number): void {
  if (!(fraction > 0 && fraction < 1)) {
    throw new HypersphereError(
      "invalid-option",
      `The held-out fraction must lie between 0 and 1, but is ${fraction}.`,
    );
  }
}

function shuffle(order: Int32Array, uniformInt: UniformInt): void {
  for (let last = order.length - 1; last > 0; last--) swap(order, last, uniformInt(last + 1));
}

function swap(order: Int32Array, a: number, b: number): void {
  const kept = order[a]!;
  order[a] = order[b]!;
  order[b] = kept;
}
