import { built } from "./root.js";

const { mlp } = await import(built("nn/mlp.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));
const { oneClassLoss } = await import(built("detectors/deep-svdd/objectives.js"));
const { createRandom } = await import(built("math/random.js"));
const { float32 } = await import(built("runtime/index.js"));

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

/** Compactness training as Deep SVDD runs it: the product's own program and driver. Returns a timed epoch. */
export async function openTrainer(runtime) {
  const random = createRandom(0);
  const layout = new ParameterLayout(design.encoder.parameters);
  const data = new Float32Array(ROWS * WIDTHS[0]);
  random.stream("data").fillNormal(data);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay: WEIGHT_DECAY }),
      batchSize: BATCH,
      data: {
        features: { dtype: "float32", shape: ["rows", WIDTHS[0]] },
        center: { dtype: "float32", shape: [WIDTHS.at(-1)] },
      },
      loss: (context) => oneClassLoss(design, context),
    },
    {
      features: float32([ROWS, WIDTHS[0]], data),
      center: float32([WIDTHS.at(-1)], new Float32Array(WIDTHS.at(-1)).fill(0.1)),
    },
    {
      rowCount: ROWS,
      batchSize: BATCH,
      learningRate: { base: 1e-4, milestones: [], factor: 0.1 },
      shuffle: (epoch) => random.stream("epoch", epoch),
    },
  );
  let state = trainer.start(layout.initialize((name) => random.stream(name)));
  return {
    /** Milliseconds of one epoch: batches laid out, sent, trained, and parameters back; and of all cores together. */
    async epoch() {
      const begun = performance.now();
      const before = process.cpuUsage();
      ({ state } = await trainer.epochs(state, 1));
      const ms = performance.now() - begun;
      const { user, system } = process.cpuUsage(before);
      return { ms, cpu: (user + system) / 1000 };
    },
    close: () => trainer.close(),
  };
}
