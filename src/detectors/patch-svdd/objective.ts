import {
  add,
  cast,
  equal,
  exp,
  log,
  matmul,
  max,
  mean,
  mul,
  reshape,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { type DenseStack, dense, denseParameters } from "../../nn/dense.js";
import {
  FINEST_STRIDE,
  largeEmbeddings,
  largeParameters,
  type PatchEncoder,
  smallEmbeddings,
  smallParameters,
} from "../../nn/images/patch-encoder.js";
import type { Initialization, ParameterSpec, Parameters } from "../../nn/parameters.js";
import { type BySize, bySize, type PatchSize } from "./patch-sizes.js";
import { DIRECTIONS } from "./view-pairs.js";

/** Pairs of one size as tensors of a step. Positions are int64 [crops, pairs, 1]. */
export interface PairTensors {
  readonly first: Tensor;
  readonly second: Tensor;
  readonly near: Tensor;
  /** float32 [crops * pairs, 8] */
  readonly directions: Tensor;
}

/** What a step sees. */
export interface ViewTensors {
  /** float32 [2 * crops, channels, side, side]: first views, then second ones */
  readonly views: Tensor;
  readonly pairs: BySize<PairTensors>;
}

/** What the encoders and the classifiers of directions have to learn. */
export function patchParameters(
  encoder: PatchEncoder,
  sizes: readonly PatchSize[],
  initialization: Initialization,
): { readonly encoder: ParameterSpec[]; readonly classifiers: ParameterSpec[] } {
  return {
    encoder: [
      ...smallParameters(encoder, initialization),
      ...(sizes.includes("large") ? largeParameters(encoder, initialization) : []),
    ],
    classifiers: sizes.flatMap((size) => denseParameters(classifier(size, encoder))),
  };
}

/**
 * Its weights start small whatever the encoders' do: while it cannot tell directions, loud answers cost, and shrinking
 * all embeddings makes them quieter.
 */
const classifier = (size: PatchSize, { latentDim }: PatchEncoder): DenseStack => ({
  name: `direction.${size}`,
  widths: [latentDim, 128, 128, DIRECTIONS.length],
  bias: true,
  activation: "leaky-relu",
  slope: 0.1,
  outputActivation: "linear",
  initialization: "pytorch",
  inputsPerUnit: 0,
});

/** Per pair, the first two [crops * pairs]. */
export interface PairLosses {
  /** Cross entropy of the direction. */
  readonly position: Tensor;
  /** Distance of the embeddings of neighbours. */
  readonly distance: Tensor;
  /** Logits of the directions, [crops * pairs, 8]. */
  readonly logits: Tensor;
  /** Of the first patches of the pairs, [crops * pairs, latentDim]. */
  readonly embeddings: Tensor;
}

/**
 * The losses of PatchSVDD for each pair. Vectors h of the position pair make logits C(h1 - h2); neighbours have the norm
 * |f(p) - f(p')|, not squared, without a centre. Encoders slide over the views, and pairs are picked from what they make.
 */
export function pairLosses(
  encoder: PatchEncoder,
  { views, pairs }: ViewTensors,
  parameters: Parameters,
): BySize<PairLosses> {
  const small = smallEmbeddings(encoder, views, parameters, FINEST_STRIDE);
  return bySize(Object.keys(pairs) as PatchSize[], (size) => {
    const maps = size === "small" ? small : largeEmbeddings(small, parameters, FINEST_STRIDE);
    const [rows, dim, down, across] = maps.shape as [number, number, number, number];
    const grid = transpose(reshape(maps, [rows, dim, down * across]), [0, 2, 1]);
    const [one, other] = split(grid, 0, [rows / 2, rows / 2]) as [Tensor, Tensor];
    const { first, second, near, directions } = pairs[size]!;
    const embeddings = picked(one, first);
    const logits = dense(classifier(size, encoder), sub(embeddings, picked(other, second)), parameters).at(
      -1,
    )!;
    const top = max(logits, [1], { keepDims: true });
    const total = log(sum(exp(sub(logits, top)), [1]));
    const chosen = sum(mul(sub(logits, top), directions), [1]);
    const apart = sub(picked(one, near), picked(other, near));
    return {
      position: sub(total, chosen),
      // Patches of one colour are equal: the derivative of the root needs a little more than zero there.
      distance: sqrt(add(sum(square(apart), [1]), 1e-12)),
      logits,
      embeddings,
    };
  });
}

/**
 * Rows of a grid [crops, positions, dim] at positions [crops, pairs, 1]: [crops * pairs, dim]. A product with rows that are
 * 1 at one position: unlike looking up, it has a derivative, and costs little beside the convolutions.
 */
function picked(grid: Tensor, positions: Tensor): Tensor {
  const [crops, count, dim] = grid.shape as [number, number, number];
  const all = grid.graph.root.indices(Array.from({ length: count }, (_, k) => k));
  const chosen = cast(equal(positions, all), "float32");
  return reshape(matmul(chosen, grid), [crops * (positions.shape[1] as number), dim]);
}

/** Mean over pairs of cross entropy + lambda * distance, summed over the sizes. */
export function patchLoss(losses: BySize<PairLosses>, lambda: number): Tensor {
  return Object.values(losses)
    .map(({ position, distance }) => add(mean(position), mul(mean(distance), lambda)))
    .reduce((all, each) => add(all, each));
}
