import { atLeastBeyondLimit } from "../../features/index.js";
import {
  cast,
  concat,
  type DecisionTree,
  exp,
  gemm,
  mul,
  reshape,
  scopeOf,
  sub,
  sum,
  type Tensor,
  treeSum,
} from "../../graph/index.js";
import type { ExtendedTree } from "./extended-tree.js";
import { type Forest, TREES_PER_SUM } from "./forest.js";
import { averagePathLength } from "./path-length.js";

/**
 * So many nodes fit into a core's first-level cache: ONNX Runtime runs all rows through one group of trees before the
 * next, which is a fifth quicker than through all trees at once.
 */
const NODES_PER_GROUP = 1024;

/**
 * The score of Liu et al. 2008, equation 2: 2^(-E[h] / c(samples)) in (0, 1), where E[h] is the mean path length over
 * the trees. Near 1 for rows that are quickly isolated, 0.5 for those that take as long as the average.
 *
 * The sum of path lengths is exact, see `pathLengthGrid`, and the power is taken in float64: every platform gets the
 * same score, up to a last rounding at most.
 */
export function forestScore(forest: Forest, features: Tensor): Tensor {
  const sums = forest.extended
    ? (forest.trees as readonly ExtendedTree[]).map((tree, k) => extendedPathLength(tree, features, k))
    : groups(forest.trees as readonly DecisionTree[]).map((trees) => treeSum(features, trees));
  const [rows] = features.shape;
  const columns = sums.map((column) => reshape(column, [rows!, 1]));
  const total = sum(cast(concat(columns, 1), "float64"), [1]);
  const unit = forest.trees.length * averagePathLength(forest.samples);
  const score = cast(exp(mul(total, -Math.LN2 / unit)), "float32");
  // To a tree, infinity is like the largest value that it has seen. In fact it needs no split to be isolated.
  return atLeastBeyondLimit(score, features, 1);
}

function groups(trees: readonly DecisionTree[]): DecisionTree[][] {
  const result: DecisionTree[][] = [];
  let nodes = 0;
  for (const tree of trees) {
    const last = result.at(-1);
    nodes += tree.feature.length;
    if (last !== undefined && last.length < TREES_PER_SUM && nodes <= NODES_PER_GROUP) last.push(tree);
    else {
      result.push([tree]);
      nodes = tree.feature.length;
    }
  }
  return result;
}

/**
 * All signed distances to a tree's hyperplanes as one matrix product, then the tree looks at their signs. In float64,
 * in which products of float32 numbers are exact and their sums nearly so: float32 sums would put rows close to a
 * hyperplane on either side of it, by platform.
 */
function extendedPathLength({ tree, normals, offsets }: ExtendedTree, features: Tensor, k: number): Tensor {
  const scope = scopeOf(features);
  const planes = offsets.length;
  const width = normals.length / Math.max(1, planes);
  if (planes === 0) return treeSum(features, [tree]);
  const directions = scope.initializer(`tree${k}.normals`, "float32", [planes, width], normals);
  const distances = sub(
    gemm(cast(features, "float64"), cast(directions, "float64"), { transB: true }),
    scope.initializer(`tree${k}.offsets`, "float64", [planes], offsets),
  );
  return treeSum(cast(distances, "float32"), [tree]);
}
