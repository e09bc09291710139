/**
 * Milliseconds per epoch of DROCC, its ascent included, against PyTorch doing the same in the same run.
 *
 *     HYPERSPHERE_PYTHON=... node bench/drocc-training.js --write
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { nodeBackend } = await import(built("runtime/node/backend.js"));
const { mlp } = await import(built("nn/mlp.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));
const { freshNoise } = await import(built("detectors/drocc/noise.js"));
const { logitNetwork } = await import(built("detectors/drocc/network.js"));
const { robustLoss } = await import(built("detectors/drocc/objective.js"));
const { createRandom } = await import(built("math/random.js"));
const { float32 } = await import(built("runtime/index.js"));

const WIDTHS = [30, 128, 128, 1];
const [ROWS, BATCH, SLOPE] = [2560, 128, 0.1];
const SHELL = { radius: 2, gamma: 2, far: 3 };

const report = new Report("drocc-training", "Training speed of DROCC", {
  rounds: { type: "string", default: "5" },
  ascents: { type: "string", default: "10,50" },
  threads: { type: "string", default: "1,2" },
});
requirePython("torch");
const [runtime] = await nodeBackend({ runtime: "native" }).open(1);
const peer = new Peer("drocc_peer.py");
const versions = await peer.next();

/** The product's own program and driver, noise for every epoch included. */
async function openOwn(ascentSteps) {
  const [inputDim, ...hidden] = WIDTHS.slice(0, -1);
  const design = mlp({
    inputDim,
    hiddenDims: hidden.slice(0, -1),
    latentDim: hidden.at(-1),
    activation: "leaky-relu",
    slope: SLOPE,
    bias: true,
    reconstruction: "linear",
    initialization: "pytorch",
    inputsPerUnit: 0,
  });
  const random = createRandom(0);
  const network = logitNetwork(design, { activation: "leaky-relu", slope: SLOPE });
  const matrix = { rows: ROWS, columns: inputDim, data: new Float32Array(ROWS * inputDim) };
  random.stream("data").fillNormal(matrix.data);
  const surroundings = { ...SHELL, mu: 1, ascentSteps, ascentStep: 0.1 };
  const trainer = await Trainer.open(
    runtime,
    {
      layout: network.layout,
      optimizer: optimizer({ name: "adam", weightDecay: 0 }),
      batchSize: BATCH,
      data: {
        features: { dtype: "float32", shape: ["rows", inputDim] },
        noise: { dtype: "float32", shape: [ROWS, inputDim] },
      },
      loss: (step) => robustLoss(network, surroundings, step),
    },
    { features: float32([ROWS, inputDim], matrix.data) },
    {
      rowCount: ROWS,
      batchSize: BATCH,
      learningRate: { base: 1e-3, milestones: [], factor: 0.1 },
      shuffle: (epoch) => random.stream("epoch", epoch),
    },
  );
  const noisy = freshNoise(trainer, matrix, (epoch) => random.stream("noise", epoch));
  let state = trainer.start(network.layout.initialize((name) => random.stream(name)));
  return {
    async epoch() {
      const begun = performance.now();
      ({ state } = await noisy.epochs(state, 1));
      return performance.now() - begun;
    },
    close: () => trainer.close(),
  };
}

const figures = {};
report.note(
  `MLP ${WIDTHS.join("-")} with biases, ${ROWS} rows, batches of ${BATCH}, Adam; milliseconds per epoch over ` +
    `${report.flags.rounds} alternating turns of two epochs, after one to warm up. hypersphere trains on one core (ONNX Runtime ` +
    `${runtime.version}), noise included; PyTorch ${versions.torch}.`,
);
for (const steps of report.flags.ascents.split(",").map(Number)) {
  const own = await openOwn(steps);
  await peer.ask({
    ...{ kind: "open", rows: ROWS, widths: WIDTHS, slope: SLOPE, batch: BATCH },
    ...{ ...SHELL, steps, step: 0.1 },
  });
  const threads = report.flags.threads.split(",").map(Number);
  const lanes = new Map([
    ["hypersphere", () => own.epoch()],
    ...threads.map((count) => [
      `PyTorch, ${count} thread${count > 1 ? "s" : ""}`,
      () => peer.ask({ kind: "epoch", threads: count }),
    ]),
  ]);
  const times = new Map([...lanes.keys()].map((name) => [name, []]));
  for (let round = 0; round < Number(report.flags.rounds); round++) {
    for (const [name, epoch] of lanes) {
      await sleep(50);
      await epoch();
      for (let k = 0; k < 2; k++) times.get(name).push(await epoch());
    }
  }
  await own.close();
  const results = new Map([...times].map(([name, values]) => [name, summary(values)]));
  const { median } = results.get("hypersphere");
  report.table(
    [...results].map(([name, result]) => ({
      [`${steps} ascent steps`]: name,
      median: result.median.toFixed(0),
      minimum: result.minimum.toFixed(0),
      "ratio of medians": (result.median / median).toFixed(2),
    })),
  );
  const best = Math.min(
    ...threads.map((count) => results.get([...lanes.keys()][threads.indexOf(count) + 1]).median),
  );
  report.target(`${steps} ascent steps, median against PyTorch's best setting`, best / median, {
    atLeast: 1,
    unit: "x",
  });
  figures[steps] = Object.fromEntries(results);
}
await runtime.close();
peer.close();
report.keep({ versions, milliseconds: figures });
report.end();
