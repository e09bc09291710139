import { built } from "./root.js";
import { normalRows, openOneClass } from "./timed-trainer.js";

const { mlp } = await import(built("nn/mlp.js"));
const { createRandom } = await import(built("math/random.js"));

/** The network of the measurements: 30-128-64-16, bias-free, LeakyReLU. */
export const WIDTHS = [30, 128, 64, 16];
export const SLOPE = 0.1;
export const ROWS = 20_000;
export const BATCH = 128;
export const WEIGHT_DECAY = 1e-6;

export const design = mlp({
  inputDim: WIDTHS[0],
  hiddenDims: WIDTHS.slice(1, -1),
  latentDim: WIDTHS.at(-1),
  activation: "leaky-relu",
  slope: SLOPE,
  bias: false,
  reconstruction: "linear",
  initialization: "pytorch",
  inputsPerUnit: 0,
});

/** Its training. Returns an epoch that is timed. */
export function openTrainer(runtime) {
  const random = createRandom(0);
  const settings = { batch: BATCH, weightDecay: WEIGHT_DECAY };
  return openOneClass(runtime, design, settings, normalRows(ROWS, WIDTHS[0], random), random);
}
