import { type Graph, matmul, type Tensor } from "../../graph/index.js";

/** Which pixels a number of a map is computed from, along each axis. */
export interface Fields {
  /** Pixels from one number of the map to the next: it stands in the middle of its own square of so many. */
  readonly stride: number;
  /** Pixels that a number is computed from. */
  readonly field: number;
  /** Standard deviation, in pixels, of the Gaussian by which a number speaks for them. */
  readonly sigma: number;
}

/**
 * Maps at the size of their images: every number spreads over its receptive field by a Gaussian with a peak of one, about
 * the middle of the square that it stands for. It is FCDD's transposed convolution with one fixed kernel, written as a
 * product on each side.
 *
 * @param maps float32 [rows, height / stride, width / stride]
 * @returns float32 [rows, height, width]
 */
export function spreadOverFields(maps: Tensor, fields: Fields): Tensor {
  const [, down, across] = maps.shape as [number, number, number];
  const { root } = maps.graph;
  const matrix = fieldMatrix(root, down, fields, false);
  return matmul(matmul(matrix, maps), fieldMatrix(root, across, fields, true));
}

/** [1, stride length, length], or its transpose. */
function fieldMatrix(
  graph: Graph,
  length: number,
  { stride, field, sigma }: Fields,
  transposed: boolean,
): Tensor {
  const pixels = length * stride;
  const data = new Float32Array(pixels * length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let k = 0; k < length; k++) {
      const distance = pixel - (k * stride + (stride - 1) / 2);
      if (Math.abs(distance) > field / 2) continue;
      data[transposed ? k * pixels + pixel : pixel * length + k] = Math.exp(-0.5 * (distance / sigma) ** 2);
    }
  }
  return graph.constant("float32", transposed ? [1, length, pixels] : [1, pixels, length], data);
}
