import {
  add,
  exp,
  log,
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
} from "../../graph/index.js";
import { type DenseStack, dense, denseParameters } from "../../nn/dense.js";
import {
  LARGE_PATCH,
  largeEmbeddings,
  largeParameters,
  type PatchEncoder,
  SMALL_PATCH,
  smallEmbeddings,
  smallParameters,
} from "../../nn/images/patch-encoder.js";
import type { Initialization, ParameterSpec, Parameters } from "../../nn/parameters.js";
import { DIRECTIONS, PATCHES_OF_SAMPLE } from "./patch-pairs.js";

export const PATCH_SIZES = ["small", "large"] as const;
export type PatchSize = (typeof PATCH_SIZES)[number];
export const PATCH_SIDES = { small: SMALL_PATCH, large: LARGE_PATCH } as const;

/** What a training step sees of one size: tensors of `PatchSamples`. */
export interface SampleTensors {
  readonly samples: number;
  /** float32, the numbers of `PatchSamples.patches` */
  readonly patches: Tensor;
  /** float32 [samples, 8] */
  readonly directions: Tensor;
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

/** Per sample, the first two [samples]. */
export interface SampleLosses {
  /** Cross entropy of the direction. */
  readonly position: Tensor;
  /** Distance of the embeddings of neighbours. */
  readonly distance: Tensor;
  /** Logits of the directions, [samples, 8]. */
  readonly logits: Tensor;
  /** Of all four patches of each sample, [samples * 4, latentDim]. */
  readonly embeddings: Tensor;
}

/**
 * The losses of PatchSVDD for each sample. Vectors h of the position pair make logits C(h1 - h2); neighbours have the
 * norm |f(p) - f(p')|, not squared, without a centre.
 */
export function sampleLosses(
  encoder: PatchEncoder,
  size: PatchSize,
  { samples, patches, directions }: SampleTensors,
  parameters: Parameters,
): SampleLosses {
  const tiles = size === "small" ? 1 : 4;
  const rows = samples * PATCHES_OF_SAMPLE;
  const laid = reshape(patches, [rows * tiles, encoder.channels, SMALL_PATCH, SMALL_PATCH]);
  const parts = smallEmbeddings(encoder, laid, parameters);
  const embeddings = size === "small" ? parts : largeEmbeddings(encoder, parts, parameters);
  const [first, second, near, nearby] = split(
    reshape(embeddings, [samples, PATCHES_OF_SAMPLE, encoder.latentDim]),
    1,
    [1, 1, 1, 1],
  ).map((each) => reshape(each, [samples, encoder.latentDim])) as [Tensor, Tensor, Tensor, Tensor];
  const logits = dense(classifier(size, encoder), sub(first, second), parameters).at(-1)!;
  const top = max(logits, [1], { keepDims: true });
  const total = log(sum(exp(sub(logits, top)), [1]));
  const chosen = sum(mul(sub(logits, top), directions), [1]);
  return {
    position: sub(total, chosen),
    // Patches of one colour are equal: the derivative of the root needs a little more than zero there.
    distance: sqrt(add(sum(square(sub(near, nearby)), [1]), 1e-12)),
    logits,
    embeddings,
  };
}

/** Mean over samples of cross entropy + lambda * distance, summed over the sizes. */
export function patchLoss(losses: readonly SampleLosses[], lambda: number): Tensor {
  return losses
    .map(({ position, distance }) => add(mean(position), mul(mean(distance), lambda)))
    .reduce((all, each) => add(all, each));
}
