import { div, type Graph, gather, matmul, reshape, sub, type Tensor } from "../../graph/index.js";
import { MAP_STRIDE, type MapNetwork } from "../../nn/images/map-network.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import type { ImageShape } from "../../synthesis/images.js";
import type { RawMap } from "../maps/map-calibration.js";
import type { ChannelMoments } from "./image-pool.js";
import { pseudoHuber } from "./objective.js";

/**
 * The map of a network with certain parameters: as many numbers as squares of four pixels fit, rounded up, so that each
 * stands for an equal part of the image.
 */
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
    return realigned(maps, height, width);
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

/**
 * Numbers of the map stand for squares of four pixels, of which the last ones reach beyond the image. Interpolated, they
 * stand for equal parts of it.
 */
function realigned(maps: Tensor, height: number, width: number): Tensor {
  const [, down, across] = maps.shape as [unknown, number, number];
  const { root } = maps.graph;
  const rows = height % MAP_STRIDE === 0 ? maps : matmul(interpolation(root, height, down, false), maps);
  return width % MAP_STRIDE === 0 ? rows : matmul(rows, interpolation(root, width, across, true));
}

/** [1, parts, parts] from squares of four pixels to as many equal parts of `length` pixels, or its transpose. */
function interpolation(graph: Graph, length: number, parts: number, transposed: boolean): Tensor {
  const data = new Float32Array(parts * parts);
  for (let part = 0; part < parts; part++) {
    const middle = ((part + 0.5) * length) / parts / MAP_STRIDE - 0.5;
    const at = Math.min(parts - 1, Math.max(0, middle));
    const first = Math.min(parts - 1, Math.floor(at));
    const second = Math.min(parts - 1, first + 1);
    const put = (square: number, share: number): void => {
      data[transposed ? square * parts + part : part * parts + square]! += share;
    };
    put(first, 1 - (at - first));
    put(second, at - first);
  }
  return graph.constant("float32", [1, parts, parts], data);
}
