/**
 * Multi-scale against single-scale Deep SVDD on Fashion-MNIST: the same network, settings and epochs, each class normal in
 * turn, judged on all 10 000 test images. Labels judge and do nothing else.
 *
 *     node bench/multi-scale-images.js --write       ten classes, one seed; goes on where it was stopped
 *     node bench/multi-scale-images.js --whitened    the same, and both with whitened blocks
 *     node bench/multi-scale-images.js --classes 0,1 --seeds 0 --epochs 15 --pretrain-epochs 6
 *
 * With --write, runs are kept after every one, and those that are there are not computed again; processes with other
 * classes may run beside.
 */
import { meanDifference, meanDifferenceText } from "./lib/bootstrap.js";
import { DEEP_SAD_SETTINGS, fashionMnist } from "./lib/images.js";
import { KeptRuns } from "./lib/kept-runs.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { DeepSvdd, MultiScale } = await import(built("index.js"));
const { oneClass, selectImages } = await import(built("doors/data.js"));
const { auroc } = await import(built("metrics/index.js"));

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("multi-scale-images", "Multi-scale against single-scale Deep SVDD on images", {
  classes: named("0,1,2,3,4,5,6,7,8,9"),
  seeds: named("0"),
  "pretrain-epochs": named("6"),
  epochs: named("15"),
  /** Whether to run the learners that are whitened, too. */
  whitened: { type: "boolean", default: false },
});
const { flags } = report;
const numbers = (text) => text.split(",").map(Number);
const epochs = { pretrainEpochs: Number(flags["pretrain-epochs"]), epochs: Number(flags.epochs) };
const settings = { ...DEEP_SAD_SETTINGS.fashionMnist, ...epochs };

const white = { whiten: true };
/** Each multi-scale learner is compared with the single-scale one that is made like it. */
const LEARNERS = {
  "Deep SVDD": { make: (options) => new DeepSvdd(options) },
  // As in the paper: distances are added as they are.
  "multi-scale, sum": {
    make: (options) => new MultiScale({ ...options, combine: "sum" }),
    over: "Deep SVDD",
  },
  "multi-scale": { make: (options) => new MultiScale(options), over: "Deep SVDD" },
  "Deep SVDD, whitened": { make: (options) => new DeepSvdd({ ...options, ...white }) },
  "multi-scale, whitened": {
    make: (options) => new MultiScale({ ...options, ...white }),
    over: "Deep SVDD, whitened",
  },
};

const { train, test } = await fashionMnist();
const runs = new KeptRuns(report, epochs);
const jobs = numbers(flags.seeds).flatMap((seed) =>
  numbers(flags.classes).flatMap((each) =>
    Object.keys(LEARNERS)
      .filter((name) => flags.whitened || !name.endsWith("whitened"))
      .map((learner) => ({ seed, class: each, learner })),
  ),
);
await runs.all(jobs, [undefined], async ({ seed, class: normal, learner }) => {
  const images = selectImages(train.images, oneClass(train.classes, normal).normalRows);
  const model = await LEARNERS[learner].make({ ...settings, seed }).fit(images);
  const { labels } = oneClass(test.classes, normal);
  const { scores } = await model.score(test.images);
  const [{ compactness }] = model.card.training.members;
  return {
    auroc: auroc(labels, scores),
    untrained: auroc(labels, await model.untrainedScores(test.images)),
    kept: compactness.kept,
    ended: compactness.ended,
  };
});

const drawn = (field) => [...new Set(runs.rows.map((row) => row[field]))].sort();
const classes = drawn("class");
const names = Object.keys(LEARNERS).filter((name) => runs.rows.some(({ learner }) => learner === name));
const figure = (match, field) => runs.mean(match, field)?.toFixed(3) ?? "-";
report.note(
  `AUROC on the 10 000 test images of Fashion-MNIST, classes ${classes.join(", ")} normal in turn, seeds ${drawn("seed").join(", ")}. ` +
    `Encoder ${settings.encoder} and the settings of Deep SAD's code, plain pixels, but for ${epochs.pretrainEpochs} and ${epochs.epochs} epochs at one ` +
    "rate, the same for all; training ends early by the product's own rules. Distances are relative to their mean over normals, " +
    "or added as they are (sum). Whitened: equal spread in all directions when training begins, in every block.",
);
report.table(
  classes.map((each) => ({
    class: each,
    ...Object.fromEntries(names.map((learner) => [learner, figure({ class: each, learner }, "auroc")])),
  })),
);

/** Over the single-scale learner, class by class; classes that one of the two has not had are left out. */
function compare(learner) {
  const of = (each, name) => runs.mean({ class: each, learner: name }, "auroc");
  const differences = classes
    .map((each) => of(each, learner) - of(each, LEARNERS[learner].over))
    .filter((difference) => !Number.isNaN(difference));
  const result = meanDifference(differences, "multi-scale-images");
  return { result, text: meanDifferenceText(differences, result, "classes") };
}
const compared = new Map(
  names.filter((name) => LEARNERS[name].over !== undefined).map((name) => [name, compare(name)]),
);
report.table(
  names.map((learner) => ({
    learner,
    mean: figure({ learner }, "auroc"),
    untrained: figure({ learner }, "untrained"),
    "over single-scale": compared.get(learner)?.text ?? "",
  })),
);
report.keep({
  settings: epochs,
  rows: runs.rows,
  differences: Object.fromEntries([...compared].map(([name, { result }]) => [name, result])),
});
report.end();
