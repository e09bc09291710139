import { div, max, mean, reshape, split, sqrt, square, sub, type Tensor } from "../../graph/index.js";
import { MAD_TO_SIGMA, mad, median, std } from "../../math/quantile.js";
import type { FittedView } from "./fitted-view.js";
import type { Stretches, WindowShape } from "./stretches.js";

/** Steps that median and deviation of a channel are taken from, at most. */
const MOST_STEPS = 100_000;

/** Where each channel usually is, and how far it usually is from there. */
interface Usual {
  readonly middle: Float32Array;
  readonly spread: Float32Array;
}

/**
 * What windows lose by being normalised, as views of their own:
 *
 * - `deviation`: of the step that is farthest from the medians of the channels, in robust deviations of each,
 * - `shift`: how far the level moves from the first half of the window to the second, in the same units.
 *
 * Over channels both are root mean squares.
 */
export function amplitudeViews(stretches: Stretches): Pick<FittedView, "name" | "value">[] {
  const usual = usualOf(stretches);
  const { shape } = stretches;
  return [
    { name: "deviation", value: (x) => deviation(x, shape, usual) },
    { name: "shift", value: (x) => shift(x, shape, usual) },
  ];
}

/** Where more than half of the values are the same, the median deviation is zero, and the standard deviation takes its place. */
function usualOf(stretches: Stretches): Usual {
  const channels = stretches.shape[1];
  const middle = new Float32Array(channels);
  const spread = new Float32Array(channels);
  for (let k = 0; k < channels; k++) {
    const values = stretches.channel(k, MOST_STEPS);
    middle[k] = median(values);
    spread[k] = MAD_TO_SIGMA * mad(values) || std(values) || 1;
  }
  return { middle, spread };
}

/** [rows, steps * channels] to [rows]. */
function deviation(x: Tensor, shape: WindowShape, { middle, spread }: Usual): Tensor {
  const { root } = x.graph;
  const [, channels] = shape;
  const byStep = reshape(x, [x.shape[0]!, ...shape]);
  const centred = sub(byStep, root.constant("float32", [channels], middle));
  const far = div(centred, root.constant("float32", [channels], spread));
  return max(rootMeanSquare(far, 2), [1]);
}

/** [rows, steps * channels] to [rows]. */
function shift(x: Tensor, [steps, channels]: WindowShape, { spread }: Usual): Tensor {
  const first = Math.floor(steps / 2);
  const byStep = reshape(x, [x.shape[0]!, steps, channels]);
  const [before, after] = split(byStep, 1, [first, steps - first]).map((half) => mean(half, [1]));
  const moved = div(sub(after!, before!), x.graph.root.constant("float32", [channels], spread));
  return rootMeanSquare(moved, 1);
}

export const rootMeanSquare = (x: Tensor, axis: number): Tensor => sqrt(mean(square(x), [axis]));
