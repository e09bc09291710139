/**
 * Milliseconds of a training step for the papers' image encoders and for transforms, against PyTorch in the same run. A step of
 * transforms takes 64 images in four rotations each, and makes their views.
 *
 *     HYPERSPHERE_PYTHON=... node bench/training-images.js --encoders resnet-small --stages transforms
 */
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { openOneClass, openTimed } from "./lib/timed-trainer.js";
import { openTransforms, TRANSFORM_IMAGES } from "./lib/timed-transforms.js";
import { takeTurns, threadsText } from "./lib/turns.js";

const { designEncoder } = await import(built("nn/encoders.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { reconstructionLoss } = await import(built("detectors/networks/batch.js"));
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
  "resnet-small": { shape: [1, 28, 28], stages: ["transforms"], batch: TRANSFORM_IMAGES },
};
const STAGES = ["one-class", "autoencoder"];
const THREADS = [1, 2];
/** PyTorch as it comes, and with channels last and fused Adam. */
const PEERS = { PyTorch: false, "PyTorch, tuned": true };

const report = new Report("training-images", "Training speed of the image encoders", {
  rounds: { type: "string", default: "8" },
  encoders: { type: "string", default: Object.keys(ENCODERS).join(",") },
  stages: { type: "string", default: "one-class,autoencoder,transforms" },
});
requirePython("torch");
const random = createRandom(0);
const runtimes = await Promise.all(
  THREADS.map(async (cores) => (await nodeBackend({ runtime: "native", cores }).open(1))[0]),
);
const peer = new Peer("torch_images_peer.py");
const versions = await peer.next();

/** A stage of Deep SVDD's training as the product runs it: its program and its driver. Returns a timed epoch. */
function openTrainer(runtime, encoder, stage) {
  const { shape, latentDim } = ENCODERS[encoder];
  if (stage === "transforms") return openTransforms(runtime, shape, STEPS, random);
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
  const columns = shape.reduce((product, length) => product * length, 1);
  const data = new Float32Array(ROWS * columns);
  random.stream("data").fillUniform(data, 0, 1);
  const features = float32([ROWS, columns], data);
  const settings = { batch: BATCH, weightDecay: WEIGHT_DECAY };
  if (stage === "one-class") return openOneClass(runtime, design, settings, features, random);
  const layout = new ParameterLayout([...design.encoder.parameters, ...design.decoder.parameters]);
  const loss = (context) => reconstructionLoss(design, context);
  return openTimed(runtime, { layout, loss, ...settings }, { features }, random);
}

const figures = [];
for (const encoder of report.flags.encoders.split(",")) {
  const { stages = STAGES, batch = BATCH } = ENCODERS[encoder];
  for (const stage of report.flags.stages.split(",").filter((each) => stages.includes(each))) {
    const task = { encoder, stage, rows: STEPS * batch, batch, weight_decay: WEIGHT_DECAY };
    for (const tuned of Object.values(PEERS)) await peer.ask({ kind: "open", ...task, tuned });
    const trainers = await Promise.all(runtimes.map((runtime) => openTrainer(runtime, encoder, stage)));
    const lanes = new Map([
      ...THREADS.map((threads, k) => [
        `hypersphere, ${threadsText(threads)}`,
        async () => (await trainers[k].epoch()).ms,
      ]),
      ...Object.entries(PEERS).flatMap(([name, tuned]) =>
        THREADS.map((threads) => [
          `${name}, ${threadsText(threads)}`,
          () => peer.ask({ kind: "epoch", encoder, stage, tuned, threads }),
        ]),
      ),
    ]);
    const results = await takeTurns(lanes, {
      rounds: Number(report.flags.rounds),
      warmUp: "round",
      parts: STEPS,
    });
    for (const trainer of trainers) await trainer.close();
    figures.push({ encoder, stage, lanes: Object.fromEntries(results) });
  }
}
for (const runtime of runtimes) await runtime.close();
peer.close();

const two = threadsText(2);
const ratio = ({ lanes }, threads, figure, name = "PyTorch") =>
  lanes[`${name}, ${threadsText(threads)}`][figure] / lanes[`hypersphere, ${threadsText(threads)}`][figure];
report.note(
  `Forward, backward and Adam (weight decay ${WEIGHT_DECAY}), batches of ${BATCH} (transforms: AdamW, ${TRANSFORM_IMAGES} images in four rotations); milliseconds per step over ` +
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
  } else if (figure.stage === "transforms") {
    const tuned = Math.min(...Object.keys(PEERS).map((peerName) => ratio(figure, 2, "median", peerName)));
    report.target(`the better PyTorch's median over ours, ${name}, ${two}`, tuned, {
      atLeast: 1.2,
      unit: "x",
    });
  } else report.note(`${measured}: ${ratio(figure, 2, "median").toFixed(2)}x.`);
  report.note(
    `By minima ${ratio(figure, 2, "minimum").toFixed(2)}x; with one thread ${ratio(figure, 1, "median").toFixed(2)}x. Against PyTorch with channels ` +
      `last and fused Adam ${ratio(figure, 2, "median", "PyTorch, tuned").toFixed(2)}x; with one thread ${ratio(figure, 1, "median", "PyTorch, tuned").toFixed(2)}x.`,
  );
}
report.keep({ versions, rounds: Number(report.flags.rounds), figures });
report.end();
