/** Milliseconds of a one-class training step for each encoder of windows, against PyTorch in the same run. */
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { designEncoder } = await import(built("nn/encoders.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));
const { oneClassLoss } = await import(built("detectors/deep-svdd/objectives.js"));
const { createRandom } = await import(built("math/random.js"));
const { float32 } = await import(built("runtime/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));

const STEPS = 100;
const CHANNELS = 8;
const LATENT = 32;
const SLOPE = 0.1;
const BATCH = 128;
const ROWS = 8 * BATCH;
const WEIGHT_DECAY = 1e-6;

const report = new Report("training-series", "Training speed of the encoders for windows", {
  rounds: { type: "string", default: "10" },
  encoders: { type: "string", default: "conv1d,tcn,lstm,transformer" },
  threads: { type: "string", default: "1,2" },
  cores: { type: "string", default: `${availableParallelism()}` },
  window: { type: "string", default: `${STEPS}` },
});
requirePython("torch", "numpy");
const steps = Number(report.flags.window);
const threadCounts = report.flags.threads.split(",").map(Number);
const names = report.flags.encoders.split(",");
const [runtime] = await nodeBackend({ runtime: "native", cores: Number(report.flags.cores) }).open(1);
const random = createRandom(0);

/** Compactness training as Deep SVDD runs it: the product's own program and driver. Returns a timed epoch. */
async function openTrainer(name) {
  const design = designEncoder(name, [steps, CHANNELS], {
    hiddenDims: [],
    latentDim: LATENT,
    activation: "leaky-relu",
    slope: SLOPE,
    bias: false,
    initialization: "pytorch",
    inputsPerUnit: 0,
    reconstruction: "linear",
  });
  const layout = new ParameterLayout(design.encoder.parameters);
  const features = steps * CHANNELS;
  const data = new Float32Array(ROWS * features);
  random.stream("data").fillNormal(data);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay: WEIGHT_DECAY }),
      batchSize: BATCH,
      data: {
        features: { dtype: "float32", shape: [ROWS, features] },
        center: { dtype: "float32", shape: [LATENT] },
      },
      loss: (context) => oneClassLoss(design, context),
    },
    {
      features: float32([ROWS, features], data),
      center: float32([LATENT], new Float32Array(LATENT).fill(0.1)),
    },
    {
      rowCount: ROWS,
      batchSize: BATCH,
      learningRate: { base: 1e-4, milestones: [], factor: 0.1 },
      shuffle: (epoch) => random.stream("epoch", epoch),
    },
  );
  let state = trainer.start(layout.initialize((each) => random.stream(name, each)));
  return {
    parameters: layout.size,
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

const peer = new Peer("torch_series_peer.py");
const versions = await peer.next();
const rows = [];
const figures = {};
for (const name of names) {
  const ours = await openTrainer(name);
  const { parameters } = await peer.ask({
    kind: "open",
    encoder: name,
    rows: ROWS,
    steps,
    channels: CHANNELS,
    latent: LATENT,
    slope: SLOPE,
    batch: BATCH,
    weight_decay: WEIGHT_DECAY,
  });
  if (parameters !== ours.parameters) {
    throw new Error(`${name}: ${ours.parameters} parameters here, ${parameters} in PyTorch.`);
  }
  const lanes = new Map([
    ["hypersphere", () => ours.epoch()],
    ...threadCounts.map((threads) => [`PyTorch, ${threads}`, () => peer.ask({ kind: "epoch", threads })]),
  ]);
  const times = new Map([...lanes.keys()].map((lane) => [lane, []]));
  // One epoch of everybody, again and again: whatever else the machine is doing meets all of them alike. Before its turn
  // everybody waits until the threads of the last one have stopped spinning, and takes one epoch to warm up.
  for (let round = 0; round < Number(report.flags.rounds); round++) {
    for (const [lane, epoch] of lanes) {
      await sleep(50);
      await epoch();
      times.get(lane).push(await epoch());
    }
  }
  await ours.close();
  const perStep = (figure) => figure / (ROWS / BATCH);
  const results = Object.fromEntries(
    [...times].map(([lane, values]) => [
      lane,
      {
        ...summary(values.map(({ ms }) => perStep(ms))),
        cpu: perStep(Math.min(...values.map(({ cpu }) => cpu))),
      },
    ]),
  );
  const ratio = (figure) =>
    Math.min(...threadCounts.map((threads) => results[`PyTorch, ${threads}`][figure])) /
    results.hypersphere[figure];
  rows.push({
    encoder: name,
    parameters,
    ...Object.fromEntries(Object.entries(results).map(([lane, { median }]) => [lane, median.toFixed(2)])),
    "ratio of medians": ratio("median").toFixed(2),
    "ratio of minima": ratio("minimum").toFixed(2),
    "ratio of processor time": ratio("cpu").toFixed(2),
  });
  figures[name] = { milliseconds: results, ratio: ratio("median") };
}
await runtime.close();
peer.close();

report.note(
  `Windows of ${steps} steps and ${CHANNELS} channels, latent space of ${LATENT}, batches of ${BATCH}, Adam with weight ` +
    `decay, one-class loss; milliseconds per step, medians over ${report.flags.rounds} alternating epochs of ` +
    `${ROWS / BATCH} steps. hypersphere may use ${report.flags.cores} cores; PyTorch ${versions.torch} with fused Adam, the same networks written as its users write ` +
    "them (Conv1d, LSTM, scaled_dot_product_attention), by number of threads. Ratios are to its better setting; least " +
    "processor time counts all cores together and does not see who else is at work.",
);
report.table(rows);
for (const [name, { ratio }] of Object.entries(figures)) {
  report.target(`${name} against PyTorch's best setting`, ratio, { atLeast: 1, unit: "x" });
}
report.keep({ versions, rounds: Number(report.flags.rounds), encoders: figures });
report.end();
