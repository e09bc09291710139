import { add, matmul, mul, reshape, type Tensor } from "../../graph/index.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import type { RawMap } from "../maps/map-calibration.js";
import { embedded, gridOf, STRIDES, type TrainedEncoder } from "./embedding.js";
import { type BySize, bySize } from "./feeds.js";
import type { PatchMemory } from "./memory.js";
import { nearestDistances } from "./nearest.js";
import { PATCH_SIDES, type PatchSize } from "./objective.js";
import type { PatchSvddOptions } from "./options.js";

/**
 * Which patches cover the middle of each cell along an axis, each with its share: float32 [cells, positions]. Cells at
 * the end that no patch reaches have the last patch.
 */
export function coverage(length: number, cells: number, size: PatchSize): Float32Array {
  const [patch, stride] = [PATCH_SIDES[size], STRIDES[size]];
  const positions = Math.floor((length - patch) / stride) + 1;
  const shares = new Float32Array(cells * positions);
  for (let cell = 0; cell < cells; cell++) {
    const middle = ((cell + 0.5) * length) / cells;
    const last = Math.min(positions - 1, Math.floor(middle / stride));
    const first = Math.min(last, Math.max(0, Math.floor((middle - patch) / stride) + 1));
    for (let position = first; position <= last; position++) {
      shares[cell * positions + position] = 1 / (last - first + 1);
    }
  }
  return shares;
}

/** Each patch's distance spread over its area, the mean where patches overlap: [rows, cells down, cells across]. */
function spread(
  distances: Tensor,
  size: PatchSize,
  { view }: TrainedEncoder,
  [cellsDown, cellsAcross]: readonly [number, number],
): Tensor {
  const [down, across] = gridOf(size, view);
  const [, height, width] = view.shape;
  const root = distances.graph.root;
  const lines = root.constant("float32", [1, cellsDown, down], coverage(height, cellsDown, size));
  const columns = transposed(coverage(width, cellsAcross, size), cellsAcross);
  const grid = reshape(distances, [distances.shape[0]!, down, across]);
  return matmul(matmul(lines, grid), root.constant("float32", [1, across, cellsAcross], columns));
}

function transposed(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  return Float32Array.from(matrix, (_, k) => matrix[(k % rows) * columns + Math.floor(k / rows)]!);
}

/** Maps of both sizes of patches before they become one, [rows, cells down, cells across] each. */
export function sizeMaps(
  features: Tensor,
  trained: TrainedEncoder,
  memories: BySize<PatchMemory>,
): BySize<Tensor> {
  const [, height, width] = trained.view.shape;
  const cells = [Math.ceil(height / STRIDES.small), Math.ceil(width / STRIDES.small)] as const;
  const embeddings = embedded(features, trained);
  return bySize(trained.sizes, (size) =>
    spread(nearestDistances(embeddings[size]!, memories[size]!, `patches.${size}`), size, trained, cells),
  );
}

/**
 * The map: the product of the maps of both sizes, as published, or their sum, each over its mean on held-out normals.
 * Images are taken one at a time, so that memory stays bounded.
 */
export function patchMap(
  { combine }: Pick<PatchSvddOptions, "combine">,
  trained: TrainedEncoder,
  memories: BySize<PatchMemory>,
  means: BySize<number> = {},
): RawMap {
  return (features) =>
    inRowBlocks(features, 1, (block) =>
      Object.entries(sizeMaps(block, trained, memories))
        .map(([size, map]) => (combine === "sum" ? mul(map, 1 / means[size as PatchSize]!) : map))
        .reduce((both, map) => (combine === "sum" ? add(both, map) : mul(both, map))),
    );
}
