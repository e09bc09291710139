import { add, conv, leading, maxPool, mul, neg, reshape, type Tensor, transpose } from "../../graph/index.js";
import { runningStatistics } from "../batch-norm.js";
import { activate } from "../dense.js";
import { type Parameters, parameter } from "../parameters.js";
import { type ImageLayer, type MapShape, padsOf } from "./layers.js";
import type { Pass, Rectifier } from "./passes.js";
import { preciseConv } from "./precise-conv.js";

/** Where crops of an image lie on a grid, and how large they are. */
export interface CropGrid {
  /** [channels, height, width] of the image */
  readonly image: MapShape;
  /** Crops down and across. */
  readonly positions: readonly [down: number, across: number];
  /** [height, width] that the crops cover. */
  readonly covered: readonly [height: number, width: number];
}

/**
 * Every crop of an image at once, with running statistics: what neighbours share is computed once. Dense layers become
 * convolutions as large as the map that they read. Rows are crops, image by image and row by row.
 */
export function slidingPass(
  parameters: Parameters,
  { activation, slope }: Rectifier,
  { image, positions, covered }: CropGrid,
): Pass {
  const perChannel = (values: Tensor, outputs: number): Tensor => reshape(values, [1, outputs, 1, 1]);
  const kernelOf = (name: string, layer: ImageLayer, [channels, height, width]: MapShape): Tensor => {
    const weight = parameter(parameters, `${name}.weight`);
    if (layer.kind !== "dense") return weight;
    return reshape(transpose(weight, [1, 0]), [layer.outputs, channels, height, width]);
  };
  const rows = (x: Tensor): Tensor => reshape(transpose(x, [0, 2, 3, 1]), ["crops", x.shape[1]!]);
  return {
    // Without what no crop looks at, maps begin and end with those of crops.
    enter: (x) => leading(leading(reshape(x, [x.shape[0]!, ...image]), 2, covered[0]), 3, covered[1]),
    layer(name, layer, x, shape) {
      // Folds are of decoders.
      if (layer.kind === "fold") throw new TypeError("A fold does not slide.");
      const { outputs } = layer;
      let weight = kernelOf(name, layer, shape);
      let offset: Tensor | undefined;
      if (layer.normalized) {
        const { mean, factor } = runningStatistics(name, parameters);
        weight = mul(weight, reshape(factor, [outputs, 1, 1, 1]));
        offset = neg(mul(mean, factor));
      } else if (layer.kind === "dense" && layer.bias) offset = parameter(parameters, `${name}.bias`);
      const sums = preciseConv(x, weight);
      const shifted = offset === undefined ? sums : add(sums, perChannel(offset, outputs));
      const active = layer.activated ? activate(shifted, activation, slope) : shifted;
      return layer.kind === "convolution" && layer.pooled ? maxPool(active, 2) : active;
    },
    leave: rows,
    average(x, [channels, height, width]) {
      const [images, , down, across] = x.shape as [number | string, number, number, number];
      // From one crop to the next: the same along both sides, but for a side with one crop only.
      const step = (length: number, window: number, count: number): number =>
        count === 1 ? 1 : (length - window) / (count - 1);
      const strides = Math.max(step(down, height, positions[0]), step(across, width, positions[1]));
      const box = new Float32Array(height * width).fill(1 / (height * width));
      const planes = reshape(x, ["planes", 1, down, across]);
      const means = conv(planes, x.graph.constant("float32", [1, 1, height, width], box), { strides });
      return rows(reshape(means, [images, channels, ...positions]));
    },
  };
}

/** Pixels from one crop to the next, where every crop is to be seen as if it were alone; undefined where layers look past its edge. */
export function slidingStride(layers: readonly ImageLayer[]): number | undefined {
  let stride = 1;
  for (const layer of layers) {
    if (layer.kind === "fold") return undefined;
    if (layer.kind === "dense") continue;
    if (padsOf(layer).some((pad) => pad > 0) || (layer.upsample ?? 1) > 1) return undefined;
    if (layer.pooled) stride *= 2;
  }
  return stride;
}

/** Crops along both sides of an image. */
export function gridOf(image: MapShape, crop: MapShape, stride: number): CropGrid {
  const along = (axis: 1 | 2): number => Math.floor((image[axis] - crop[axis]) / stride) + 1;
  const positions = [along(1), along(2)] as const;
  const covered = [crop[1] + stride * (positions[0] - 1), crop[2] + stride * (positions[1] - 1)] as const;
  return { image, positions, covered };
}
