import { throwIfAborted } from "../errors.js";
import { type FeatureMatrix, rowsPerRun } from "../features/index.js";
import {
  Graph,
  gather,
  gemm,
  mul,
  reshape,
  serialize,
  smallest,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../graph/index.js";
import type { RandomStream } from "../math/random.js";
import { float32, type Runtime, type Session } from "../runtime/index.js";

/** Rounds of moving centres, at most. */
const MOST_ROUNDS = 30;
/** Rounds end where the mean squared distance falls by less than this share. */
const LEAST_GAIN = 1e-3;

export interface Centres {
  readonly count: number;
  /** Means of the rows that are nearest to each, [count, columns]. */
  readonly data: Float32Array;
  /** Of each centre the row, among those that it is nearest to, that lies nearest to it. */
  readonly nearestRows: Uint32Array;
}

/**
 * k-means (Lloyd 1982) from the start of Arthur and Vassilvitskii (2007): each first centre is a row, drawn with odds of its
 * squared distance to those before it. Centres that no row is nearest to are left out.
 * @param count at most as many as there are rows
 */
export async function kMeans(
  runtime: Runtime,
  matrix: FeatureMatrix,
  count: number,
  stream: RandomStream,
  signal?: AbortSignal,
): Promise<Centres> {
  const { columns } = matrix;
  let centres = firstCentres(matrix, Math.min(count, matrix.rows), stream);
  const program = assignment(columns, centres.length / columns);
  const session = await runtime.createSession(program, { threads: runtime.cores });
  try {
    let last = Number.POSITIVE_INFINITY;
    for (let round = 1; ; round++) {
      throwIfAborted(signal);
      const assigned = await assign(session, matrix, centres);
      const spread = assigned.distances.reduce((total, value) => total + value ** 2, 0);
      if (round === MOST_ROUNDS || spread >= last * (1 - LEAST_GAIN))
        return settledCentres(centres, columns, assigned);
      last = spread;
      centres = moved(matrix, centres, assigned.owners);
    }
  } finally {
    await session.release();
  }
}

interface Assigned {
  /** Number of the centre nearest to each row. */
  readonly owners: Float64Array;
  readonly distances: Float64Array;
}

/** Number of the nearest of some centres, int64 [rows], and the distance to it, float32 [rows]. */
export function nearestCentre(x: Tensor, centres: Tensor): { owner: Tensor; distance: Tensor } {
  const rows = x.shape[0]!;
  const lengths = sum(square(centres), [1]);
  // Found by products, and measured by differences: those of large numbers that are nearly equal would lose digits.
  const { positions } = smallest(sub(lengths, mul(gemm(x, centres, { transB: true }), 2)), 1);
  const owner = reshape(positions, [rows]);
  return { owner, distance: sqrt(sum(square(sub(x, gather(centres, owner))), [1])) };
}

function assignment(columns: number, count: number): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", columns]);
  const { owner, distance } = nearestCentre(x, graph.input("centres", "float32", [count, columns]));
  graph.output("owner", owner);
  graph.output("distance", distance);
  return serialize(graph);
}

async function assign(
  session: Session,
  { rows, columns, data }: FeatureMatrix,
  centres: Float32Array,
): Promise<Assigned> {
  const owners = new Float64Array(rows);
  const distances = new Float64Array(rows);
  const given = float32([centres.length / columns, columns], centres);
  const piece = rowsPerRun(columns);
  for (let from = 0; from < rows; from += piece) {
    const to = Math.min(rows, from + piece);
    const x = float32([to - from, columns], data.slice(from * columns, to * columns));
    const { owner, distance } = await session.run({ x, centres: given });
    owners.set(Float64Array.from(owner!.data as BigInt64Array, Number), from);
    distances.set(distance!.data as Float32Array, from);
  }
  return { owners, distances };
}

function moved(
  { rows, columns, data }: FeatureMatrix,
  centres: Float32Array,
  owners: Float64Array,
): Float32Array {
  const count = centres.length / columns;
  const sums = new Float64Array(centres.length);
  const members = new Uint32Array(count);
  for (let row = 0; row < rows; row++) {
    const to = owners[row]! * columns;
    members[owners[row]!]!++;
    for (let k = 0; k < columns; k++) sums[to + k]! += data[row * columns + k]!;
  }
  return centres.map((value, k) => {
    const own = members[Math.floor(k / columns)]!;
    return own === 0 ? value : sums[k]! / own;
  });
}

function settledCentres(centres: Float32Array, columns: number, { owners, distances }: Assigned): Centres {
  const nearest = new Map<number, number>();
  owners.forEach((owner, row) => {
    const best = nearest.get(owner);
    if (best === undefined || distances[row]! < distances[best]!) nearest.set(owner, row);
  });
  const kept = [...nearest].sort(([a], [b]) => a - b);
  const data = new Float32Array(kept.length * columns);
  kept.forEach(([centre], k) => {
    data.set(centres.subarray(centre * columns, (centre + 1) * columns), k * columns);
  });
  return { count: kept.length, data, nearestRows: Uint32Array.from(kept, ([, row]) => row) };
}

function firstCentres(
  { rows, columns, data }: FeatureMatrix,
  count: number,
  stream: RandomStream,
): Float32Array {
  const centres = new Float32Array(count * columns);
  const squares = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let chosen = stream.int(rows);
  for (let centre = 0; centre < count; centre++) {
    centres.set(data.subarray(chosen * columns, (chosen + 1) * columns), centre * columns);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const bound = squares[row]!;
      let distance = 0;
      for (let k = 0; k < columns && distance < bound; k++)
        distance += (data[row * columns + k]! - centres[centre * columns + k]!) ** 2;
      squares[row] = Math.min(bound, distance);
      total += squares[row]!;
    }
    chosen = drawn(squares, total * stream.uniform(), stream);
  }
  return centres;
}

/** The row at which the sum of the squares passes a height; any row, where all of them are zero. */
function drawn(squares: Float64Array, height: number, stream: RandomStream): number {
  let [sum, last] = [0, -1];
  for (let row = 0; row < squares.length; row++) {
    if (squares[row] === 0) continue;
    sum += squares[row]!;
    last = row;
    if (sum > height) return row;
  }
  return last === -1 ? stream.int(squares.length) : last;
}
