import {
  cast,
  type Graph,
  minimum,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { searchLayout, searchTable } from "../../nn/nearest/layout.js";
import { nearestDistances } from "../../nn/nearest/search.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import type { VectorMaps } from "../maps/vector-maps.js";
import type { PatchMemory } from "./memory.js";

/** Distance of each patch to the nearest one that is remembered, float32 [rows, height, width]. */
export function globalDistances(
  features: Tensor,
  maps: VectorMaps,
  { vectors, entries }: PatchMemory,
): Tensor {
  const { channels, height, width } = maps;
  const { graph } = features;
  const layout = searchLayout(1, entries, channels);
  // Distances are differences of products: those of small vectors lose fewer digits.
  const centre = meanOf(vectors, channels);
  const centred = vectors.map((value, k) => value - centre[k % channels]!);
  const table = graph.initializer(
    "patches",
    "float32",
    [layout.groups, layout.groupSize * channels],
    searchTable(centred, layout),
  );
  const ordered = reshape(transpose(maps.vectors(features), [0, 2, 3, 1]), ["patches", channels]);
  const queries = sub(ordered, graph.constant("float32", [channels], centre));
  const distances = inRowBlocks(queries, layout.block, (block: Tensor, scope: Graph) =>
    reshape(cast(sqrt(nearestDistances(scope, block, table, layout)), "float32"), [block.shape[0]!]),
  );
  return reshape(distances, [features.shape[0]!, height, width]);
}

function meanOf(vectors: Float32Array, dim: number): Float32Array {
  const total = new Float64Array(dim);
  vectors.forEach((value, k) => {
    total[k % dim]! += value;
  });
  return Float32Array.from(total, (sum) => (sum * dim) / vectors.length);
}

/** The same to those remembered of its position. */
export function positionDistances(
  features: Tensor,
  maps: VectorMaps,
  { vectors, entries }: PatchMemory,
): Tensor {
  const { channels, height, width } = maps;
  const { graph } = features;
  const size = channels * height * width;
  const patches = maps.vectors(features);
  const squares = Array.from({ length: entries }, (_, entry) => {
    const own = graph.constant(
      "float32",
      [channels, height, width],
      vectors.slice(entry * size, (entry + 1) * size),
    );
    return sum(square(sub(patches, own)), [1]);
  });
  return sqrt(squares.reduce((least, each) => minimum(least, each)));
}
