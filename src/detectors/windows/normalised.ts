import { add, div, mean, reshape, sqrt, square, sub, type Tensor } from "../../graph/index.js";
import type { WindowShape } from "./stretches.js";

/**
 * Channels that move by less than this within a window are as good as still: in units of features, of which one is the
 * deviation over training by default.
 */
export const STILL = 0.01;

/**
 * Each channel of each window less its mean over the window, by its deviation over the window: what is left is the shape.
 * @param x [rows, steps * channels], and so is the result
 */
export function normalisedWindows(x: Tensor, [steps, channels]: WindowShape): Tensor {
  const rows = x.shape[0]!;
  const byStep = reshape(x, [rows, steps, channels]);
  const centred = sub(byStep, mean(byStep, [1], { keepDims: true }));
  const variance = mean(square(centred), [1], { keepDims: true });
  return reshape(div(centred, sqrt(add(variance, STILL ** 2))), [rows, steps * channels]);
}
