/**
 * Milliseconds per epoch of DROCC, its ascent included, against PyTorch doing the same in the same run.
 *
 *     HYPERSPHERE_PYTHON=... node bench/drocc-training.js --write
 */
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { normalRows, openTimed } from "./lib/timed-trainer.js";
import { OWN, ratio, ratioToBest, takeTurns, threadsText } from "./lib/turns.js";

const { nodeBackend } = await import(built("runtime/node/backend.js"));
const { mlp } = await import(built("nn/mlp.js"));
const { freshNoise } = await import(built("detectors/drocc/noise.js"));
const { logitNetwork } = await import(built("detectors/drocc/network.js"));
const { robustLoss } = await import(built("detectors/drocc/objective.js"));
const { createRandom } = await import(built("math/random.js"));

const WIDTHS = [30, 128, 128, 1];
const [ROWS, BATCH, SLOPE] = [2560, 128, 0.1];
const SHELL = { radius: 2, outerRatio: 2, far: 3 };

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
function openOwn(ascentSteps) {
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
  const features = normalRows(ROWS, inputDim, random);
  const matrix = { rows: ROWS, columns: inputDim, data: features.data };
  const surroundings = { ...SHELL, norm: "euclidean", mu: 1, ascentSteps, ascentStep: 0.1 };
  return openTimed(
    runtime,
    {
      layout: network.layout,
      batch: BATCH,
      learningRate: 1e-3,
      data: { noise: { dtype: "float32", shape: [ROWS, inputDim] } },
      loss: (step) => robustLoss(network, surroundings, step),
    },
    { features },
    random,
    (trainer) => freshNoise(trainer, matrix, (epoch) => random.stream("noise", epoch)),
  );
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
  const lanes = new Map([
    [OWN, async () => (await own.epoch()).ms],
    ...report.flags.threads
      .split(",")
      .map(Number)
      .map((threads) => [`PyTorch, ${threadsText(threads)}`, () => peer.ask({ kind: "epoch", threads })]),
  ]);
  const results = await takeTurns(lanes, { rounds: Number(report.flags.rounds), perTurn: 2 });
  await own.close();
  report.table(
    [...results].map(([name, { median, minimum }]) => ({
      [`${steps} ascent steps`]: name,
      median: median.toFixed(0),
      minimum: minimum.toFixed(0),
      "ratio of medians": ratio(results, name, "median").toFixed(2),
    })),
  );
  const best = ratioToBest(results, "median");
  report.target(`${steps} ascent steps, median against PyTorch's best setting`, best, {
    atLeast: 1,
    unit: "x",
  });
  figures[steps] = Object.fromEntries(results);
}
await runtime.close();
peer.close();
report.keep({ versions, milliseconds: figures });
report.end();
