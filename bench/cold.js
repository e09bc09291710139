/** From a cold start to a saved model, the whole process, against a Python script that does the same work. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder, writeNpz } from "./lib/files.js";
import { python, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built, root } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { createRandom } = await import(built("math/random.js"));
const { loadModel } = await import(built("index.js"));

const EPOCHS = 50;
const COLUMNS = 30;
/** 5 000 of these train, the others are held out, see the options below. */
const ROWS = 5102;

const report = new Report("cold", "From a cold start to a saved model", {
  rounds: { type: "string", default: "5" },
});
requirePython("torch", "numpy");
const folder = temporaryFolder();
const data = join(folder, "rows.npz");
const values = new Float32Array(ROWS * COLUMNS);
createRandom(0).stream("rows").fillNormal(values);
writeNpz(data, values, ROWS, COLUMNS);
const config = join(folder, "config.json");
const options = {
  members: 1,
  hiddenDims: [128, 64],
  latentDim: 16,
  slope: 0.1,
  whiten: false,
  inputsPerUnit: 0,
  originOffset: 0,
  initialization: "pytorch",
  pretrainEpochs: EPOCHS,
  epochs: EPOCHS,
  // Slow enough for nothing to end training early: both sides do all of the epochs.
  learningRate: 1e-6,
  patience: 1000,
  pretrainWeightDecay: 1e-6,
  weightDecay: 1e-6,
  validationFraction: 0.01,
  calibrationFraction: 0.01,
};
writeFileSync(config, JSON.stringify(options));

const model = join(folder, "model.onnx");
const script = fileURLToPath(new URL("peers/cold_train.py", import.meta.url));
const commands = {
  hypersphere: [
    process.execPath,
    join(root, "bin/hypersphere.js"),
    "train",
    data,
    ...["--detector", "deep-svdd", "--config", config, "--out", model, "--force", "--quiet"],
  ],
  "PyTorch, as it comes": [python, script, data, join(folder, "model.pt"), String(EPOCHS)],
  "PyTorch, 1 thread": [python, script, data, join(folder, "model.pt"), String(EPOCHS), "1"],
};
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let round = -1; round < Number(report.flags.rounds); round++) {
  for (const [name, [program, ...args]] of Object.entries(commands)) {
    const begun = performance.now();
    const done = spawnSync(program, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${name} ended with ${done.status}: ${done.stderr}`);
    if (round >= 0) times[name].push((performance.now() - begun) / 1000);
  }
}

const { card } = await loadModel(model);
const [{ pretraining, compactness }] = card.training.members;
const epochs = [pretraining, compactness].map(({ curve }) => curve.at(-1).epoch);
if (card.data.train !== 5000 || epochs.some((done) => done !== EPOCHS)) {
  throw new Error(`Trained ${epochs} epochs on ${card.data.train} rows: not the same work as the script's.`);
}
const results = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, summary(list)]));
report.note(
  `5000 x ${COLUMNS} training rows from an NPZ file, encoder 128-64-16, ${EPOCHS} epochs of pretraining and ${EPOCHS} of ` +
    `compactness training in batches of 128, Adam, centre, threshold, model saved; seconds of the whole process over ` +
    `${report.flags.rounds} alternating rounds.`,
);
report.table(
  Object.entries(results).map(([name, { median, minimum }]) => ({
    process: name,
    "median, s": median.toFixed(2),
    "minimum, s": minimum.toFixed(2),
  })),
);
const ours = results.hypersphere;
for (const figure of ["median", "minimum"]) {
  const others = Object.entries(results).filter(([name]) => name !== "hypersphere");
  const best = Math.min(...others.map(([, result]) => result[figure]));
  report.target(`${figure} against PyTorch's best setting`, best / ours[figure], { atLeast: 2, unit: "x" });
}
report.keep({ seconds: results, options });
report.end();
