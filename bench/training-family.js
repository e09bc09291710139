/**
 * Milliseconds per epoch of Deep SAD, HSC and multi-scale Deep SVDD, against PyTorch doing the same in the same run. Before
 * anything is timed, both sides train on one batch from the same weights, and their losses have to agree.
 *
 *     HYPERSPHERE_PYTHON=... node bench/training-family.js --write
 *     HYPERSPHERE_PYTHON=... node bench/training-family.js --losses hsc --networks mlp --rounds 3
 *     HYPERSPHERE_PYTHON=... node bench/training-family.js --cores 1 --threads 1       one thread each
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { OWN, ratio, ratioToBest, takeTurns, threadsText } from "./lib/turns.js";

const { openStageTrainer } = await import(built("detectors/centre/stage-trainer.js"));
const { deepSadObjective } = await import(built("detectors/centre/deep-sad/objective.js"));
const { deepSadOptions } = await import(built("detectors/centre/deep-sad/options.js"));
const { designOf } = await import(built("detectors/networks/design.js"));
const { hscObjective } = await import(built("detectors/centre/hsc/objective.js"));
const { hscOptions } = await import(built("detectors/centre/hsc/options.js"));
const { multiScaleObjective } = await import(built("detectors/centre/multi-scale/objective.js"));
const { multiScaleOptions } = await import(built("detectors/centre/multi-scale/options.js"));
const { tapsOf } = await import(built("detectors/centre/multi-scale/taps.js"));
const { createRandom } = await import(built("math/random.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { float32 } = await import(built("runtime/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));
const { covarianceOf } = await import(built("train/covariance.js"));
const { Forward } = await import(built("train/forward.js"));

/** What a careful user of PyTorch would try. */
const PLAIN = { "default Adam": { fused: false, channels_last: false } };
const FUSED = { "fused Adam": { fused: true, channels_last: false } };
const CHANNELS_LAST = { "fused Adam, channels last": { fused: true, channels_last: true } };

const NETWORKS = {
  mlp: {
    title: "MLP 30-128-64-16",
    shape: [30],
    rows: 20_000,
    options: { encoder: "mlp", hiddenDims: [128, 64], latentDim: 16, slope: 0.1, batchSize: 128 },
    peer: { name: "mlp", widths: [30, 128, 64, 16] },
    variants: { ...PLAIN, ...FUSED },
  },
  "fashion-mnist-lenet": {
    title: "Fashion-MNIST LeNet",
    shape: [1, 28, 28],
    rows: 600,
    options: { encoder: "fashion-mnist-lenet", latentDim: 64, slope: 0.01, batchSize: 200 },
    peer: { name: "fashion-mnist-lenet", latent: 64 },
    variants: { ...PLAIN, ...FUSED, ...CHANNELS_LAST },
  },
};
/** What is alike for all, and as in bench/training.js: nothing but what the losses ask for is to be compared. */
const COMMON = {
  initialization: "pytorch",
  inputsPerUnit: 0,
  originOffset: 0,
  whiten: false,
  learningRate: 1e-4,
  weightDecay: 1e-6,
};
/** Of labelled anomalies. */
const LABELLED = 0.05;
/** Outliers to a training row: they come twice an epoch. */
const OUTLIERS = 0.5;

/** How each detector trains, and what PyTorch has to be told. @param count rows that an epoch visits */
const LOSSES = {
  "deep-sad": {
    title: "Deep SAD",
    parse: (options) => deepSadOptions.parse(options),
    objective: deepSadObjective,
    parts: (count) => ({
      train: Math.round(count * (1 - LABELLED)),
      anomalies: Math.round(count * LABELLED),
    }),
    constants: ({ center, unit }, { epsilon }) => ({ center: [...center], unit: unit[0], epsilon }),
  },
  hsc: {
    title: "HSC",
    parse: (options) => hscOptions.parse(options),
    objective: hscObjective,
    parts: (count) => ({ train: count / 2, outliers: Math.round((count / 2) * OUTLIERS) }),
    constants: () => ({}),
  },
  "multi-scale": {
    title: "multi-scale",
    // Its whitening, unlike that of the latent space alone, is part of every step.
    parse: (options) => multiScaleOptions.parse({ ...options, whiten: true }),
    objective: (design, options) => multiScaleObjective(design, options),
    parts: (count) => ({ train: count }),
    constants: ({ center, scale }, _, design) => ({
      centers: tapsOf(design, true).map(({ offset, width }) => [...center.subarray(offset, offset + width)]),
      scale: [...scale],
    }),
  },
};
const CHECKED_STEPS = 3;
/** How far losses of the two sides may be apart, relatively: both are float32. */
const AGREEMENT = 1e-4;
const EPOCHS_PER_TURN = 2;

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("training-family", "Training speed of Deep SAD, HSC and multi-scale", {
  rounds: named("6"),
  losses: named(Object.keys(LOSSES).join(",")),
  networks: named(Object.keys(NETWORKS).join(",")),
  /** Of PyTorch, each a side of its own. */
  threads: named("1,2"),
  /** That hypersphere may use; by default all, as in a fit. */
  cores: { type: "string" },
});
const { flags } = report;
requirePython("torch", "numpy");
// As a fit with one member has it: the trainer decides whether a step is shared between threads.
const cores = flags.cores === undefined ? {} : { cores: Number(flags.cores) };
const [runtime] = await nodeBackend({ runtime: "native", ...cores }).open(1);
const peer = new Peer("torch_family_peer.py");
const versions = await peer.next();
const scratch = mkdtempSync(join(tmpdir(), "hypersphere-family-"));

/** The same task on both sides: rows, starting weights, and what the loss has for constants. */
async function openTask({ parse, objective: objectiveFor, parts, constants }, { shape, rows, options: own }) {
  const options = parse({ ...COMMON, ...own });
  const design = designOf(options, shape);
  const random = createRandom(0);
  const columns = shape.reduce((product, length) => product * length, 1);
  const matrixOf = (name, count) => {
    const matrix = { rows: count, columns, data: new Float32Array(count * columns) };
    if (shape.length === 1) random.stream(name).fillNormal(matrix.data);
    else random.stream(name).fillUniform(matrix.data, 0, 1);
    return matrix;
  };
  const matrices = Object.entries(parts(rows)).map(([name, count]) => [name, matrixOf(name, count)]);
  const data = { inputShape: shape, ...Object.fromEntries(matrices) };
  const objective = objectiveFor(design, options, data);
  const layout = new ParameterLayout(objective.parameters);
  const initial = layout.initialize((name) => random.stream(name));
  const forward = await Forward.open(runtime, layout, columns, (x, p) => objective.embed(x, p));
  const covariance = (embedding, width) => covarianceOf(runtime, embedding, width);
  const start =
    (await objective.whiten?.(initial, await forward.run(initial, data.train), covariance)) ?? initial;
  const vectors = objective.anchor(await forward.run(start, data.train));
  await forward.close();
  const examples = objective.examples ?? {
    matrix: data.train,
    data: {},
    visits: rows,
    order: (stream) => stream.permutation(rows),
  };
  const open = (changes) =>
    openStageTrainer(
      {
        ...{ stage: "training", member: 0, layout, matrix: examples.matrix, batchSize: options.batchSize },
        visits: examples.visits,
        order: examples.order,
        data: {
          ...Object.fromEntries(
            Object.entries(vectors).map(([name, vector]) => [name, float32([vector.length], vector)]),
          ),
          ...examples.data,
        },
        loss: (step) => objective.loss(step),
        ...changes,
      },
      options,
      runtime,
      { random },
    );
  const batch = examples.order(random.stream("check")).slice(0, options.batchSize);
  return {
    /** Losses of one batch before each of some steps on it. */
    async check(steps) {
      const trainer = await open({ visits: batch.length, order: () => batch });
      const { losses } = await trainer.epochs(trainer.start(start), steps);
      await trainer.close();
      return losses;
    },
    batch: [...batch],
    open: async () => {
      const trainer = await open({});
      let state = trainer.start(start);
      return {
        async epoch() {
          const begun = performance.now();
          ({ state } = await trainer.epochs(state, 1));
          return performance.now() - begun;
        },
        close: () => trainer.close(),
      };
    },
    /** Of the request that opens the peer. */
    request() {
      const stored = (name, values) => {
        const path = join(scratch, name);
        writeFileSync(path, values);
        return path;
      };
      return {
        shape,
        slope: options.slope,
        rows: examples.matrix.rows,
        normals: data.train.rows,
        batch: options.batchSize,
        rate: options.learningRate,
        weight_decay: options.weightDecay,
        paths: { data: stored("data.bin", examples.matrix.data), start: stored("start.bin", start) },
        start: layout.specs.map(({ name, shape: own }) => ({ name, shape: own })),
        constants: constants(vectors, options, design),
      };
    },
  };
}

/** @throws where the two sides do not compute the same. @returns the largest relative difference */
async function agreement(task, what) {
  const own = await task.check(CHECKED_STEPS);
  const theirs = await peer.ask({ kind: "check", rows: task.batch, steps: CHECKED_STEPS });
  const differences = Object.values(theirs).flatMap((losses) =>
    losses.map((loss, step) => Math.abs(own[step] / loss - 1)),
  );
  const largest = Math.max(...differences);
  if (largest < AGREEMENT) return largest;
  throw new Error(
    `${what}: losses ${own.join(", ")} here and ${JSON.stringify(theirs)} in PyTorch; they should agree.`,
  );
}

async function measured(task, variants) {
  const settings = flags.threads
    .split(",")
    .map(Number)
    .flatMap((threads) => Object.keys(variants).map((variant) => ({ threads, variant })));
  const trainer = await task.open();
  const lanes = new Map([
    [OWN, () => trainer.epoch()],
    ...settings.map(({ threads, variant }) => [
      `PyTorch, ${variant}, ${threadsText(threads)}`,
      () => peer.ask({ kind: "epoch", threads, variant }),
    ]),
  ]);
  const results = await takeTurns(lanes, { rounds: Number(flags.rounds), perTurn: EPOCHS_PER_TURN });
  await trainer.close();
  return results;
}

report.note(
  `Milliseconds per epoch over ${flags.rounds} alternating turns of ${EPOCHS_PER_TURN} epochs, after one to warm up; Adam, and batches that each ` +
    `detector makes: Deep SAD with ${100 * LABELLED} % labelled anomalies, HSC of half normals and half outliers, multi-scale with every block whitened. ONNX Runtime ${runtime.version}, ` +
    `${flags.cores === undefined ? "threads as a fit has them" : `cores: ${flags.cores}`}; PyTorch ${versions.torch}.`,
);
const figures = [];
for (const network of flags.networks.split(",")) {
  for (const loss of flags.losses.split(",")) {
    const { title, rows, options, variants } = NETWORKS[network];
    const what = `${LOSSES[loss].title}, ${title}`;
    const task = await openTask(LOSSES[loss], NETWORKS[network]);
    await peer.ask({ kind: "open", network: NETWORKS[network].peer, loss, variants, ...task.request() });
    const difference = await agreement(task, what);
    const results = await measured(task, variants);
    report.table(
      [...results].map(([name, { median, minimum }]) => ({
        [`${what}, ${rows} rows in batches of ${options.batchSize}`]: name,
        median: median.toFixed(1),
        minimum: minimum.toFixed(1),
        "ratio of medians": ratio(results, name, "median").toFixed(2),
        "ratio of minima": ratio(results, name, "minimum").toFixed(2),
      })),
    );
    report.target(
      `${what}, PyTorch's time over ours (medians, its best setting)`,
      ratioToBest(results, "median"),
      { atLeast: 0.667, unit: "x" },
    );
    figures.push({ network, loss, difference, milliseconds: Object.fromEntries(results) });
  }
}
report.note(
  `Losses of the first batch and after each of ${CHECKED_STEPS - 1} steps on it agree within ${Math.max(...figures.map(({ difference }) => difference)).toExponential(1)}.`,
);
await runtime.close();
peer.close();
rmSync(scratch, { recursive: true });
report.keep({ versions, rounds: Number(flags.rounds), figures });
report.end();
