/**
 * Predicting rotation and translation on Fashion-MNIST (6 000 images of a class) or on the subset of CIFAR-10 (800), where each
 * class is normal in turn, on PneumoniaMNIST (1 214 X-rays without findings), or on whole images of BSData (260 good ones).
 * Beside the trained network it measures what training has to beat: the same network untrained, once with the statistics of
 * batch normalisation measured on training images and once with mean 0 and variance 1, and the distance to the fifth neighbour
 * among the training images, on raw pixels and on contrast-normalised ones.
 *
 *     node bench/transforms.js --data cifar10 --classes 0,4,8 --minutes 1 --write
 *     node bench/transforms.js --data cifar10 --minutes 1,2,5,20 --write --figure docs/transforms-minutes.svg
 *
 * The second one draws AUROC against minutes, which takes about five hours on an idle machine: `minutes` are nominal, and what
 * they buy does not depend on the load, but the time does.
 *
 * Labels judge and do nothing else. With --write, results are kept after every run in bench/results/, and those that are
 * there are not computed again.
 */
import { writeFileSync } from "node:fs";
import { bsData, cifar10, fashionMnist, pneumoniaMnist } from "./lib/images.js";
import { KeptRuns } from "./lib/kept-runs.js";
import { minutesFigure } from "./lib/minutes-figure.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { detectors } = await import(built("index.js"));
const { oneClass, selectImages } = await import(built("doors/data.js"));
const { auroc } = await import(built("metrics/index.js"));

const TEN = "0,1,2,3,4,5,6,7,8,9";
const SETS = {
  "fashion-mnist": {
    ...{ title: "Fashion-MNIST", read: fashionMnist, classes: TEN },
    targets: { auroc: 0.943, aboveControl: 0.012, aboveKnn: 0.02 },
  },
  cifar10: {
    ...{ title: "CIFAR-10, a subset", read: cifar10, classes: TEN },
    targets: { auroc: 0.8, aboveControl: 0.12, aboveKnn: 0.15 },
  },
  pneumonia: { title: "PneumoniaMNIST", read: pneumoniaMnist, classes: "0" },
  bsdata: { title: "BSData, whole images", read: bsData, classes: "0" },
};
const named = (fallback) => ({ type: "string", default: fallback });
const data = Object.keys(SETS).find((name) => process.argv.includes(name)) ?? "fashion-mnist";
const report = new Report(`transforms-${data}`, `Predicting rotation and translation: ${SETS[data].title}`, {
  data: named(data),
  classes: named(SETS[data].classes),
  seeds: named("0"),
  /** Nominal ones, see docs/detectors/transforms.md; several for a curve, empty for the neighbours alone. */
  minutes: named("5"),
  /** Test images, the first of them; by default all. */
  test: named("1000000"),
  /** Where to draw the curve, of at least two numbers of minutes. */
  figure: { type: "string" },
});
const { flags } = report;
const numbers = (text) =>
  text
    .split(",")
    .filter((item) => item !== "")
    .map(Number);
const minutes = numbers(flags.minutes).sort((a, b) => a - b);
if (flags.figure !== undefined && !(minutes.length > 1 && minutes[0] > 0))
  throw new Error(`--figure needs at least two numbers above zero in --minutes, not "${flags.minutes}".`);
const { train, test } = await SETS[flags.data].read();
const count = Math.min(test.images.rowCount, Number(flags.test));
const judged = selectImages(
  test.images,
  Uint32Array.from({ length: count }, (_, row) => row),
);
const runs = new KeptRuns(report, { test: count });

const measures = {
  async transforms(images, labels, { seed, minutes }, tell) {
    const begun = performance.now();
    const onProgress = ({ epoch, epochs, loss }) =>
      epoch % 50 === 0 && tell(`step ${epoch} of ${epochs}, loss ${loss.toFixed(3)}`);
    const model = await detectors.transforms.create({ seed, minutes }).fit(images, { onProgress });
    const fitSeconds = (performance.now() - begun) / 1000;
    const { scores } = await model.score(judged);
    const [{ training }] = model.card.training.members;
    const { ended, kept } = training;
    return {
      auroc: auroc(labels, scores),
      fitSeconds,
      steps: model.card.training.steps,
      ended,
      kept,
    };
  },
  /** Without the likelihood: what untrained heads say only blurs the rest. */
  async controls(images, labels, { seed }) {
    const figures = {};
    for (const untrainedStatistics of ["measured", "identity"]) {
      const model = await detectors.transforms.create({ seed, minutes: 0, untrainedStatistics }).fit(images);
      figures[untrainedStatistics] = auroc(labels, await model.untrainedScores(judged));
    }
    return figures;
  },
  async knn(images, labels, { seed, contrast }) {
    const model = await detectors.knn.create({ seed, contrast }).fit(images);
    return { [contrast]: auroc(labels, (await model.score(judged)).scores) };
  },
};
const jobs = numbers(flags.classes).flatMap((normal) =>
  numbers(flags.seeds).flatMap((seed) => [
    { kind: "knn", class: normal, seed, contrast: "none" },
    { kind: "knn", class: normal, seed, contrast: "gcn" },
    ...minutes.map((each) => ({ kind: "transforms", class: normal, seed, minutes: each })),
    ...(minutes.length > 0 ? [{ kind: "controls", class: normal, seed }] : []),
  ]),
);
// A fit takes all cores.
await runs.all(jobs, [undefined], (job, _, tell) =>
  measures[job.kind](
    selectImages(train.images, oneClass(train.classes, job.class).normalRows),
    oneClass(test.classes, job.class).labels.slice(0, count),
    job,
    tell,
  ),
);

const most = Math.max(...minutes);
const figure = (value) => (value === undefined ? "-" : value.toFixed(3));
// Runs of other classes and seeds may be kept, too.
const asked = { class: numbers(flags.classes), seed: numbers(flags.seeds) };
const knnOf = (contrast, match) => runs.mean({ ...asked, kind: "knn", contrast, ...match }, contrast);
const trainedFor = (minutes, match) =>
  runs.mean({ ...asked, kind: "transforms", minutes, ...match }, "auroc");
const controlOf = (statistics, match) => runs.mean({ ...asked, kind: "controls", ...match }, statistics);
const rowOf = (name, match) => ({
  class: name,
  ...Object.fromEntries(minutes.map((each) => [`transforms, ${each} min`, figure(trainedFor(each, match))])),
  ...(minutes.length > 0 && {
    "untrained, measured": figure(controlOf("measured", match)),
    "untrained, identity": figure(controlOf("identity", match)),
  }),
  "kNN (5), raw pixels": figure(knnOf("none", match)),
  "kNN (5), contrast normalised": figure(knnOf("gcn", match)),
});
report.note(
  `AUROC on ${count} test images, defaults of \`transforms\`, seeds ${flags.seeds}; minutes are nominal. The model holds 20 % of the images out for its ` +
    "threshold and a tenth of the others to stop in time.",
);
report.table([
  ...numbers(flags.classes).map((normal) => rowOf(String(normal), { class: normal })),
  rowOf("**mean**", {}),
]);
const { targets } = SETS[data];
if (targets && minutes.length > 0) {
  const ours = trainedFor(most, {});
  const control = Math.max(...["measured", "identity"].map((name) => controlOf(name, {})));
  report.target(`AUROC at ${most} minutes`, ours, { atLeast: targets.auroc });
  report.target("above the better untrained control", ours - control, { atLeast: targets.aboveControl });
  report.target("above the better kNN", ours - Math.max(knnOf("none", {}), knnOf("gcn", {})), {
    atLeast: targets.aboveKnn,
  });
}
if (flags.figure !== undefined) {
  const levels = {
    "untrained, measured": controlOf("measured", {}),
    "untrained, identity": controlOf("identity", {}),
    "kNN (5), raw pixels": knnOf("none", {}),
    "kNN (5), normalised": knnOf("gcn", {}),
  };
  const curves = numbers(flags.classes).map((each) =>
    minutes.map((time) => trainedFor(time, { class: each })),
  );
  const title = `${SETS[data].title}: AUROC of transforms against minutes, one class normal`;
  writeFileSync(flags.figure, `${minutesFigure({ title, minutes, curves, levels })}\n`);
  report.note(`Figure: ${flags.figure}.`);
}
report.keep({ settings: runs.settings, rows: runs.rows });
report.end();
