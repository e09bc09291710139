import type { FeatureMatrix } from "../../features/index.js";
import { cast, mean, split, sqrt, type Tensor } from "../../graph/index.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import { searchLayout, searchTable } from "./layout.js";
import type { KnnOptions } from "./options.js";
import { nearestDistances } from "./search.js";

/**
 * The score: distance to the k-th nearest training row, or a mean or the median of the distances to the k nearest.
 *
 * Rows are taken in blocks by a loop inside of the graph, so that memory stays bounded whoever runs the model and with
 * however many rows: all distances at once would be gigabytes.
 */
export function knnScore({ k, method }: KnnOptions, train: FeatureMatrix, features: Tensor): Tensor {
  const layout = searchLayout(k, train.rows, train.columns);
  const graph = features.graph;
  graph.mark("features", features);
  const table = graph.initializer(
    "train",
    "float32",
    [layout.groups, layout.groupSize * layout.columns],
    searchTable(train.data, layout),
  );
  return inRowBlocks(features, layout.block, (block, scope) => {
    const squares = nearestDistances(scope, block, table, layout);
    return cast(summary(squares, method), "float32");
  });
}

/** [k] what the distance to each neighbour, nearest first, weighs in the score. */
export function neighbourWeights(k: number, method: KnnOptions["method"]): Float64Array {
  const [from, count] = counting(k, method);
  return Float64Array.from({ length: k }, (_, place) =>
    place >= from && place < from + count ? 1 / count : 0,
  );
}

/** The first of the neighbours, from 0, whose distances make the score, and how many there are. */
function counting(k: number, method: KnnOptions["method"]): readonly [from: number, count: number] {
  if (method === "largest") return [k - 1, 1];
  return method === "median" ? [Math.floor((k - 1) / 2), k % 2 === 0 ? 2 : 1] : [0, k];
}

/** @param squares of the distances, ascending, float64 [block, k] */
function summary(squares: Tensor, method: KnnOptions["method"]): Tensor {
  if (method === "root-mean-square") return sqrt(mean(squares, [1]));
  const distances = sqrt(squares);
  const k = distances.shape[1] as number;
  if (method === "mean") return mean(distances, [1]);
  const [from, count] = counting(k, method);
  const lengths = [from, count, k - from - count];
  const parts = split(
    distances,
    1,
    lengths.filter((length) => length > 0),
  );
  return mean(parts[from > 0 ? 1 : 0]!, [1]);
}
