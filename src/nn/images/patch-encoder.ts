import { add, conv, gemm, leakyRelu, reshape, type Tensor, tanh, transpose } from "../../graph/index.js";
import { convolve } from "../convolution.js";
import { sizeOf } from "../encoder.js";
import {
  fanInUniform,
  type Initialization,
  type ParameterSpec,
  type Parameters,
  parameter,
} from "../parameters.js";

/** Side of the patches that the small encoder reads, in pixels; the large one reads two by two of them. */
export const SMALL_PATCH = 32;
export const LARGE_PATCH = 64;

/** LeakyReLU's factor for negative values. */
const SLOPE = 0.1;
/** Channels of the small encoder's convolutions but for the last one, which has the embedding's. */
const CHANNELS = [32, 64, 128, 128, 64, 32, 32] as const;
/** The first convolution of the small encoder has this stride, the others have none. */
export const FINEST_STRIDE = 2;
/** Channels between the two layers of the large encoder. */
const LARGE_CHANNELS = 128;

/**
 * The hierarchical encoders of PatchSVDD (Yi and Yoon 2020). Small patches go through eight valid convolutions of 3 x 3
 * with biases, the first of stride 2, to one vector; of a large patch, the four vectors of its quarters go through a
 * convolution of 2 x 2 and one of 1 x 1. LeakyReLU between layers, tanh at the ends.
 *
 * Both are plain convolutions: see {@link embeddingMaps}.
 */
export interface PatchEncoder {
  readonly channels: number;
  readonly latentDim: number;
}

const widths = ({ channels, latentDim }: PatchEncoder): readonly number[] => [
  channels,
  ...CHANNELS,
  latentDim,
];

export function smallParameters(encoder: PatchEncoder, initialization: Initialization): ParameterSpec[] {
  const each = widths(encoder);
  return each
    .slice(1)
    .flatMap((outputs, k) =>
      layer(`small.${k}`, [outputs, each[k]!, 3, 3], initialization, k === each.length - 2),
    );
}

export function largeParameters(
  { latentDim }: PatchEncoder,
  initialization: Initialization,
): ParameterSpec[] {
  return [
    ...layer("large.0", [LARGE_CHANNELS, latentDim, 2, 2], initialization, false),
    ...layer("large.1", [latentDim, LARGE_CHANNELS, 1, 1], initialization, true),
  ];
}

/** @param shape [outputs, channels, taps, taps] */
function layer(
  name: string,
  shape: readonly number[],
  initialization: Initialization,
  last: boolean,
): ParameterSpec[] {
  const fanIn = sizeOf(shape.slice(1));
  const gain = initialization === "pytorch" ? 1 : Math.sqrt(last ? 3 : 6);
  return [
    { name: `${name}.weight`, shape, initialize: fanInUniform(fanIn, gain) },
    { name: `${name}.bias`, shape: [shape[0]!], initialize: fanInUniform(fanIn) },
  ];
}

/**
 * Embeddings of small patches, made for training: with the patches last, see `Convolution`.
 * @param patches float32 [patches, channels, 32, 32]
 * @returns [patches, latentDim]
 */
export function smallEmbeddings(encoder: PatchEncoder, patches: Tensor, parameters: Parameters): Tensor {
  const each = widths(encoder);
  const last = each.length - 2;
  const of = (k: number) => ({
    weight: parameter(parameters, `small.${k}.weight`),
    bias: parameter(parameters, `small.${k}.bias`),
  });
  const first = of(0);
  const strided = conv(patches, first.weight, { strides: FINEST_STRIDE });
  let maps = leakyRelu(
    add(transpose(strided, [2, 3, 1, 0]), reshape(first.bias, [first.bias.shape[0]!, 1])),
    SLOPE,
  );
  for (let k = 1; k <= last; k++) {
    const { weight, bias } = of(k);
    const sums = add(
      convolve(maps, weight, { taps: 3, pads: [0, 0, 0, 0], upsample: 1 }),
      reshape(bias, [each[k + 1]!, 1]),
    );
    maps = k === last ? tanh(sums) : leakyRelu(sums, SLOPE);
  }
  return transpose(reshape(maps, [encoder.latentDim, patches.shape[0]!]), [1, 0]);
}

/**
 * Embeddings of large patches from those of their quarters.
 * @param quarters [patches * 4, latentDim]: upper left, upper right, lower left, lower right
 * @returns [patches, latentDim]
 */
export function largeEmbeddings(
  { latentDim }: PatchEncoder,
  quarters: Tensor,
  parameters: Parameters,
): Tensor {
  const patches = (quarters.shape[0] as number) / 4;
  const stacked = reshape(transpose(reshape(quarters, [patches, 4, latentDim]), [0, 2, 1]), [
    patches,
    latentDim * 4,
  ]);
  const dense = (x: Tensor, k: number): Tensor => {
    const weight = parameter(parameters, `large.${k}.weight`);
    const matrix = reshape(weight, [weight.shape[0]!, sizeOf(weight.shape.slice(1) as number[])]);
    return add(gemm(x, matrix, { transB: true }), parameter(parameters, `large.${k}.bias`));
  };
  return tanh(dense(leakyRelu(dense(stacked, 0), SLOPE), 1));
}

/** At which distances patches are embedded, in pixels. */
export interface EmbeddingStrides {
  /** A multiple of two. */
  readonly small: number;
  /** A multiple of the other that divides 32 without a remainder; undefined where large patches are not embedded. */
  readonly large?: number | undefined;
}

/**
 * Embeddings of the patches of whole images: the small encoder slides over the image, and the large one, whose quarters
 * lie 32 pixels apart, over what the small one makes of it. What neighbouring patches share is computed once.
 *
 * @param images float32 [rows, channels, height, width]
 * @returns [rows, latentDim, positions down, positions across]
 */
export function embeddingMaps(
  encoder: PatchEncoder,
  images: Tensor,
  parameters: Parameters,
  strides: EmbeddingStrides,
): { readonly small: Tensor; readonly large?: Tensor } {
  const step = (x: Tensor, name: string, options: { strides?: number; dilations?: number }): Tensor => {
    const bias = parameter(parameters, `${name}.bias`);
    const sums = conv(x, parameter(parameters, `${name}.weight`), options);
    return add(sums, reshape(bias, [1, bias.shape[0]!, 1, 1]));
  };
  const last = widths(encoder).length - 2;
  let maps = images;
  for (let k = 0; k < last; k++) {
    maps = leakyRelu(step(maps, `small.${k}`, { strides: k === 0 ? FINEST_STRIDE : 1 }), SLOPE);
  }
  const small = tanh(step(maps, `small.${last}`, { strides: strides.small / FINEST_STRIDE }));
  if (strides.large === undefined) return { small };
  const quarters = step(small, "large.0", {
    strides: strides.large / strides.small,
    dilations: SMALL_PATCH / strides.small,
  });
  return { small, large: tanh(step(leakyRelu(quarters, SLOPE), "large.1", {})) };
}

/** Positions of patches along an axis. */
export const positionsAlong = (length: number, patch: number, stride: number): number =>
  Math.floor((length - patch) / stride) + 1;
