/** Milliseconds of a training step of contrast's network, against the same network in PyTorch in the same run. */
import { availableParallelism } from "node:os";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { OWN, ratioToBest, takeTurns, threadsText } from "./lib/turns.js";

const { stepLoss } = await import(built("detectors/contrast/objective.js"));
const { createRandom } = await import(built("math/random.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { contrastNetwork } = await import(built("nn/series/contrast-network.js"));
const { float32 } = await import(built("runtime/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { trainSteps } = await import(built("train/step-trainer.js"));

const STEPS_PER_RUN = 5;

const report = new Report("training-contrast", "Training speed of contrast", {
  rounds: { type: "string", default: "10" },
  window: { type: "string", default: "64" },
  channels: { type: "string", default: "1" },
  filters: { type: "string", default: "64" },
  batch: { type: "string", default: "256" },
  threads: { type: "string", default: "1,2" },
  cores: { type: "string", default: `${availableParallelism()}` },
});
requirePython("torch");
const [window, channels, filters, batch, rounds, cores] = [
  "window",
  "channels",
  "filters",
  "batch",
  "rounds",
  "cores",
].map((name) => Number(report.flags[name]));
const shape = [window, channels];

const network = contrastNetwork(shape, filters);
const layout = new ParameterLayout([...network.encoder, ...network.projection]);
const random = createRandom(0);
const [runtime] = await nodeBackend({ runtime: "native", cores }).open(1);

/** A promise that others keep. */
function deferred() {
  const own = {};
  own.promise = new Promise((resolve) => {
    own.resolve = resolve;
  });
  return own;
}

/** One long training, of which each turn takes a run: what a run waits for in between is not of its time. */
function openOwn() {
  const rows = STEPS_PER_RUN * batch;
  const numbers = new Float32Array(rows * window * channels);
  random.stream("windows").fillNormal(numbers);
  const windows = float32([rows, window * channels], numbers);
  const input = { dtype: "float32", shape: ["windows", window * channels] };
  const empty = new Float32Array(layout.size);
  let [turn, done] = [deferred(), deferred()];
  let open = true;
  const begin = { ms: 0, cpu: process.cpuUsage() };
  const training = trainSteps(
    runtime,
    {
      layout,
      batchSize: batch,
      optimizer: optimizer({ name: "adamw", weightDecay: 1e-4 }),
      data: { anchors: input, positives: input },
      loss: stepLoss(network, shape, { margin: 0.5, ordered: false }),
    },
    {
      epoch: 0,
      parameters: layout.initialize((name) => random.stream(name)),
      optimizerStates: [empty, empty],
    },
    {
      steps: 1_000_000,
      stepsPerRun: STEPS_PER_RUN,
      learningRate: () => 1e-4,
      data: () => ({ anchors: windows, positives: windows }),
      onSteps: async () => {
        const { user, system } = process.cpuUsage(begin.cpu);
        done.resolve({ ms: performance.now() - begin.ms, cpu: (user + system) / 1000 });
        done = deferred();
        await turn.promise;
        turn = deferred();
        begin.ms = performance.now();
        begin.cpu = process.cpuUsage();
        return open;
      },
    },
  );
  return {
    run() {
      const next = done.promise;
      turn.resolve();
      return next;
    },
    async close() {
      open = false;
      turn.resolve();
      await training;
    },
  };
}

const peer = new Peer("torch_contrast_peer.py");
const versions = await peer.next();
const { parameters } = await peer.ask({ kind: "open", steps: window, channels, filters, batch });
const trained = layout.specs.filter(({ statistic }) => !statistic);
const size = trained.reduce((sum, { shape: dims }) => sum + dims.reduce((a, b) => a * b, 1), 0);
if (size !== parameters) throw new Error(`${size} parameters here, ${parameters} in PyTorch.`);
const own = openOwn();
const lanes = new Map([
  [OWN, () => own.run()],
  ...report.flags.threads
    .split(",")
    .map((threads) => [
      `PyTorch, ${threadsText(Number(threads))}`,
      () => peer.ask({ kind: "run", threads: Number(threads), count: STEPS_PER_RUN }),
    ]),
]);
const results = await takeTurns(lanes, { rounds, parts: STEPS_PER_RUN });
await own.close();
await runtime.close();
peer.close();

report.note(
  `Windows of ${window} steps and ${channels} channels, ${filters} filters (${parameters} parameters), batches of ${batch} windows and as many ` +
    `neighbours; PyTorch ${versions.torch}; medians of ${rounds} turns of ${STEPS_PER_RUN} steps, side by side.`,
);
report.table([
  {
    ...Object.fromEntries([...results].map(([lane, { median }]) => [`${lane}, ms`, median.toFixed(0)])),
    "ratio of medians": ratioToBest(results, "median").toFixed(2),
    "ratio of minima": ratioToBest(results, "minimum").toFixed(2),
    "ratio of processor time": ratioToBest(results, "cpu").toFixed(2),
  },
]);
report.keep({ milliseconds: Object.fromEntries(results) });
report.target("times as fast as PyTorch at its best", ratioToBest(results, "median"), { atLeast: 1.2 });
report.end();
