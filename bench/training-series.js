/** Milliseconds of a one-class training step for each encoder of windows, against PyTorch in the same run. */
import { availableParallelism } from "node:os";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { normalRows, openOneClass } from "./lib/timed-trainer.js";
import { OWN, ratioToBest, takeTurns } from "./lib/turns.js";

const { designEncoder } = await import(built("nn/encoders.js"));
const { createRandom } = await import(built("math/random.js"));
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

function openTrainer(name) {
  const random = createRandom(0);
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
  const settings = { batch: BATCH, weightDecay: WEIGHT_DECAY };
  return openOneClass(runtime, design, settings, normalRows(ROWS, steps * CHANNELS, random), random);
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
    [OWN, () => ours.epoch()],
    ...threadCounts.map((threads) => [`PyTorch, ${threads}`, () => peer.ask({ kind: "epoch", threads })]),
  ]);
  const results = await takeTurns(lanes, { rounds: Number(report.flags.rounds), parts: ROWS / BATCH });
  await ours.close();
  rows.push({
    encoder: name,
    parameters,
    ...Object.fromEntries([...results].map(([lane, { median }]) => [lane, median.toFixed(2)])),
    "ratio of medians": ratioToBest(results, "median").toFixed(2),
    "ratio of minima": ratioToBest(results, "minimum").toFixed(2),
    "ratio of processor time": ratioToBest(results, "cpu").toFixed(2),
  });
  figures[name] = { milliseconds: Object.fromEntries(results), ratio: ratioToBest(results, "median") };
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
