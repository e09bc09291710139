/** Milliseconds per epoch of training a small MLP with the one-class loss, against PyTorch in the same run. */
import { BATCH, openTrainer, ROWS, SLOPE, WEIGHT_DECAY, WIDTHS } from "./lib/one-class-trainer.js";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { OWN, ratio, ratioToBest, takeTurns, threadsText } from "./lib/turns.js";

const { nodeBackend } = await import(built("runtime/node/backend.js"));

const EPOCHS_PER_TURN = 3;

const report = new Report("training", "Training speed", {
  rounds: { type: "string", default: "8" },
  threads: { type: "string", default: "1,2" },
});
requirePython("torch", "numpy");
const [runtime] = await nodeBackend({ runtime: "native" }).open(1);
const ours = await openTrainer(runtime);
const peer = new Peer("torch_peer.py");
const versions = await peer.next();
await peer.ask({
  kind: "open training",
  rows: ROWS,
  widths: WIDTHS,
  slope: SLOPE,
  batch: BATCH,
  weight_decay: WEIGHT_DECAY,
});

const settings = report.flags.threads
  .split(",")
  .map(Number)
  .flatMap((threads) => ["default", "foreach", "fused"].map((variant) => ({ threads, variant })));
const nameOf = ({ threads, variant }) => `PyTorch, ${variant} Adam, ${threadsText(threads)}`;
const lanes = new Map([
  [OWN, () => ours.epoch()],
  ...settings.map((setting) => [nameOf(setting), () => peer.ask({ kind: "epoch", ...setting })]),
]);
const rounds = Number(report.flags.rounds);
const results = await takeTurns(lanes, { rounds, perTurn: EPOCHS_PER_TURN });
await ours.close();
await runtime.close();
peer.close();

report.note(
  `MLP ${WIDTHS.join("-")}, bias-free, LeakyReLU, ${ROWS} rows, batches of ${BATCH}, Adam with weight decay, one-class ` +
    `loss; milliseconds per epoch over ${rounds} alternating turns of ${EPOCHS_PER_TURN} epochs. hypersphere trains in a worker ` +
    `thread on one core (ONNX Runtime ${runtime.version}); PyTorch ${versions.torch}. Processor time counts all cores ` +
    "and does not see who else is at work.",
);
report.table(
  [...results].map(([name, { median, minimum, cpu }]) => ({
    engine: name,
    median: median.toFixed(1),
    minimum: minimum.toFixed(1),
    "least processor time": cpu.toFixed(1),
    "ratio of medians": ratio(results, name, "median").toFixed(2),
    "ratio of minima": ratio(results, name, "minimum").toFixed(2),
    "ratio of processor time": ratio(results, name, "cpu").toFixed(2),
  })),
);
const usual = nameOf({ threads: settings.at(-1).threads, variant: "default" });
report.target("median against PyTorch's best setting", ratioToBest(results, "median"), {
  atLeast: 3,
  unit: "x",
});
report.target("minimum against PyTorch's best setting", ratioToBest(results, "minimum"), {
  atLeast: 3,
  unit: "x",
});
report.note(`Against PyTorch as it comes (${usual}): ${ratio(results, usual, "median").toFixed(1)}x.`);
report.keep({ versions, rounds, milliseconds: Object.fromEntries(results) });
report.end();
