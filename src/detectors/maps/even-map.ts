import { leading, reshape, resize, type Tensor } from "../../graph/index.js";

/**
 * A map whose places stand for equal parts of the image, from one with a place every `stride` pixels, whose last places reach
 * over the edge where the stride does not divide the size: such a map is enlarged to pixels, and cut off there.
 * @param map float32 [rows, ceil(height / stride), ceil(width / stride)]
 * @param size [height, width] of the image
 */
export function evenMap(map: Tensor, stride: number, [height, width]: readonly [number, number]): Tensor {
  const [rows, down, across] = map.shape as [number | string, number, number];
  if (down * stride === height && across * stride === width) return map;
  const planes = resize(reshape(map, [rows, 1, down, across]), down * stride, across * stride);
  const pixels = reshape(planes, [rows, down * stride, across * stride]);
  return leading(leading(pixels, 1, height), 2, width);
}
