import { max, reshape, type Tensor } from "../../graph/index.js";

/** The highest value of each map: float32 [rows]. @param map [rows, height, width] */
export function mapPeak(map: Tensor): Tensor {
  const [rows, height, width] = map.shape as [number | string, number, number];
  return max(reshape(map, [rows, height * width]), [1]);
}
