/**
 * Milliseconds of a training step of FCDD, against PyTorch doing the same in the same run. Both start from the same
 * weights and see the same crops, and their losses are compared; drawing crops is not part of either.
 *
 *     HYPERSPHERE_PYTHON=... node bench/fcdd-training.js --write
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { OWN, ratio, takeTurns } from "./lib/turns.js";

const { fcddOptions } = await import(built("detectors/fcdd/options.js"));
const { stepLoss } = await import(built("detectors/fcdd/objective.js"));
const { createRandom } = await import(built("math/random.js"));
const { mapNetwork } = await import(built("nn/images/map-network.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { float32 } = await import(built("runtime/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));
const { clipped, optimizer } = await import(built("train/optimizers.js"));
const { StepTrainer } = await import(built("train/step-trainer.js"));
const { startOf } = await import(built("train/trainer.js"));

const CHANNELS = 3;
const STEPS = 2;
const LEARNING_RATE = 1e-3;
/** PyTorch as it comes, and with channels last and fused Adam. */
const PEERS = { PyTorch: false, "PyTorch, tuned": true };

const report = new Report("fcdd-training", "Training speed of FCDD", {
  rounds: { type: "string", default: "5" },
  threads: { type: "string", default: "2" },
});
requirePython("torch", "numpy");
const [rounds, threads] = [Number(report.flags.rounds), Number(report.flags.threads)];
const { batchSize, cropSize, mapWidths, slope, weightDecay, clip, loss } = fcddOptions.parse({});

const random = createRandom(0);
const crops = new Float32Array(STEPS * batchSize * CHANNELS * cropSize ** 2);
random.stream("crops").fillNormal(crops);
/** A square in the first half of the crops of each step. */
const masks = new Float32Array(STEPS * batchSize * cropSize ** 2);
for (let k = 0; k < STEPS * batchSize; k++) {
  if (k % batchSize >= batchSize / 2) continue;
  for (let row = 20; row < 40; row++) {
    const from = (k * cropSize + row) * cropSize + 30 + k;
    masks.fill(1, from, from + 20);
  }
}

const network = mapNetwork(CHANNELS, mapWidths, slope);
const layout = new ParameterLayout(network.parameters);
const adam = clipped(optimizer({ name: "adam", weightDecay }), clip);
const parameters = layout.initialize((name) => random.stream(name));
const shapes = {
  crops: ["crops", CHANNELS, cropSize, cropSize],
  masks: ["crops", cropSize, cropSize],
};
const length = STEPS * batchSize;
const data = {
  crops: float32([length, ...shapes.crops.slice(1)], crops),
  masks: float32([length, ...shapes.masks.slice(1)], masks),
};
const [runtime] = await nodeBackend({ runtime: "native", cores: threads }).open(1);
const trainer = await StepTrainer.open(
  runtime,
  {
    layout,
    optimizer: adam,
    batchSize,
    data: Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, { dtype: "float32", shape }]),
    ),
    loss: stepLoss(network, loss),
  },
  {
    steps: Number.MAX_SAFE_INTEGER,
    stepsPerRun: STEPS,
    learningRate: () => LEARNING_RATE,
    data: () => data,
  },
);

const folder = mkdtempSync(join(tmpdir(), "fcdd-training-"));
const stored = (name, values) => {
  const path = join(folder, name);
  writeFileSync(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return path;
};
const peer = new Peer("fcdd_peer.py");
const versions = await peer.next();
const weights = layout
  .views(parameters)
  .filter(({ spec }) => !spec.statistic)
  .map(({ spec: { name, shape }, view }) => ({ shape, path: stored(name, view) }));
for (const tuned of Object.values(PEERS)) {
  await peer.ask({
    ...{ kind: "open", tuned, batch: batchSize, channels: CHANNELS, side: cropSize, slope },
    ...{ weight_decay: weightDecay, clip, learning_rate: LEARNING_RATE, weights },
    ...{ crops: stored("crops", crops), masks: stored("masks", masks) },
  });
}
rmSync(folder, { recursive: true });

/** Losses of the first steps of each side. */
const first = {};
let state = startOf(adam, parameters);
const lanes = new Map([
  [
    OWN,
    async () => {
      const begun = performance.now();
      const run = await trainer.run(state);
      state = run.state;
      first[OWN] ??= Array.from(run.losses);
      return performance.now() - begun;
    },
  ],
  ...Object.entries(PEERS).map(([name, tuned]) => [
    name,
    async () => {
      const { ms, losses } = await peer.ask({ kind: "steps", tuned, threads });
      first[name] ??= losses;
      return ms;
    },
  ]),
]);
const results = await takeTurns(lanes, { rounds, warmUp: "round", parts: STEPS });
await trainer.close();
await runtime.close();
peer.close();

report.note(
  `Defaults of fcdd with loss "${loss}": ${batchSize} crops of ${CHANNELS} x ${cropSize} x ${cropSize}, channels ${mapWidths.join(", ")}; forward, ` +
    `backward, clipping and Adam. Milliseconds per step over ${rounds} alternating turns of ${STEPS} steps, after one to warm up; ` +
    `${threads} threads. ONNX Runtime ${runtime.version}, PyTorch ${versions.torch}; tuned: channels last and fused Adam.`,
);
report.table(
  [...results].map(([name, { median, minimum }]) => ({
    engine: name,
    median: median.toFixed(0),
    minimum: minimum.toFixed(0),
    "ratio of medians": ratio(results, name, "median").toFixed(2),
    "ratio of minima": ratio(results, name, "minimum").toFixed(2),
    "first losses": first[name].map((value) => value.toPrecision(5)).join(", "),
  })),
);
const apart = Math.max(
  ...Object.keys(PEERS).flatMap((name) => first[name].map((value, k) => Math.abs(value / first[OWN][k] - 1))),
);
report.target("largest relative difference of the first losses", apart, { atMost: 1e-3 });
report.target("PyTorch's median over ours", ratio(results, "PyTorch", "median"), { atLeast: 1, unit: "x" });
report.keep({ versions, rounds, threads, milliseconds: Object.fromEntries(results) });
report.end();
