import {
  abs,
  add,
  leading,
  log,
  max,
  maximum,
  mean,
  mul,
  neg,
  relu,
  reshape,
  split,
  sub,
  type Tensor,
} from "../../graph/index.js";
import { mean as meanOf, std } from "../../math/quantile.js";
import { rootMeanSquare } from "./amplitude.js";
import type { FittedView } from "./fitted-view.js";
import type { Stretches, WindowShape } from "./stretches.js";

/** Parts of a window that are looked at one by one: a sensor that stands still for a quarter of a window fills one whole. */
const PARTS = 8;
/** Windows that say how much channels usually move, at most. */
const MOST_WINDOWS = 5000;
/** Of a channel's usual movement, added before the logarithm: standing still is a number, and a hundredth of what is usual is nearly that. */
const FLOOR = 0.01;
/** Logarithms of movement that vary by less than this, a tenth either way, are taken to vary so much. */
const LEAST_DEVIATION = 0.1;

/** What is usual of the part of a window that moves least, and of the one that moves most, per channel. */
interface Usual {
  readonly floor: Float32Array;
  readonly least: Scale;
  readonly most: Scale;
}

interface Scale {
  readonly mean: Float32Array;
  /** 1 / deviation; 0 for a channel that never moved, which says nothing. */
  readonly factor: Float32Array;
}

/** Steps of a part, and how many parts a window has. */
const partsOf = (steps: number): readonly [parts: number, length: number] => {
  const parts = Math.max(1, Math.min(PARTS, Math.floor((steps - 1) / 2)));
  return [parts, Math.floor((steps - 1) / parts)];
};

/**
 * How far the movement of a window is from the usual: a window is cut into eight parts, and the movement of a part is the mean
 * of |x(t + 1) − x(t)|. The logarithm of the least and that of the most of them are compared with those of training windows: how many
 * deviations the one is too low, or the other too high, whichever is more; over channels the root mean square.
 *
 * A sensor that stays at its last value is within its range, and near to any quiet window. This sees it, and noise on top.
 */
export function movementView(stretches: Stretches): Pick<FittedView, "name" | "value"> {
  const usual = usualOf(stretches);
  return { name: "movement", value: (x) => movement(x, stretches.shape, usual) };
}

/** [rows, steps * channels] to [rows]. */
function movement(x: Tensor, [steps, channels]: WindowShape, { floor, least, most }: Usual): Tensor {
  const rows = x.shape[0]!;
  const { root } = x.graph;
  const constant = (values: Float32Array): Tensor => root.constant("float32", [channels], values);
  const byStep = reshape(x, [rows, steps, channels]);
  const [parts, length] = partsOf(steps);
  const [, later] = split(byStep, 1, [1, steps - 1]) as [Tensor, Tensor];
  const moves = abs(sub(later, leading(byStep, 1, steps - 1)));
  const inParts = reshape(leading(moves, 1, parts * length), [rows, parts, length, channels]);
  const logs = log(add(mean(inParts, [2]), constant(floor)));
  const below = mul(sub(constant(least.mean), neg(max(neg(logs), [1]))), constant(least.factor));
  const above = mul(sub(max(logs, [1]), constant(most.mean)), constant(most.factor));
  return rootMeanSquare(relu(maximum(below, above)), 1);
}

function usualOf(stretches: Stretches): Usual {
  const { shape } = stretches;
  const [steps, channels] = shape;
  const every = Math.max(1, Math.ceil(stretches.windows / MOST_WINDOWS));
  const count = Math.ceil(stretches.windows / every);
  const windows = stretches.matrix(Array.from({ length: count }, (_, k) => k * every)).data;
  const empty = (): Float32Array => new Float32Array(channels);
  const usual = {
    floor: empty(),
    least: { mean: empty(), factor: empty() },
    most: { mean: empty(), factor: empty() },
  };
  for (let channel = 0; channel < channels; channel++) {
    const moved = movements(windows, steps, channels, channel);
    const middle = meanOf(moved.flat());
    const floor = FLOOR * middle;
    usual.floor[channel] = floor || 1;
    if (middle === 0) continue;
    for (const [scale, of] of [
      [usual.least, Math.min],
      [usual.most, Math.max],
    ] as const) {
      const logs = Float64Array.from(moved, (parts) => Math.log(of(...parts) + floor));
      scale.mean[channel] = meanOf(logs);
      scale.factor[channel] = 1 / Math.max(std(logs), LEAST_DEVIATION);
    }
  }
  return usual;
}

/** The movement of a channel in each part of each window. */
function movements(data: Float32Array, steps: number, channels: number, channel: number): number[][] {
  const [parts, length] = partsOf(steps);
  const found: number[][] = [];
  for (let at = channel; at < data.length; at += steps * channels) {
    found.push(
      Array.from({ length: parts }, (_, part) => {
        let sum = 0;
        for (let step = part * length; step < (part + 1) * length; step++)
          sum += Math.abs(data[at + (step + 1) * channels]! - data[at + step * channels]!);
        return sum / length;
      }),
    );
  }
  return found;
}
