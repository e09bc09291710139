/** Milliseconds of a training step for the papers' image encoders, against PyTorch in the same run. */
import { setTimeout as sleep } from "node:timers/promises";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { designEncoder } = await import(built("nn/encoders.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));
const { reconstructionLoss } = await import(built("detectors/deep/batch.js"));
const { oneClassLoss } = await import(built("detectors/deep-svdd/objectives.js"));
const { createRandom } = await import(built("math/random.js"));
const { float32 } = await import(built("runtime/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));

const BATCH = 200;
const STEPS = 3;
const ROWS = STEPS * BATCH;
const WEIGHT_DECAY = 0.5e-6;
const ENCODERS = {
  "mnist-lenet": { shape: [1, 28, 28], latentDim: 32 },
  "cifar10-lenet": { shape: [3, 32, 32], latentDim: 128 },
};
const THREADS = [1, 2];

const report = new Report("training-images", "Training speed of the image encoders", {
  rounds: { type: "string", default: "8" },
  encoders: { type: "string", default: Object.keys(ENCODERS).join(",") },
  stages: { type: "string", default: "one-class,autoencoder" },
});
requirePython("torch");
const random = createRandom(0);
const runtimes = await Promise.all(
  THREADS.map(async (cores) => (await nodeBackend({ runtime: "native", cores }).open(1))[0]),
);
const peer = new Peer("torch_images_peer.py");
const versions = await peer.next();

/** A stage of Deep SVDD's training as the product runs it: its program and its driver. Returns a timed epoch. */
async function openTrainer(runtime, encoder, stage) {
  const { shape, latentDim } = ENCODERS[encoder];
  const design = designEncoder(encoder, shape, {
    hiddenDims: [],
    latentDim,
    activation: "leaky-relu",
    slope: 0.01,
    bias: false,
    initialization: "pytorch",
    inputsPerUnit: 0,
    reconstruction: "sigmoid",
  });
  const autoencoder = stage === "autoencoder";
  const layout = new ParameterLayout([
    ...design.encoder.parameters,
    ...(autoencoder ? design.decoder.parameters : []),
  ]);
  const columns = shape.reduce((product, length) => product * length, 1);
  const data = new Float32Array(ROWS * columns);
  random.stream("data").fillUniform(data, 0, 1);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay: WEIGHT_DECAY }),
      batchSize: BATCH,
      data: {
        features: { dtype: "float32", shape: ["rows", columns] },
        ...(!autoencoder && { center: { dtype: "float32", shape: [latentDim] } }),
      },
      loss: (context) => (autoencoder ? reconstructionLoss(design, context) : oneClassLoss(design, context)),
    },
    {
      features: float32([ROWS, columns], data),
      ...(!autoencoder && { center: float32([latentDim], new Float32Array(latentDim).fill(0.1)) }),
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
    async epoch() {
      const begun = performance.now();
      ({ state } = await trainer.epochs(state, 1));
      return performance.now() - begun;
    },
    close: () => trainer.close(),
  };
}

const plural = (threads) => `${threads} thread${threads > 1 ? "s" : ""}`;
const figures = [];
for (const encoder of report.flags.encoders.split(",")) {
  for (const stage of report.flags.stages.split(",")) {
    await peer.ask({ kind: "open", encoder, stage, rows: ROWS, batch: BATCH, weight_decay: WEIGHT_DECAY });
    const trainers = await Promise.all(runtimes.map((runtime) => openTrainer(runtime, encoder, stage)));
    const lanes = new Map([
      ...THREADS.map((threads, k) => [`hypersphere, ${plural(threads)}`, () => trainers[k].epoch()]),
      ...THREADS.map((threads) => [
        `PyTorch, ${plural(threads)}`,
        () => peer.ask({ kind: "epoch", encoder, stage, threads }),
      ]),
    ]);
    const times = new Map([...lanes.keys()].map((name) => [name, []]));
    // An epoch of everybody, again and again: whatever else the machine is doing meets all of them alike. Before its
    // turn everybody waits until the threads of the last one have stopped spinning; the first round only warms up.
    for (let round = 0; round <= Number(report.flags.rounds); round++) {
      for (const [name, epoch] of lanes) {
        await sleep(50);
        const ms = await epoch();
        if (round > 0) times.get(name).push(ms / STEPS);
      }
    }
    for (const trainer of trainers) await trainer.close();
    figures.push({
      encoder,
      stage,
      lanes: Object.fromEntries([...times].map(([name, values]) => [name, summary(values)])),
    });
  }
}
for (const runtime of runtimes) await runtime.close();
peer.close();

const two = plural(2);
const ratio = ({ lanes }, threads, figure) =>
  lanes[`PyTorch, ${plural(threads)}`][figure] / lanes[`hypersphere, ${plural(threads)}`][figure];
report.note(
  `Forward, backward and Adam (weight decay ${WEIGHT_DECAY}), batches of ${BATCH}; milliseconds per step over ` +
    `${report.flags.rounds} alternating turns of ${STEPS} steps. ONNX Runtime ${runtimes[0].version}, PyTorch ${versions.torch}.`,
);
report.table(
  figures.flatMap(({ encoder, stage, lanes }) =>
    Object.entries(lanes).map(([engine, { median, minimum }]) => ({
      encoder,
      stage,
      engine,
      median: median.toFixed(1),
      minimum: minimum.toFixed(1),
    })),
  ),
);
for (const figure of figures) {
  const name = `${figure.encoder}, ${figure.stage}`;
  const measured = `PyTorch's median over ours, ${name}, ${two}`;
  if (figure.stage === "one-class") {
    report.target(measured, ratio(figure, 2, "median"), { atLeast: 1, unit: "x" });
  } else report.note(`${measured}: ${ratio(figure, 2, "median").toFixed(2)}x.`);
  report.note(
    `By minima ${ratio(figure, 2, "minimum").toFixed(2)}x; with one thread ${ratio(figure, 1, "median").toFixed(2)}x.`,
  );
}
report.keep({ versions, rounds: Number(report.flags.rounds), figures });
report.end();
