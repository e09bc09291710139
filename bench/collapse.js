/**
 * Hypersphere collapse on purpose: networks with every known way to the trivial solution, trained hard. Each must be
 * refused, rolled back or stopped while it still tells rows apart. Beside it what the same network comes to with
 * nobody watching. And the other way round: fifty runs on small real tables, none of which may be flagged.
 *
 * The API refuses biases and bounded activations before training. These networks are therefore also trained below it,
 * by the code that trains a member, to see whether the watch over training would have caught them as well.
 */
import { adbenchTables, labelledRows, pick } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { DeepSvdd, tableFromMatrix } = await import(built("index.js"));
const { selectRows } = await import(built("doors/data.js"));
const { createRandom } = await import(built("math/random.js"));
const { mean } = await import(built("math/quantile.js"));
const { auroc } = await import(built("metrics/index.js"));
const { mlp } = await import(built("nn/mlp.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { currentBackend, float32 } = await import(built("runtime/index.js"));
const { Forward } = await import(built("train/forward.js"));
const { collapseSigns } = await import(built("train/health.js"));
const { LatentProbe } = await import(built("train/latent-probe.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));
const { hypersphereCenter } = await import(built("detectors/centre/center.js"));
const { MemberTraining } = await import(built("detectors/centre/member.js"));
const { deepSvddObjective, oneClassLoss } = await import(built("detectors/centre/deep-svdd/objectives.js"));
const { deepSvddOptions } = await import(built("detectors/centre/deep-svdd/options.js"));

const report = new Report("collapse", "Collapse on purpose, and healthy runs", {
  healthy: { type: "string", default: "50" },
});
const backend = currentBackend();
const runtime = await backend.inline();

/** Trained hard and without what protects the default: patience, whitening, origins of one's own, a centre off zero. */
const HARD = {
  members: 1,
  hiddenDims: [32],
  latentDim: 8,
  inputsPerUnit: 0,
  pretrain: false,
  whiten: false,
  epochs: 200,
  patience: 200,
  learningRate: 0.01,
};
const ZERO = { centerFloor: 0, originOffset: 0 };
const DECAYS = [10, 1000].flatMap((weightDecay) =>
  ["adam", "adamw", "sgd"].map((name) => [
    `weight decay ${weightDecay}, ${name}`,
    { weightDecay, optimizer: name, ...(name === "adamw" && { learningRate: 1e-3 }) },
  ]),
);
const NETWORKS = [
  ["biases", { bias: true }],
  ["biases, linear", { bias: true, activation: "linear" }],
  ["biases, zero centre", { bias: true, ...ZERO }],
  ["biases, deep", { bias: true, hiddenDims: [32, 32, 32] }],
  ["tanh", { activation: "tanh" }],
  ["tanh, saturated", { activation: "tanh", learningRate: 0.5 }],
  ["sigmoid", { activation: "sigmoid" }],
  ["sigmoid, saturated", { activation: "sigmoid", learningRate: 0.5 }],
  ["elu", { activation: "elu" }],
  ["tanh and biases", { activation: "tanh", bias: true }],
  ["sigmoid and biases", { activation: "sigmoid", bias: true }],
  ["zero centre, linear", { ...ZERO, activation: "linear" }],
  ["zero centre, leaky-relu", ZERO],
  ["zero centre, no hidden layer", { ...ZERO, hiddenDims: [] }],
  ...DECAYS,
  ["one latent dimension", { latentDim: 1 }],
  ["one latent dimension, zero centre", { latentDim: 1, ...ZERO, activation: "linear" }],
  ["two latent dimensions, zero centre", { latentDim: 2, ...ZERO }],
  ["one latent dimension, biases", { latentDim: 1, bias: true }],
];
const refused = ({ bias, activation }) => bias === true || ["tanh", "sigmoid", "elu"].includes(activation);

/** Normals near a plane of three dimensions in six; anomalies anywhere. */
function correlated(rows = 400, columns = 6) {
  const stream = createRandom(1).stream("correlated");
  const mix = Array.from({ length: 3 }, () => Array.from({ length: columns }, () => stream.normal()));
  const normal = () => {
    const factors = mix.map(() => stream.normal());
    return Array.from({ length: columns }, (_, column) =>
      factors.reduce((sum, factor, k) => sum + factor * mix[k][column], 3 + 0.2 * stream.normal()),
    );
  };
  const abnormal = () => Array.from({ length: columns }, () => 3 + 2 * stream.normal());
  const matrix = (row, count) => tableFromMatrix(Array.from({ length: count }, row));
  return { normals: matrix(normal, rows), held: matrix(normal, 200), anomalies: matrix(abnormal, 200) };
}
/** Normals to train on, further ones, and anomalies. */
async function small(name, random, rows) {
  const { table, normals, anomalies } = await labelledRows(name, random);
  return {
    normals: pick(table, normals.subarray(0, rows)),
    held: selectRows(table, normals.subarray(rows, rows + 400)),
    anomalies: selectRows(table, anomalies.subarray(0, 400)),
  };
}
const tables = {
  Gaussian: correlated(),
  "6_cardio": await small("6_cardio", createRandom(0), 400),
  "2_annthyroid": await small("2_annthyroid", createRandom(0), 400),
};

/** Features standardised by the normals: a tenth of these to validate, the others to train. */
function features({ normals, held, anomalies }) {
  const scales = normals.columns.map(({ values }) => {
    const average = mean(values);
    const deviation = Math.sqrt(mean(Float64Array.from(values, (value) => (value - average) ** 2)));
    return { average, deviation };
  });
  const used = scales.flatMap(({ deviation }, k) => (deviation > 0 ? [k] : []));
  const matrix = (table, from = 0, to = table.rowCount) => {
    const data = new Float32Array((to - from) * used.length);
    for (let k = 0; k < data.length; k++) {
      const column = used[k % used.length];
      const { average, deviation } = scales[column];
      const row = from + Math.floor(k / used.length);
      data[k] = (table.columns[column].values[row] - average) / deviation;
    }
    return { rows: to - from, columns: used.length, data };
  };
  const cut = Math.round(0.9 * normals.rowCount);
  return {
    inputShape: [used.length],
    train: matrix(normals, 0, cut),
    validation: matrix(normals, cut),
    held: matrix(held),
    anomalies: matrix(anomalies),
  };
}

const designOf = (options, inputDim) =>
  mlp({
    ...options,
    inputDim,
    reconstruction: "linear",
    inputsPerUnit: Math.min(options.inputsPerUnit, inputDim),
  });

/** Latent space of the training rows: how it looks, and whether it is of use. */
async function look(design, layout, { origin, parameters, center, vectors }, { rows, columns, data }) {
  const forward = await Forward.open(runtime, layout, design.inputShape[0], (x, p) =>
    design.encoder.forward(x, p),
  );
  const seen = { rows, columns, data: data.map((value, k) => value - (origin?.[k % columns] ?? 0)) };
  const latent = await forward.run(parameters, seen);
  await forward.close();
  if (!latent.every(Number.isFinite)) return undefined;
  const centre = center ?? vectors?.center ?? hypersphereCenter(latent, design.latentDim, 0);
  const probe = await LatentProbe.open(runtime, layout, design.encoder, seen);
  const reading = await probe.read(parameters, centre);
  await probe.close();
  return { latent, centre, ...reading };
}

/** AUROC of a sphere on further normals and anomalies: labels judge here, and train nothing. */
async function judge(design, layout, sphere, { held, anomalies }) {
  const [low, high] = [
    await look(design, layout, sphere, held),
    await look(design, layout, sphere, anomalies),
  ];
  if (low === undefined || high === undefined) return 0.5;
  const labels = [...low.distances.map(() => 0), ...high.distances.map(() => 1)];
  return auroc(labels, [...low.distances, ...high.distances]);
}

/** The objective alone, for as many epochs, with no one watching. */
async function unwatched(options, design, layout, data) {
  const { train } = data;
  const random = createRandom(options.seed);
  const initial = layout.initialize((name) => random.stream("member", 0, name));
  const first = await look(design, layout, { parameters: initial }, train);
  const center = hypersphereCenter(first.latent, design.latentDim, options.centerFloor);
  const start = await look(design, layout, { parameters: initial, center }, train);
  const batchSize = Math.min(options.batchSize, train.rows);
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ ...options, name: options.optimizer }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: ["rows", train.columns] },
        center: { dtype: "float32", shape: [center.length] },
      },
      loss: (context) => oneClassLoss(design, context),
    },
    { features: float32([train.rows, train.columns], train.data), center: float32([center.length], center) },
    {
      rowCount: train.rows,
      batchSize,
      learningRate: { base: options.learningRate, milestones: [], factor: 0.1 },
      shuffle: (epoch) => random.stream("member", 0, "training", epoch),
    },
  );
  const { state } = await trainer.epochs(trainer.start(initial), options.epochs);
  await trainer.close();
  const end = await look(design, layout, { parameters: state.parameters, center }, train);
  if (end === undefined) return { shrunk: null, auroc: 0.5, signs: ["values that are not finite"] };
  const shrunk = mean(end.distances) / mean(start.distances);
  return {
    shrunk,
    auroc: await judge(design, layout, { parameters: state.parameters, center }, data),
    signs: collapseSigns(end.snapshot, start.snapshot),
  };
}

/** What became of a member trained by the product's own code, and whether what it kept tells rows apart. */
async function watched(options, design, layout, data) {
  const context = { identity: "collapse", random: createRandom(options.seed), backend };
  const objective = deepSvddObjective(design, options);
  const task = { member: 0, design, options, objective, data, onEpoch: () => {} };
  const training = new MemberTraining(task, runtime, context);
  const { trained, untrained, report: went } = await training.run();
  const { pretraining, compactness } = went;
  const fatal =
    (pretraining.ended === "collapse" && pretraining.kept === 0) ||
    (compactness.ended === "collapse" && compactness.kept === 0 && pretraining.ended === "left out");
  if (fatal) return { outcome: "no model", kept: undefined };
  const kept = await look(design, layout, trained, data.train);
  const begun = await look(design, layout, untrained, data.train);
  const ended = [pretraining.ended, compactness.ended].includes("collapse")
    ? "rolled back"
    : compactness.ended === "overfitting"
      ? "stopped"
      : "went on";
  const [distinct, variation] = [kept.snapshot.distinct, kept.snapshot.variation];
  const [before, after] = [
    await judge(design, layout, untrained, data),
    await judge(design, layout, trained, data),
  ];
  // A constant, or nearly so, or no better than a coin where the network knew something before training.
  const useless =
    distinct < 0.9 * begun.snapshot.distinct || variation < 0.05 || (before > 0.65 && after < 0.55);
  return { outcome: ended, useful: !useless, distinct, variation, before, after };
}

const results = [];
for (const [name, overrides] of NETWORKS) {
  for (const [data, table] of Object.entries(tables)) {
    const matrix = features(table);
    for (const [variant, change] of [
      ["bare", {}],
      ["pretrained, whitened", { pretrain: true, whiten: true }],
    ]) {
      const options = deepSvddOptions.parse({ ...HARD, ...overrides, ...change });
      const design = designOf(options, matrix.train.columns);
      const layout = new ParameterLayout(design.encoder.parameters);
      const left = variant === "bare" ? await unwatched(options, design, layout, matrix) : undefined;
      const seen = await watched(options, design, layout, matrix);
      let api = "trains";
      try {
        const model = await new DeepSvdd({ ...HARD, ...overrides, ...change }).fit(table.normals);
        api = model.card.training.health.healthy ? "healthy" : "rolled back";
      } catch (error) {
        api = error.code;
      }
      results.push({ network: name, data, variant, unwatched: left, watched: seen, api });
    }
  }
}
// Caught means: refused by the API before training, or no model, or one that kept a state of use.
const useless = results.filter(({ watched }) => watched.outcome !== "no model" && !watched.useful);
const missed = useless.filter(({ api }) => api !== "degenerate-encoder");
const notRefused = results.filter(
  ({ network, api }) => refused(Object.fromEntries(NETWORKS)[network]) !== (api === "degenerate-encoder"),
);

function distanceLeft(runs) {
  const shares = runs.map(({ shrunk }) => shrunk).filter((shrunk) => shrunk !== null);
  const diverged = runs.length - shares.length;
  const text = shares.length > 0 ? `${Number((100 * mean(shares)).toPrecision(2))} %` : "";
  return [text, diverged > 0 ? `${diverged} diverged` : ""].filter((part) => part !== "").join(", ");
}

const meanOf = (rows, figure) => {
  const values = rows.map(({ watched }) => watched[figure]).filter((value) => value !== undefined);
  return values.length > 0 ? mean(values).toFixed(3) : "-";
};
const count = (rows, outcome) => rows.filter(({ watched }) => watched.outcome === outcome).length;
report.note(
  `${results.length} networks: ${NETWORKS.length} kinds, three tables of 400 rows, with and without pretraining and whitening; ${HARD.epochs} epochs at a ` +
    `learning rate of ${HARD.learningRate} unless said otherwise. Unwatched: mean squared distance to the centre after training, as a share ` +
    "of that before, and networks with signs of collapse (bare ones only). `node bench/collapse.js --write` makes this.",
);
report.table(
  NETWORKS.map(([network]) => {
    const rows = results.filter((row) => row.network === network);
    const alone = rows.filter((row) => row.unwatched !== undefined).map((row) => row.unwatched);
    return {
      network,
      "unwatched, distance left": distanceLeft(alone),
      "unwatched, collapsed": `${alone.filter(({ signs }) => signs.length > 0).length} of ${alone.length}`,
      "AUROC unwatched": mean(alone.map((run) => run.auroc)).toFixed(3),
      "AUROC kept": meanOf(rows, "after"),
      "AUROC untrained": meanOf(rows, "before"),
      "no model": count(rows, "no model"),
      "rolled back": count(rows, "rolled back"),
      stopped: count(rows, "stopped"),
      "went on": count(rows, "went on"),
      "useless and kept": rows.filter((row) => useless.includes(row)).length,
      API: [...new Set(rows.map(({ api }) => api))].join(", "),
    };
  }),
);
for (const { network, data, variant, watched } of useless)
  report.note(`Useless and kept: ${network}, ${data}, ${variant}: ${JSON.stringify(watched)}`);

const flagged = [];
const healthy = Number(report.flags.healthy);
const names = adbenchTables();
for (let run = 0; run < healthy; run++) {
  const [dataset, seed] = [names[run % names.length], Math.floor(run / names.length)];
  const { normals } = await small(dataset, createRandom(seed), 600);
  const warnings = [];
  try {
    const model = await new DeepSvdd({ seed, members: 1 }).fit(normals, {
      onWarning: (message) => warnings.push(message),
    });
    const said = warnings.filter((message) => /collapse/.test(message));
    if (said.length > 0 || !model.card.training.health.healthy) flagged.push({ dataset, seed, said });
  } catch (error) {
    flagged.push({ dataset, seed, said: [error.message] });
  }
}
report.keep({ results, healthy, flagged });
for (const { dataset, seed, said } of flagged)
  report.note(`Flagged: ${dataset}, seed ${seed}: ${said.join(" ")}`);
report.target("useless networks that were not caught", missed.length, { atMost: 0 });
report.target("networks that the API should refuse and does not, or the reverse", notRefused.length, {
  atMost: 0,
});
report.target(`healthy runs flagged, of ${healthy}`, flagged.length, { atMost: 0 });
report.end();
process.exit(missed.length + notRefused.length + flagged.length > 0 ? 1 : 0);
