import { HypersphereError } from "../../errors.js";
import type { RandomSource } from "../../math/random.js";

export const PROTOCOLS = ["one-class", "contaminated"] as const;
/**
 * `one-class`: half of the normal rows train, the other half and all anomalies test. `contaminated`: 60 % of all rows
 * train, anomalies among them, and the rest tests. The labels of training rows are seen by nobody.
 */
export type Protocol = (typeof PROTOCOLS)[number];

export interface ProtocolOptions {
  readonly protocol: Protocol;
  /** At most this many training rows, drawn at random. */
  readonly maxTrain: number;
  /** At most this many test rows, drawn at random. */
  readonly maxTest: number;
}

export interface ProtocolSplit {
  /** Row numbers, ascending. */
  readonly train: Uint32Array<ArrayBuffer>;
  readonly test: Uint32Array<ArrayBuffer>;
}

/**
 * Splits labelled rows. Depends on the labels and the seed only, so that every detector sees the same rows.
 * @param labels 1 anomaly, 0 normal, -1 unlabelled; unlabelled rows are left out
 * @throws HypersphereError `unfit-data` unless there are rows of both kinds to test on
 */
export function protocolSplit(
  labels: ArrayLike<number>,
  random: RandomSource,
  { protocol, maxTrain, maxTest }: ProtocolOptions,
): ProtocolSplit {
  const labelled = Array.from(labels, (_, row) => row).filter((row) => labels[row] !== -1);
  const stream = random.stream("protocol", protocol);
  const pool = protocol === "one-class" ? labelled.filter((row) => labels[row] === 0) : labelled;
  const order = stream.permutation(pool.length);
  const trainSize = protocol === "one-class" ? Math.floor(pool.length / 2) : Math.round(0.6 * pool.length);
  const chosen = new Set(Array.from(order.subarray(0, trainSize), (position) => pool[position]!));
  const rest = labelled.filter((row) => !chosen.has(row));
  const draw = (rows: readonly number[], most: number): Uint32Array<ArrayBuffer> =>
    rows.length <= most
      ? Uint32Array.from(rows)
      : Uint32Array.from(stream.sample(rows.length, most), (position) => rows[position]!).sort();
  const split = {
    train: draw(
      [...chosen].sort((a, b) => a - b),
      maxTrain,
    ),
    test: draw(rest, maxTest),
  };
  const anomalies = split.test.reduce((count, row) => count + labels[row]!, 0);
  if (anomalies === 0 || anomalies === split.test.length) {
    const kind = anomalies === 0 ? "anomalies" : "normal rows";
    throw new HypersphereError("unfit-data", `There are no ${kind} to test on.`, {
      hint: "A comparison needs labelled rows of both kinds.",
    });
  }
  return split;
}
