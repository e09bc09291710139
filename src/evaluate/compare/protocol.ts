import type { Samples } from "../../data/index.js";
import { overlapBlock, rowsOfBlocks } from "../../detectors/fit/hold-out.js";
import { HypersphereError } from "../../errors.js";
import { kindOf, type RowGroups } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import { createRandom } from "../../math/random.js";

export const PROTOCOLS = ["one-class", "contaminated", "given"] as const;
/**
 * `one-class`: half of the normal rows train, the other half and all anomalies test. `contaminated`: 60 % of all rows
 * train, anomalies among them, and the rest tests. `given`: the data set's own split, of whose training part the normal
 * rows train. No detector sees a label.
 */
export type Protocol = (typeof PROTOCOLS)[number];

export interface ProtocolOptions {
  readonly protocol: Protocol;
  /** At most this many training rows, drawn at random. */
  readonly maxTrain: number;
  /** At most this many test rows, drawn at random. */
  readonly maxTest: number;
}

export const DEFAULT_PROTOCOL: ProtocolOptions = {
  protocol: "one-class",
  maxTrain: 5000,
  maxTest: 20_000,
};

export interface ProtocolSplit {
  /** Row numbers, ascending. */
  readonly train: Uint32Array<ArrayBuffer>;
  readonly test: Uint32Array<ArrayBuffer>;
}

/** Samples of which a row is an observation, with labels. */
type Labelled = Pick<Samples, "data" | "split"> & { readonly labels: ArrayLike<number> };

/**
 * Splits labelled observations. Depends on the data and the seed only, so that every detector sees the same rows. Windows
 * that share time steps are dealt out in blocks of neighbours, and those that share steps with a test window do not
 * train. Unlabelled rows are left out.
 *
 * @param groups of the rows that are dealt out, see `dealtTogether`: each is on one side as a whole
 * @throws HypersphereError `unfit-data` unless there are rows to train on, and rows of both kinds to test on;
 * `invalid-option` for `given` where the data have no split of their own
 */
export function protocolSplit(
  samples: Labelled,
  seed: number,
  { protocol, maxTrain, maxTest }: ProtocolOptions,
  groups?: RowGroups,
): ProtocolSplit {
  const { labels, data } = samples;
  const stream = createRandom(seed).stream("protocol", protocol);
  const parts = protocol === "given" ? givenParts(samples) : drawnParts(samples, stream, protocol, groups);
  const draw = (rows: readonly number[], most: number): Uint32Array<ArrayBuffer> =>
    rows.length <= most
      ? Uint32Array.from(rows)
      : Uint32Array.from(stream.sample(rows.length, most), (position) => rows[position]!).sort();
  const split = { train: draw(parts.train, maxTrain), test: draw(parts.test, maxTest) };
  const anomalies = split.test.reduce((count, row) => count + labels[row]!, 0);
  const { noun } = kindOf(data);
  if (anomalies === 0 || anomalies === split.test.length) {
    const kind = anomalies === 0 ? "anomalies" : `normal ${noun.many}`;
    throw new HypersphereError("unfit-data", `There are no ${kind} to test on.`, {
      hint: "A comparison needs labelled rows of both kinds.",
    });
  }
  if (split.train.length > 0) return split;
  throw new HypersphereError("unfit-data", `There are no ${noun.many} to train on.`, {
    hint:
      protocol === "given"
        ? "The training part of the split needs rows that are labelled normal."
        : "Every one shares a part with one that tests: use a larger stride, shorter windows, or more data.",
  });
}

interface Parts {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

function drawnParts(
  { labels, data }: Labelled,
  stream: RandomStream,
  protocol: Exclude<Protocol, "given">,
  groups: RowGroups | undefined,
): Parts {
  const labelled = labelledRows(labels);
  const pool = poolOf(labels, protocol);
  const units = groups?.count ?? Math.max(1, Math.floor(pool.length / overlapBlock(data)));
  const count = protocol === "one-class" ? Math.floor(units / 2) : Math.round(0.6 * units);
  const training = stream.permutation(units).subarray(0, count);
  const chosen = new Set(Array.from(placesOf(training, units, pool.length, groups), (place) => pool[place]!));
  const test = labelled.filter((row) => !chosen.has(row));
  return { train: apartFrom(data, [...chosen], test), test };
}

/** Places in the pool of some of its groups or blocks. */
function placesOf(
  units: Uint32Array,
  count: number,
  rows: number,
  groups: RowGroups | undefined,
): Iterable<number> {
  if (rows === 0) return [];
  if (groups === undefined) return rowsOfBlocks(units, count, rows);
  const wanted = new Set(units);
  return Array.from(groups.of.keys()).filter((place) => wanted.has(groups.of[place]!));
}

const labelledRows = (labels: ArrayLike<number>): number[] =>
  Array.from(labels, (_, row) => row).filter((row) => labels[row] !== -1);

/** The rows that a protocol deals out to training and test. */
function poolOf(labels: ArrayLike<number>, protocol: Exclude<Protocol, "given">): number[] {
  const labelled = labelledRows(labels);
  return protocol === "one-class" ? labelled.filter((row) => labels[row] === 0) : labelled;
}

/**
 * Near-duplicates among the rows that `protocolSplit` deals out: a test image of which another shot was trained on would
 * look more normal than any new one. A data set's own split stays as it is, see `repeatsOfTraining`.
 */
export async function dealtTogether(
  { data, labels }: Labelled,
  protocol: Protocol,
  signal?: AbortSignal,
): Promise<RowGroups | undefined> {
  if (protocol === "given") return undefined;
  const kind = kindOf(data);
  return kind.nearDuplicates(kind.select(data, Uint32Array.from(poolOf(labels, protocol))), signal);
}

function givenParts({ labels, data, split }: Labelled): Parts {
  if (split === undefined) {
    throw new HypersphereError("invalid-option", `${data.source} has no split of its own to go by.`, {
      hint:
        "Splits come with folders train/ and test/, with the array split of an NPZ archive, or from a column that is " +
        "named as the split. The protocol one-class draws one instead.",
    });
  }
  const test = Array.from(split.test).filter((row) => labels[row] !== -1);
  const train = Array.from(split.train).filter((row) => labels[row] === 0);
  return { train: apartFrom(data, train, test), test };
}

/** Those that share nothing with a row that tests. */
function apartFrom(data: Samples["data"], train: readonly number[], test: readonly number[]): number[] {
  const kind = kindOf(data);
  if (kind.overlap(data) === 0) return [...train];
  const sharing = new Set(kind.sharing(data, Uint32Array.from(test)));
  return train.filter((row) => !sharing.has(row));
}
