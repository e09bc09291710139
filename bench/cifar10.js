/**
 * The papers' network for CIFAR-10 on a subset of it, against the same network in PyTorch at the same settings: each class
 * is normal in turn, its 800 images train (of which a twentieth is held out), the 4 000 test images test. The subset was
 * decoded from lossy JPEGs, so no published figure applies. Preprocessing, rows and settings are the same on both sides.
 * Random numbers are each side's own; a second time, PyTorch starts from the same weights as hypersphere, and only the
 * order of rows is its own: that takes most of the chance out of the difference.
 *
 * Labels judge and do nothing else. With --write, results are kept after every run in bench/results/, and those that are
 * there are not computed again.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeptRuns } from "./lib/kept-runs.js";
import { heldOut, papersOptions, papersRun, startOf } from "./lib/papers-run.js";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { oneClass, selectImages } = await import(built("doors/data.js"));
const { readCifarBinary } = await import(built("doors/io.js"));
const { mean, std } = await import(built("math/quantile.js"));
const { auroc } = await import(built("metrics/index.js"));
const { nodeBackend } = await import(built("runtime/node/backend.js"));

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const FIGURES = {
  deepSvdd: "Deep SVDD",
  pretrained: "pretraining only",
  untrained: "untrained",
};
const OURS = "hypersphere";
const SAME_START = "PyTorch from the same weights";
const SIDES = [OURS, "PyTorch", SAME_START];

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("cifar10", "CIFAR-10's network on a subset, against PyTorch", {
  classes: named("0,1,2,3,4,5,6,7,8,9"),
  seeds: named("0"),
  /** The papers have 350 and 150. */
  "pretrain-epochs": named("9"),
  epochs: named("9"),
  /** Runs side by side, each on a thread. */
  lanes: named("2"),
});
const { flags } = report;
const folder = join(dataFolder, "images/cifar10");
if (!existsSync(folder)) {
  console.error(`There is no ${folder}: set HYPERSPHERE_DATA to the folder that holds images/.`);
  process.exit(1);
}
requirePython("torch", "numpy");
const paths = { train: join(folder, "jpeg_train_8000.bin.gz"), test: join(folder, "jpeg_test_4000.bin.gz") };
const train = await readCifarBinary(paths.train);
const test = await readCifarBinary(paths.test);
const numbers = (text) => text.split(",").map(Number);
const settings = { pretrainEpochs: Number(flags["pretrain-epochs"]), epochs: Number(flags.epochs) };
const runs = new KeptRuns(report, settings);

const optionsOf = (seed) =>
  papersOptions({
    ...settings,
    encoder: "cifar10-lenet",
    latentDim: 128,
    seed,
    pretrainWeightDecay: 0.5e-6,
  });

/** Weights on their way to PyTorch. */
const scratch = mkdtempSync(join(tmpdir(), "hypersphere-cifar10-"));
function storedStart(options) {
  const { specs, values } = startOf(options, [3, 32, 32]);
  const path = join(scratch, `${options.seed}.bin`);
  writeFileSync(path, values);
  return { path, specs };
}

/** The same in PyTorch, with the rows that `papersRun` trains on. */
async function inPytorch(normalRows, labels, options, start, peer) {
  const { heldRows, trainRows } = heldOut(normalRows.length, options.seed);
  const original = (rows) => Array.from(rows, (row) => normalRows[row]);
  const { scores, ...curves } = await peer.ask({
    train_path: paths.train,
    test_path: paths.test,
    train_rows: original(trainRows),
    held_rows: original(heldRows),
    seed: options.seed,
    latent: options.latentDim,
    batch: options.batchSize,
    pretraining: {
      epochs: options.pretrainEpochs,
      milestone: options.pretrainMilestones[0],
      weight_decay: options.pretrainWeightDecay,
    },
    training: {
      epochs: options.epochs,
      milestone: options.milestones[0],
      weight_decay: options.weightDecay,
    },
    threads: 1,
    start,
  });
  const figures = Object.entries(scores).map(([name, values]) => [name, auroc(labels, values)]);
  return { ...Object.fromEntries(figures), ...curves };
}

const lanes = (await nodeBackend({ runtime: "native" }).open(Number(flags.lanes))).map((runtime) => ({
  runtime,
  peer: new Peer("torch_lenet_peer.py"),
}));
const versions = await Promise.all(lanes.map(({ peer }) => peer.next()));
const jobs = numbers(flags.seeds).flatMap((seed) =>
  numbers(flags.classes).flatMap((normal) => SIDES.map((side) => ({ side, seed, class: CLASSES[normal] }))),
);
await runs.all(jobs, lanes, async ({ side, seed, class: name }, { runtime, peer }, tell) => {
  const normal = CLASSES.indexOf(name);
  const { normalRows } = oneClass(train.classes, normal);
  const { labels } = oneClass(test.classes, normal);
  const options = optionsOf(seed);
  if (side !== OURS) {
    return inPytorch(normalRows, labels, options, side === SAME_START ? storedStart(options) : null, peer);
  }
  return papersRun({
    images: selectImages(train.images, normalRows),
    test: { images: test.images, labels },
    options,
    figures: Object.keys(FIGURES),
    runtime,
    onEpoch: (stage, epoch, loss) => tell(`${stage} ${epoch}, ${loss.toFixed(4)}`),
  });
});
for (const { runtime, peer } of lanes) {
  peer.close();
  await runtime.close();
}
rmSync(scratch, { recursive: true });

const figure = (value) => (value === undefined ? "-" : value.toFixed(3));
const rowOf = (name, match) => ({
  class: name,
  ...Object.fromEntries(
    Object.entries(FIGURES).flatMap(([field, title]) =>
      SIDES.map((side) => [`${title}, ${side}`, figure(runs.mean({ side, ...match }, field))]),
    ),
  ),
});
report.note(
  `800 images of a class, 760 of them to train on, ${test.images.rowCount} to test; ${settings.pretrainEpochs} epochs of pretraining ` +
    `and ${settings.epochs} of compactness training (the papers: 350 and 150, on 5 000 images), batches of 200, Adam at 1e-4, a ` +
    `tenth of it for the last fifth of the epochs; all epochs are done. Seeds ${flags.seeds}. PyTorch ${versions[0].torch}. AUROC.`,
);
report.table([
  ...CLASSES.filter((name) => runs.rows.some((row) => row.class === name)).map((name) =>
    rowOf(name, { class: name }),
  ),
  rowOf("**mean**", {}),
]);
for (const theirs of SIDES.slice(1)) {
  for (const [field, title] of Object.entries(FIGURES)) {
    const differences = runs.rows
      .filter(({ side }) => side === OURS)
      .map(
        ({ seed, class: name, [field]: value }) =>
          value - runs.mean({ side: theirs, seed, class: name }, field),
      )
      .filter(Number.isFinite);
    if (differences.length < 2) continue;
    const difference = mean(differences);
    const error = std(differences) / Math.sqrt(differences.length - 1);
    const name = `${title}, our mean and that of ${theirs} apart (standard error ${error.toFixed(3)}, ${differences.length} pairs of runs)`;
    report.target(name, Math.abs(difference), { atMost: 0.01 });
  }
}
report.keep({ settings, versions: versions[0], rows: runs.rows });
report.end();
