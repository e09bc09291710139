/**
 * One-class SVM (fit and score, 5000 rows x 36) against scikit-learn, and training of an autoencoder against PyTorch, in
 * the same run. HYPERSPHERE_PYTHON names a Python with scikit-learn and torch; the rows are ADBench's 30_satellite.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { OneClassSvm } = await import(built("index.js"));
const { selectRows, splitLabels } = await import(built("doors/data.js"));
const { readTable } = await import(built("doors/io.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));
const { mlp } = await import(built("nn/mlp.js"));
const { autoencoderLayout } = await import(built("detectors/autoencoder/scorer.js"));
const { reconstructionLoss } = await import(built("detectors/networks/batch.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));
const { createRandom } = await import(built("math/random.js"));
const { float32 } = await import(built("runtime/index.js"));

const report = new Report("rivals-kernel", "One-class SVM and autoencoder against their originals", {
  rounds: { type: "string", default: "7" },
});
const rounds = Number(report.flags.rounds);
requirePython("sklearn", "torch", "numpy");
const peer = new Peer("kernel_peer.py");

/** Of our rows a fifth is held out to calibrate: with 6250 rows both sides train on 5000. */
const FIT = 6250;
const TRAIN = 5000;
const { features: table } = splitLabels(
  await readTable(join(dataFolder, "tabular/adbench/30_satellite.npz")),
  "y",
);
const range = (from, to) => Array.from({ length: to - from }, (_, k) => from + k);
const fitTable = selectRows(table, range(0, FIT));
const scoreTable = selectRows(table, range(0, TRAIN));
const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
const path = join(folder, "rows");
const values = new Float64Array(table.rowCount * table.columns.length);
table.columns.forEach((column, k) => {
  for (let row = 0; row < table.rowCount; row++) values[row * table.columns.length + k] = column.values[row];
});
writeFileSync(path, values);

async function ownSvm(nu) {
  const begun = performance.now();
  const model = await new OneClassSvm({ nu }).fit(fitTable);
  const fitted = performance.now();
  await model.score(scoreTable);
  const { supportVectors } = model.card.training.solver;
  return { fit: fitted - begun, score: performance.now() - fitted, support: supportVectors };
}

async function openOwnAutoencoder(runtime, { rows, d, hidden, latent, batch }) {
  const design = mlp({
    inputDim: d,
    hiddenDims: [hidden],
    latentDim: latent,
    activation: "leaky-relu",
    slope: 0.01,
    bias: true,
    initialization: "pytorch",
    inputsPerUnit: 0,
    reconstruction: "linear",
  });
  const random = createRandom(0);
  const data = new Float32Array(rows * d);
  random.stream("data").fillNormal(data);
  const layout = autoencoderLayout(design);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay: 0 }),
      batchSize: batch,
      data: { features: { dtype: "float32", shape: ["rows", d] } },
      loss: (step) => reconstructionLoss(design, step),
    },
    { features: float32([rows, d], data) },
    {
      rowCount: rows,
      batchSize: batch,
      learningRate: { base: 1e-3, milestones: [], factor: 0.1 },
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

// Both sides take turns: whatever else the machine is doing meets both alike.
const svm = [];
for (const nu of [0.5, 0.1]) {
  const own = [];
  const theirs = [];
  const request = { kind: "svm", path, rows: table.rowCount, columns: table.columns.length, nu };
  for (let round = -1; round < rounds; round++) {
    const a = await ownSvm(nu);
    const b = await peer.ask({ ...request, fit: [0, TRAIN], score: [0, TRAIN] });
    if (round < 0) continue;
    own.push(a);
    theirs.push(b);
  }
  for (const [engine, runs] of [
    ["hypersphere", own],
    ["scikit-learn", theirs],
  ]) {
    const of = (pick) => summary(runs.map(pick));
    svm.push({
      nu,
      engine,
      fit: of((run) => run.fit),
      score: of((run) => run.score),
      whole: of((run) => run.fit + run.score),
      support: runs[0].support,
    });
  }
}
rmSync(folder, { recursive: true });

const network = { rows: 20_000, d: 30, hidden: 64, latent: 32, batch: 128 };
const versions = await peer.ask({ kind: "open autoencoder", ...network });
const [runtime] = await nodeBackend({ runtime: "native" }).open(1);
const ours = await openOwnAutoencoder(runtime, network);
const settings = ["default", "foreach", "fused"].map((variant) => ({ threads: 1, variant }));
const nameOf = ({ variant }) => `PyTorch, ${variant} Adam`;
const times = new Map([["hypersphere", []], ...settings.map((setting) => [nameOf(setting), []])]);
for (let round = -1; round < 2 * rounds; round++) {
  const own = await ours.epoch();
  if (round >= 0) times.get("hypersphere").push(own);
  for (const setting of settings) {
    const time = await peer.ask({ kind: "epoch", ...setting });
    if (round >= 0) times.get(nameOf(setting)).push(time);
  }
}
await ours.close();
await runtime.close();
peer.close();

report.note(
  `One-class SVM, rbf kernel, default gamma and tolerance, standardised columns: training on ${TRAIN} rows x ` +
    `${table.columns.length} and scoring ${TRAIN}, milliseconds over ${rounds} alternating rounds. hypersphere's fit reads ` +
    `a table of ${FIT} rows, calibrates on the held-out fifth, and writes the model. ONNX Runtime ${runtime.version} and ` +
    `scikit-learn ${versions.sklearn}, one thread each.`,
);
report.table(
  svm.map(({ nu, engine, fit, score, whole, support }) => ({
    nu,
    engine,
    "fit, median": fit.median.toFixed(0),
    "score, median": score.median.toFixed(0),
    "both, median": whole.median.toFixed(0),
    "both, minimum": whole.minimum.toFixed(0),
    "support vectors": support,
  })),
);
for (let k = 0; k < svm.length; k += 2) {
  const ratio = svm[k + 1].whole.median / svm[k].whole.median;
  report.target(`fit and score with nu ${svm[k].nu} against scikit-learn`, ratio, { atLeast: 1, unit: "x" });
}

const results = new Map([...times].map(([name, each]) => [name, summary(each)]));
const own = results.get("hypersphere");
report.note(
  `Autoencoder ${network.d}-${network.hidden}-${network.latent}-${network.hidden}-${network.d} with biases, LeakyReLU, ` +
    `${network.rows} rows, batches of ${network.batch}, Adam, mean squared error; milliseconds per epoch over ` +
    `${2 * rounds} alternating rounds. hypersphere trains in a worker thread on one core; PyTorch with one thread, its best here, ${versions.torch}.`,
);
report.table(
  [...results].map(([engine, { median, minimum }]) => ({
    engine,
    median: median.toFixed(1),
    minimum: minimum.toFixed(1),
    "ratio of medians": (median / own.median).toFixed(2),
  })),
);
const best = Math.min(...settings.map((setting) => results.get(nameOf(setting)).median)) / own.median;
report.target("an epoch against PyTorch's best setting", best, { atLeast: 2, unit: "x" });
report.keep({ versions, rounds, svm, autoencoder: Object.fromEntries(results) });
report.end();
