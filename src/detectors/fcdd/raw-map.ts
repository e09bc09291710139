import { div, gather, leading, reshape, sub, type Tensor } from "../../graph/index.js";
import { MAP_STRIDE, type MapNetwork } from "../../nn/images/map-network.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import type { ImageShape } from "../../synthesis/images.js";
import { spreadOverFields } from "../maps/field-spread.js";
import type { RawMap } from "../maps/map-calibration.js";
import type { ChannelMoments } from "./image-pool.js";
import { FIELDS, pseudoHuber } from "./objective.js";

/** The map of a network with certain parameters, spread over its receptive fields: one number for each pixel of the image. */
export function fcddMap(
  network: MapNetwork,
  layout: ParameterLayout,
  parameters: Float32Array,
  [channels, height, width]: ImageShape,
  { mean, deviation }: ChannelMoments,
): RawMap {
  return (features) => {
    const { graph } = features;
    const perChannel = (values: readonly number[]): Tensor =>
      graph.constant("float32", [1, channels, 1, 1], Float32Array.from(values));
    const images = reshape(features, [features.shape[0]!, channels, height, width]);
    const standard = div(sub(images, perChannel(mean)), perChannel(deviation));
    const whole = extended(extended(standard, 2), 3);
    const weights = layout.tensors(graph.constant("float32", [layout.size], parameters));
    const maps = pseudoHuber(network.forward(whole, weights));
    return leading(leading(spreadOverFields(maps, FIELDS), 1, height), 2, width);
  };
}

/** To a multiple of four along an axis, by repeating what is last. */
function extended(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis] as number;
  const target = padded(length);
  if (target === length) return x;
  const places = Array.from({ length: target }, (_, k) => Math.min(k, length - 1));
  return gather(x, x.graph.root.indices(places), axis);
}

/** The next multiple of four. */
export const padded = (length: number): number => MAP_STRIDE * Math.ceil(length / MAP_STRIDE);
