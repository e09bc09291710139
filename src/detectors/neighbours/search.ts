import {
  add,
  cast,
  concat,
  expand,
  type Graph,
  gather,
  gemm,
  less,
  loop,
  max,
  minimum,
  mul,
  range,
  reshape,
  shapeOf,
  smallest,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";
import type { SearchLayout } from "./layout.js";

/**
 * Squared distances of query rows to their k nearest rows of a table, ascending: float64 [block, k]. Exact.
 *
 * The search is done in float32, which is twice as fast as float64 (and far more than that in WebAssembly), with proof:
 * where the proof fails for a row, the block is searched again in float64. That happens where distances tie, and in
 * narrow clusters far from the origin. The second search is a loop of one turn, or none.
 *
 * @param scope where the search takes place: the body of the loop over blocks
 * @param x float32 [block, columns]
 * @param table float32 [groups, groupSize * columns] as `searchTable` makes it
 */
export function nearestDistances(scope: Graph, x: Tensor, table: Tensor, layout: SearchLayout): Tensor {
  if (layout.precision === "double") return searchInDouble(x, table, layout);
  // What float32 rounds away decides how soon neighbours are found, not which and how far away.
  const { distances, unproven } = scope.reproducible(() => searchInSingle(x, table, layout), false);
  const again = cast(max(cast(unproven, "float32")), "int64");
  // The rows enter the loop, although it could see them from here: what depends on nothing in it would leave it.
  const { carried } = loop(scope, again, [distances, x], (_, [, rows]) => ({
    carried: [searchInDouble(rows!, table, layout), rows!],
    collected: [],
  }));
  return carried[0]!;
}

/**
 * Two passes.
 *
 * 1. |x - y|^2 - |x|^2 = |y|^2 - 2 x y for all y, as matrix products. Of every group of rows only the least is kept:
 *    the k nearest rows lie in the k groups with the least values, since each of them makes its group one of those.
 *    The difference of large numbers that are nearly equal loses as many digits as they have in common: in float64
 *    enough of them are left.
 * 2. The distances to all rows of these groups, see `measure`.
 */
export function searchInDouble(x: Tensor, table: Tensor, layout: SearchLayout): Tensor {
  return measure(x, table, nearestGroups(x, table, layout), layout);
}

/**
 * Differences of query rows from their k nearest rows, nearest first: float64 [block, k, columns].
 * @param x float32 [block, columns]
 */
export function nearestDifferences(x: Tensor, table: Tensor, layout: SearchLayout): Tensor {
  const { k, columns, groupSize } = layout;
  const differences = differencesIn(x, table, nearestGroups(x, table, layout), layout);
  const { positions } = smallest(sum(square(differences), [2]), k);
  const count = k * groupSize;
  const rows = reshape(split(shapeOf(x), 0, [1, 1])[0]!, []);
  const starts = reshape(mul(range(rows, "block"), x.graph.root.index(count)), ["block", 1]);
  return gather(reshape(differences, ["candidates", columns]), add(positions, starts));
}

/** The groups that the k nearest rows are in, [block, k]: the first pass. */
function nearestGroups(x: Tensor, table: Tensor, layout: SearchLayout): Tensor {
  const query = cast(x, "float64");
  const members = membersOf(table, layout).map((y) =>
    concat([y, sum(square(y), [1], { keepDims: true })], 1),
  );
  const least = leastPerGroup(concat([mul(query, -2), ones(query)], 1), members);
  return smallest(least, layout.k).positions;
}

/**
 * The same in float32, for lower bounds of the distances: a product of n terms summed in any order in float32 is off by
 * at most g = n u / (1 - n u), u = 2^-24, times the sum of the terms' sizes (Higham, Accuracy and Stability of Numerical
 * Algorithms, 2nd ed., section 3.1). Those are at most |y|^2 + 2 |x| |y|, so that
 *
 *     (1 - g) |y|^2 - 2 x y - 2 g |x| |y|  <=  |x - y|^2 - |x|^2
 *
 * holds for what comes out as well, with g doubled for the rounding of its own terms. Where the least bound among the
 * groups left out is not below the k-th distance found, nothing nearer was missed.
 */
export function searchInSingle(
  x: Tensor,
  table: Tensor,
  layout: SearchLayout,
): { distances: Tensor; unproven: Tensor } {
  const { k, columns, examined } = layout;
  const g = (2 * (columns + 8)) / 2 ** 24;
  const members = membersOf(table, layout).map((y) => {
    const norm2 = sum(square(y), [1], { keepDims: true });
    return cast(concat([y, mul(norm2, 1 - g), sqrt(norm2)], 1), "float32");
  });
  const norm2 = sum(square(cast(x, "float64")), [1], { keepDims: true });
  const slack = cast(mul(sqrt(norm2), -2 * g), "float32");
  const bounds = smallest(leastPerGroup(concat([mul(x, -2), ones(x), slack], 1), members), examined + 1);

  const [positions] = split(bounds.positions, 1, [examined, 1]);
  const [, leftOut] = split(bounds.values, 1, [examined, 1]);
  const distances = measure(x, table, positions!, layout);
  const farthest = k === 1 ? distances : split(distances, 1, [k - 1, 1])[1]!;
  return { distances, unproven: less(add(norm2, cast(leftOut!, "float64")), farthest) };
}

/** One row of every group, float64 [groups, columns]. ONNX Runtime computes this once, when it loads the model. */
function membersOf(table: Tensor, { groupSize, columns }: SearchLayout): readonly Tensor[] {
  return split(cast(table, "float64"), 1, Array(groupSize).fill(columns));
}

/** @returns for every row of `left` and every group the least product, [block, groups] */
function leastPerGroup(left: Tensor, members: readonly Tensor[]): Tensor {
  return members
    .map((y) => gemm(left, y, { transB: true }))
    .reduce((low, products) => minimum(low, products));
}

/** A column of ones beside `x`. */
function ones(x: Tensor): Tensor {
  const one = x.graph.root.constant(
    x.dtype,
    [1, 1],
    x.dtype === "float32" ? Float32Array.of(1) : Float64Array.of(1),
  );
  return expand(one, [x.shape[0]!, 1], sum(x, [1], { keepDims: true }));
}

/**
 * Squared distances to the k nearest among all rows of some groups, from differences, which cancel nothing. Squares and
 * sums are float64: then the order of summation, which differs between one row and many, cannot be seen in the score.
 *
 * @param positions of groups, [block, examined]
 */
function measure(x: Tensor, table: Tensor, positions: Tensor, layout: SearchLayout): Tensor {
  return smallest(sum(square(differencesIn(x, table, positions, layout)), [2]), layout.k).values;
}

/** Differences of query rows from all rows of some groups, float64 [block, rows of the groups, columns]. */
function differencesIn(
  x: Tensor,
  table: Tensor,
  positions: Tensor,
  { columns, groupSize }: SearchLayout,
): Tensor {
  const [block, examined] = positions.shape as [string, number];
  const found = reshape(gather(table, positions), [block, examined * groupSize, columns]);
  return cast(sub(found, reshape(x, [block, 1, columns])), "float64");
}
