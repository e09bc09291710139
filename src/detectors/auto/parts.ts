import {
  abs,
  add,
  cast,
  gather,
  lessOrEqual,
  log,
  loop,
  mean,
  mul,
  reshape,
  shapeOf,
  smallest,
  split,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";

export interface NeighbourPart {
  /** Training rows that neighbours are looked for in, [references, columns]. */
  readonly references: Float32Array;
  readonly columns: number;
  readonly k: number;
  /** Distance of each reference to its own k-th neighbour. */
  readonly reach: Float32Array;
  readonly nearestFloor: number;
  readonly reachFloor: number;
  readonly localFloor: number;
}

/** Columns that a turn of the loop takes, a power of two. */
const COLUMNS_PER_TURN = 16;
/** Up to so many rows, several turns are taken at once. */
const FEW_ROWS = 8;
/** Differences of one row held at once where turns are taken together: few enough to stay in a processor's cache. */
const DIFFERENCES_AT_ONCE = 2 ** 18;

/**
 * Manhattan distances of every row of `x` [block, columns] to every reference: [block, references]. In a Loop over
 * columns, so that no tensor of rows x references x columns is ever made.
 *
 * For many rows a turn takes its columns one by one, in matrices that stay in a processor's cache. For a few rows the columns
 * of several turns are taken at once: there it is the number of operators and turns that costs time. Both add the same terms
 * in the same order, so that a row's distances do not depend on how many rows there are.
 */
function manhattanDistances(x: Tensor, references: Tensor): Tensor {
  const root = x.graph.root;
  const [count, columns] = references.shape as [number, number];
  const turns = Math.floor((columns - 1) / COLUMNS_PER_TURN);
  const first = columns - turns * COLUMNS_PER_TURN;
  // One entry per column: [block, 1] and [1, references].
  const values = reshape(transpose(x, [1, 0]), [columns, "block", 1]);
  const table = reshape(transpose(references, [1, 0]), [columns, 1, count]);
  const matrix = (sums: Tensor): Tensor => reshape(sums, ["block", count]);
  const inOrder = (term: (k: number) => Tensor): Tensor => {
    let total = term(0);
    for (let k = 1; k < first; k++) total = add(total, term(k));
    return total;
  };
  if (turns === 0) return matrix(inOrder(distancesAlong(values, table)));

  const [head, tail] = split(values, 0, [first, columns - first]) as [Tensor, Tensor];
  const [headTable, tailTable] = split(table, 0, [first, columns - first]) as [Tensor, Tensor];
  const together = turnsTogether(turns, count);
  /** Turns are taken `size` at once, in as many steps as `steps` says. */
  const overTurns = (
    steps: Tensor,
    start: Tensor,
    size: number,
    added: (total: Tensor, own: Tensor, other: Tensor) => Tensor,
  ): Tensor => {
    const own = reshape(tail, [turns / size, size * COLUMNS_PER_TURN, "block", 1]);
    const others = reshape(tailTable, [turns / size, size * COLUMNS_PER_TURN, 1, count]);
    const { carried } = loop(x.graph, steps, [start], (step, [total]) => ({
      carried: [added(total!, gather(own, step), gather(others, step))],
      collected: [],
    }));
    return carried[0]!;
  };
  const [rows] = split(shapeOf(x), 0, [1, 1]);
  const few = cast(lessOrEqual(reshape(rows!, []), root.index(FEW_ROWS)), "int64");
  const start = inOrder(distancesAlong(head, headTable));
  const begun = overTurns(mul(few, turns / together), start, together, (total, own, other) => {
    const terms = reshape(abs(sub(own, other)), [together, COLUMNS_PER_TURN, "block", count]);
    const sums = sumByHalves(terms, 1);
    if (together === 1) return add(total, reshape(sums, [1, "block", count]));
    return split(sums, 0, Array<number>(together).fill(1)).reduce(
      (sum, ofTurn) => add(sum, reshape(ofTurn, [1, "block", count])),
      total,
    );
  });
  return matrix(
    overTurns(sub(root.index(turns), mul(few, turns)), begun, 1, (total, own, other) =>
      add(total, sumOfHalves(distancesAlong(own, other), COLUMNS_PER_TURN)),
    ),
  );
}

/** How many of the turns are taken at once for a few rows: as many as keep differences few, in steps of the same size. */
function turnsTogether(turns: number, references: number): number {
  const most = Math.min(turns, Math.floor(DIFFERENCES_AT_ONCE / (COLUMNS_PER_TURN * references)));
  for (let size = most; size > 1; size--) if (turns % size === 0) return size;
  return 1;
}

/** Distances along column k, [1, block, references], from [n, block, 1] and [n, 1, references]. */
function distancesAlong(values: Tensor, table: Tensor): (k: number) => Tensor {
  const ones = Array<number>(values.shape[0] as number).fill(1);
  const [own, others] = [split(values, 0, ones), split(table, 0, ones)];
  return (k) => abs(sub(own[k]!, others[k]!));
}

/** The sum over an axis, whose length is a power of two: its first half plus its second, and so on. */
function sumByHalves(x: Tensor, axis: number): Tensor {
  const half = (x.shape[axis] as number) / 2;
  const [low, high] = split(x, axis, [half, half]) as [Tensor, Tensor];
  return half === 1 ? add(low, high) : sumByHalves(add(low, high), axis);
}

/** The same of terms that are apart, in the same order; each is made when it is needed, so that few are in memory. */
function sumOfHalves(term: (k: number) => Tensor, count: number, offset = 0, stride = 1): Tensor {
  if (stride === count) return term(offset);
  const next = 2 * stride;
  return add(sumOfHalves(term, count, offset, next), sumOfHalves(term, count, offset + stride, next));
}

/** Logarithms of both neighbour statistics, each [block]: the nearest distance, and the distance relative to the neighbours' own. */
export function neighbourLogarithms(x: Tensor, part: NeighbourPart): { nearest: Tensor; relative: Tensor } {
  const graph = x.graph;
  const count = part.references.length / part.columns;
  const references = graph.initializer("references", "float32", [count, part.columns], part.references);
  const reach = graph.initializer("reach", "float32", [count], part.reach);
  const { values, positions } = smallest(manhattanDistances(x, references), part.k);
  const entry = (position: number): Tensor =>
    reshape(gather(values, graph.root.index(position), 1), ["block"]);
  const local = mean(gather(reach, positions), [1]);
  return {
    nearest: log(add(entry(0), part.nearestFloor)),
    relative: sub(log(add(entry(part.k - 1), part.reachFloor)), log(add(local, part.localFloor))),
  };
}
