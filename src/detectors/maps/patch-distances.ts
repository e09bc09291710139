import {
  gather,
  gemm,
  max,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  smallest,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import type { NormalPatches } from "./normal-patches.js";
import type { VectorMaps } from "./vector-maps.js";

/** Patches whose distances to all that are remembered exist at a time. */
const BLOCK = 512;
/** So many of the nearest, as single precision sees them, are measured exactly. */
const MEASURED = 3;

/**
 * Distance of each patch to the nearest one that is remembered, float32 [rows, height, width].
 *
 * The nearest are found by |m|^2 - 2 x m in float32, of vectors less their mean: the difference of large numbers that are
 * nearly equal would lose digits. Their distances are then measured from x - m. What rounding can change is which of
 * those is taken that are equally far to the sixth digit.
 * @param name of what is remembered, in the file of the model
 */
export function globalDistances(
  features: Tensor,
  maps: VectorMaps,
  { vectors, entries }: NormalPatches,
  name = "patches",
): Tensor {
  const { channels, height, width } = maps;
  const { graph } = features;
  const centre = meanOf(vectors, channels);
  const centred = vectors.map((value, k) => value - centre[k % channels]!);
  const table = graph.initializer(name, "float32", [entries, channels], centred);
  // Of known numbers, ONNX Runtime computes it once, before any image is scored.
  const twice = mul(table, 2);
  const lengths = graph.constant("float32", [entries], squaredLengths(centred, channels));
  const ordered = reshape(transpose(maps.vectors(features), [0, 2, 3, 1]), ["patches", channels]);
  const queries = sub(ordered, graph.constant("float32", [channels], centre));
  const distances = inRowBlocks(queries, BLOCK, (block, scope) => {
    const { positions } = scope.reproducible(
      () => smallest(sub(lengths, gemm(block, twice, { transB: true })), Math.min(MEASURED, entries)),
      false,
    );
    const [rows] = block.shape as [number | string];
    const squares = sum(square(sub(reshape(block, [rows, 1, channels]), gather(table, positions))), [2]);
    return sqrt(neg(max(neg(squares), [1])));
  });
  return reshape(distances, [features.shape[0]!, height, width]);
}

function squaredLengths(vectors: Float32Array, dim: number): Float32Array {
  return Float32Array.from({ length: vectors.length / dim }, (_, row) => {
    let squares = 0;
    for (let k = row * dim; k < (row + 1) * dim; k++) squares += vectors[k]! ** 2;
    return squares;
  });
}

function meanOf(vectors: Float32Array, dim: number): Float32Array {
  const total = new Float64Array(dim);
  vectors.forEach((value, k) => {
    total[k % dim]! += value;
  });
  return Float32Array.from(total, (sum) => (sum * dim) / vectors.length);
}

/** Distances below this share of the length of a vector are those of a vector from itself: convolutions round in float32. */
const ROUNDED = 2 ** -13;

/**
 * Distances less what rounding can make of none. Else an image that was remembered would be a little apart in one build of
 * ONNX Runtime and not at all in another, and where all normals are remembered nothing but that is left to calibrate on.
 * @param vectors [entries, channels] or [entries, channels, places] that distances are measured to
 */
export function beyondRounding(distances: Tensor, vectors: Float32Array, channels: number): Tensor {
  const squares = vectors.reduce((total, value) => total + value * value, 0);
  const length = Math.sqrt((squares * channels) / vectors.length);
  return maximum(sub(distances, ROUNDED * length), 0);
}

/** The same to those remembered of its position. */
export function positionDistances(
  features: Tensor,
  maps: VectorMaps,
  { vectors, entries }: NormalPatches,
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
