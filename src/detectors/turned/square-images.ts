import { denseFeatures, type FeatureMatrix } from "../../features/index.js";
import type { TrainingData } from "../../model/contract.js";
import { squared } from "../../nn/images/square.js";
import type { Runtime } from "../../runtime/index.js";
import { eachBlock, imagesAtOnce } from "./each-block.js";
import type { ViewPlan } from "./views.js";

/** What the method was measured with: defaults of those who use it. */
export const RECIPE = {
  encoderWidth: 16,
  slope: 0.1,
  /** Channels of the last map. */
  latentDim: 128,
  /** Images of a step. */
  batchSize: 64,
  /** Of AdamW, at its highest. */
  learningRate: 2e-3,
  weightDecay: 0.05,
} as const;

/** Pixels that an image has at most by default: the method was measured at this size, and time grows with the area. */
export const VIEWED_PIXELS = 32 ** 2;
/** A translation is this share of the side. */
const SHIFT_SHARE = 5;
/** Pixels by which training moves images, for grey images and for those in colour. */
const JITTER = { grey: 2, colour: 4 };
/** Of a channel that hardly varies. */
const LEAST_DEVIATION = 1e-3;

/** @returns the same images as squares */
export async function squareImages(
  runtime: Runtime,
  matrix: FeatureMatrix,
  shape: readonly [number, number, number],
  side: number,
  signal: AbortSignal | undefined,
): Promise<FeatureMatrix> {
  const given = denseFeatures(matrix);
  if (shape[1] === side && shape[2] === side) return given;
  const most = imagesAtOnce({ widths: [shape[0]], sides: [Math.max(shape[1], shape[2])] });
  const data = await eachBlock(runtime, given, most, (features) => squared(features, shape, side), signal);
  return { rows: given.rows, columns: shape[0] * side * side, data };
}

/** How views are made of these square images: standardised by channel, and moved by a fifth of the side. */
export function viewPlan(
  padding: "auto" | ViewPlan["padding"],
  { inputShape, pixelRange }: Pick<TrainingData, "inputShape" | "pixelRange">,
  { rows, columns, data }: FeatureMatrix,
  side: number,
): ViewPlan {
  const channels = inputShape[0]!;
  const colour = channels > 1;
  const area = side * side;
  const moments = Array.from({ length: channels }, (_, channel) => {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const from = row * columns + channel * area;
      for (let at = from; at < from + area; at++) {
        sum += data[at]!;
        squares += data[at]! ** 2;
      }
    }
    const average = sum / (rows * area);
    const variance = Math.max(0, squares / (rows * area) - average ** 2);
    return { average, deviation: Math.max(LEAST_DEVIATION, Math.sqrt(variance)) };
  });
  const mean = moments.map(({ average }) => average);
  return {
    channels,
    side,
    shift: Math.round(side / SHIFT_SHARE),
    jitter: colour ? JITTER.colour : JITTER.grey,
    padding: padding === "auto" ? (colour ? "reflection" : "zero") : padding,
    // With normalised contrast no number stands for black: what comes in is the mean then.
    black:
      pixelRange === undefined
        ? mean.reduce((total, value) => total + value, 0) / channels
        : -pixelRange.min / (pixelRange.max - pixelRange.min),
    mean,
    deviation: moments.map(({ deviation }) => deviation),
  };
}
