/**
 * Fashion-MNIST as in the papers: each class is normal in turn, its 6 000 training images train, and all 10 000 test
 * images test. One run gives Deep SVDD after all epochs and where the product would have stopped, pretraining alone, the
 * untrained network, and the autoencoder's reconstruction error. Beside them hypersphere's defaults for the same
 * network, chosen before anything was measured, and the distance to the fifth neighbour among the training images.
 *
 * Labels judge and do nothing else. With --write, results are kept after every run in bench/results/, and those that are
 * there are not computed again.
 */

import { fashionMnist } from "./lib/images.js";
import { KeptRuns } from "./lib/kept-runs.js";
import { HELD_SHARE, papersOptions, papersRun } from "./lib/papers-run.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { DeepSvdd, detectors } = await import(built("index.js"));
const { oneClass, selectImages } = await import(built("doors/data.js"));
const { auroc } = await import(built("metrics/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));

const CLASSES = [
  "T-shirt",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "boot",
];

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("fashion-mnist", "Fashion-MNIST: one class normal", {
  classes: named("0,1,2,3,4,5,6,7,8,9"),
  seeds: named("0,1"),
  /** Of both stages; the papers have 150 of each. */
  "pretrain-epochs": named("6"),
  epochs: named("15"),
  /** Seeds of runs without contrast normalisation; empty for none. */
  "plain-seeds": named("0,1"),
  /** Seeds of hypersphere's defaults, which train four networks; empty for none. */
  "default-seeds": named("0"),
  /** Runs side by side, each on a thread. */
  lanes: named("2"),
});
const { flags } = report;
const numbers = (text) =>
  text
    .split(",")
    .filter((item) => item !== "")
    .map(Number);
const { train, test } = await fashionMnist();
const settings = { pretrainEpochs: Number(flags["pretrain-epochs"]), epochs: Number(flags.epochs) };
const runs = new KeptRuns(report, settings);

function inPapers(images, test, changes, figures, { runtime, tell }) {
  const options = papersOptions({
    ...settings,
    encoder: "fashion-mnist-lenet",
    latentDim: 64,
    ...changes,
  });
  const onEpoch = (stage, epoch, loss) => tell(`${stage} ${epoch}, ${loss.toFixed(4)}`);
  return papersRun({ images, test, options, figures, runtime, onEpoch });
}
const measures = {
  papers(images, judged, seed, lane) {
    const figures = ["deepSvdd", "stopped", "pretrained", "untrained", "reconstruction"];
    return inPapers(images, judged, { seed }, figures, lane);
  },
  /** Deep SAD's code, where the network comes from, leaves pixels as they are; FCDD's and Deep SVDD's normalise them. */
  plain(images, judged, seed, lane) {
    return inPapers(images, judged, { seed, contrast: "none" }, ["deepSvdd"], lane);
  },
  async defaults(images, judged, seed) {
    const model = await new DeepSvdd({ encoder: "fashion-mnist-lenet", seed }).fit(images);
    const { scores } = await model.score(judged.images);
    const members = model.card.training.members.map(({ pretraining, compactness }) => ({
      pretraining,
      compactness,
    }));
    const untrained = await model.untrainedScores(judged.images);
    return {
      defaults: auroc(judged.labels, scores),
      defaultsUntrained: auroc(judged.labels, untrained),
      members,
    };
  },
  async knn(images, judged, seed) {
    const model = await detectors.knn.create({ seed, calibrationFraction: HELD_SHARE }).fit(images);
    return { knn: auroc(judged.labels, (await model.score(judged.images)).scores) };
  },
};
const seedsOf = {
  papers: numbers(flags.seeds),
  knn: [0],
  plain: numbers(flags["plain-seeds"]),
  defaults: numbers(flags["default-seeds"]),
};
const jobs = Object.entries(seedsOf).flatMap(([kind, seeds]) =>
  seeds.flatMap((seed) => numbers(flags.classes).map((normal) => ({ kind, seed, class: CLASSES[normal] }))),
);

const lanes = await nodeBackend({ runtime: "native" }).open(Number(flags.lanes));
await runs.all(jobs, lanes, ({ kind, seed, class: name }, runtime, tell) => {
  const normal = CLASSES.indexOf(name);
  const images = selectImages(train.images, oneClass(train.classes, normal).normalRows);
  const judged = { images: test.images, labels: oneClass(test.classes, normal).labels };
  return measures[kind](images, judged, seed, { runtime, tell });
});
await Promise.all(lanes.map((runtime) => runtime.close()));

const COLUMNS = [
  ["papers", "deepSvdd", "Deep SVDD"],
  ["papers", "stopped", "stopped by hypersphere's rule"],
  ["papers", "pretrained", "pretraining only"],
  ["papers", "untrained", "untrained"],
  ["papers", "reconstruction", "reconstruction error"],
  ["plain", "deepSvdd", "Deep SVDD, plain pixels"],
  ["defaults", "defaults", "defaults"],
  ["defaults", "defaultsUntrained", "defaults, untrained"],
  ["knn", "knn", "kNN (5), contrast normalised"],
];
const figure = (value) => (value === undefined ? "-" : value.toFixed(3));
const done = CLASSES.filter((name) => runs.rows.some((row) => row.class === name));
const ran = (kind, name) => runs.rows.some((row) => row.kind === kind && row.class === name);
const rowOf = (name, match) => ({
  class: name,
  ...Object.fromEntries(
    // A mean over some of the classes would stand beside means over all of them.
    COLUMNS.filter(([kind]) => done.every((each) => ran(kind, each))).map(([kind, field, title]) => [
      title,
      figure(runs.mean({ kind, ...match }, field)),
    ]),
  ),
});
const seedsDone = (kind) =>
  [...new Set(runs.rows.filter((row) => row.kind === kind).map(({ seed }) => seed))].sort().join(", ");
report.note(
  `AUROC on all 10 000 test images, means over seeds ${seedsDone("papers")}. The papers' network and settings (batches of 200, ` +
    "Adam at 1e-4, a tenth of it for the last fifth of the epochs, LeakyReLU 0.01, global contrast normalisation unless pixels are plain as in Deep SAD's code, one network, no " +
    `whitening), but ${settings.pretrainEpochs} epochs of pretraining and ${settings.epochs} of compactness training where the papers ` +
    `have 150 of each, all of them done; ${100 * HELD_SHARE} % of the 6 000 images are held out for the curves. "Stopped" is ` +
    `the state that the product keeps. Seeds of plain pixels: ${seedsDone("plain") || "none"}; of the nearest neighbours: 0; of the ` +
    `defaults, \`new DeepSvdd({ encoder: "fashion-mnist-lenet" })\`: ${seedsDone("defaults") || "none"}. ` +
    "Published means: 0.892 for Deep SVDD in the Deep SAD paper, 0.93 in FCDD's table.",
);
report.table([...done.map((name) => rowOf(name, { class: name })), rowOf("**mean**", {})]);
report.target("mean AUROC of Deep SVDD", runs.mean({ kind: "papers" }, "deepSvdd"), { atLeast: 0.915 });
report.keep({ settings, rows: runs.rows });
report.end();
