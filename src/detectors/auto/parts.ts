import {
  abs,
  add,
  div,
  exp,
  gather,
  log,
  loop,
  maximum,
  mean,
  neg,
  reshape,
  smallest,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";

/** What a part's logarithm is taken of is raised by `floor`, and the result standardised by `mean` and `deviation`. */
export interface Standardisation {
  readonly mean: number;
  readonly deviation: number;
}

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

/**
 * Manhattan distances of every row of `x` [block, columns] to every reference: [block, references]. Column by column
 * in a Loop, so that no tensor of rows x references x columns is ever made.
 */
function manhattanDistances(x: Tensor, references: Tensor): Tensor {
  const root = x.graph.root;
  const columns = references.shape[1] as number;
  const byColumn = transpose(references, [1, 0]);
  const apart = (column: Tensor): Tensor =>
    abs(sub(reshape(gather(x, column, 1), ["block", 1]), gather(byColumn, column)));
  const first = apart(root.index(0));
  if (columns === 1) return first;
  const { carried } = loop(x.graph, root.index(columns - 1), [first], (step, [sum]) => ({
    carried: [add(sum!, apart(add(step, 1)))],
    collected: [],
  }));
  return carried[0]!;
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

export const standardised = (x: Tensor, { mean: centre, deviation }: Standardisation): Tensor =>
  div(sub(x, centre), deviation);

/** log(1 + e^x), without overflow: max(x, 0) + log(1 + e^-|x|). */
export function softplus(x: Tensor): Tensor {
  return add(maximum(x, 0), log(add(exp(neg(abs(x))), 1)));
}
