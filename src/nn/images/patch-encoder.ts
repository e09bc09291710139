import { add, conv, leakyRelu, reshape, type Tensor, tanh } from "../../graph/index.js";
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
/** The first convolution of the small encoder has this stride, the others have none. */
export const FINEST_STRIDE = 2;
/** Channels between the two layers of the large encoder. */
const LARGE_CHANNELS = 128;

/**
 * The hierarchical encoders of PatchSVDD (Yi and Yoon 2020). Small patches go through eight valid convolutions of 3 x 3
 * with biases, the first of stride 2, to one vector; of a large patch, the four vectors of its quarters go through a
 * convolution of 2 x 2 and one of 1 x 1. LeakyReLU between layers, tanh at the ends.
 *
 * Both are plain convolutions: they slide over images, and what neighbouring patches share is computed once, in training
 * as in scoring.
 */
export interface PatchEncoder {
  readonly channels: number;
  readonly latentDim: number;
  /** Channels of the small encoder's first layer; 32 as published. The widest layers have four times as many. */
  readonly width: number;
}

const widths = ({ channels, width, latentDim }: PatchEncoder): readonly number[] => [
  channels,
  ...[1, 2, 4, 4, 2].map((factor) => factor * width),
  32,
  32,
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

/** A convolution with its bias. */
function layerOf(
  x: Tensor,
  name: string,
  parameters: Parameters,
  options: { readonly strides?: number; readonly dilations?: number } = {},
): Tensor {
  const bias = parameter(parameters, `${name}.bias`);
  const sums = conv(x, parameter(parameters, `${name}.weight`), options);
  return add(sums, reshape(bias, [1, bias.shape[0]!, 1, 1]));
}

/** Hears of what each layer, by its name, makes before its activation. */
export type OnLayer = (name: string, sums: Tensor) => void;

/**
 * Embeddings of the small patches of images.
 * @param images float32 [rows, channels, height, width]
 * @param stride pixels from one patch to the next: a multiple of {@link FINEST_STRIDE}
 * @returns [rows, latentDim, positions down, positions across]
 */
export function smallEmbeddings(
  encoder: PatchEncoder,
  images: Tensor,
  parameters: Parameters,
  stride: number,
  onLayer?: OnLayer,
): Tensor {
  const last = widths(encoder).length - 2;
  let maps = images;
  for (let k = 0; k <= last; k++) {
    const strides = k === 0 ? FINEST_STRIDE : k === last ? stride / FINEST_STRIDE : 1;
    const sums = layerOf(maps, `small.${k}`, parameters, { strides });
    onLayer?.(`small.${k}`, sums);
    maps = k === last ? tanh(sums) : leakyRelu(sums, SLOPE);
  }
  return maps;
}

/**
 * Embeddings of the large patches of images, whose quarters lie {@link SMALL_PATCH} pixels apart.
 * @param small those of the small patches
 * @param stride pixels from one of these to the next: a divisor of {@link SMALL_PATCH}
 * @returns [rows, latentDim, positions down, positions across], with the same stride
 */
export function largeEmbeddings(
  small: Tensor,
  parameters: Parameters,
  stride: number,
  onLayer?: OnLayer,
): Tensor {
  const quarters = layerOf(small, "large.0", parameters, { dilations: SMALL_PATCH / stride });
  onLayer?.("large.0", quarters);
  const sums = layerOf(leakyRelu(quarters, SLOPE), "large.1", parameters);
  onLayer?.("large.1", sums);
  return tanh(sums);
}

/** Positions of patches along an axis. */
export const positionsAlong = (length: number, patch: number, stride: number): number =>
  Math.floor((length - patch) / stride) + 1;
