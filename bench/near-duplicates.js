/**
 * Promised against realised false alarms where training images show things several times: 80 things with one to four
 * shots each train, shots of 150 others test. The shots are made of real images by exposure and noise, and in further
 * parts also by moving them. Then a real inspection set as it is. Each is fitted twice: as `fit` does it, with near-duplicates
 * held out together, and image by image, for which the search is switched off.
 */

import { join } from "node:path";
import { fashionMnist } from "./lib/images.js";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";
import { mean, percent } from "./lib/stats.js";

const { detectors, evaluate, imagesFrom, open } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { selectImages } = await import(built("doors/data.js"));
const { indicesOf, kinds } = await import(built("features/index.js"));

const report = new Report("near-duplicates", "False alarms where training shows things several times", {
  detectors: { type: "string", default: "auto,pca" },
  repeats: { type: "string", default: "3" },
  seeds: { type: "string", default: "10" },
});
const names = report.flags.detectors.split(",");
const [REPEATS, SEEDS] = [Number(report.flags.repeats), Number(report.flags.seeds)];
const [THINGS, NEW_THINGS, MOST_SHOTS] = [80, 150, 4];
const search = kinds.images.nearDuplicates;
const MODES = { together: search, "image by image": async () => undefined };

/** Another photograph: exposure +-15 %, noise of 4 grey levels, moved by up to `move` pixels. */
function shot({ height, width, data }, channels, move, random) {
  const [gain, offset] = [0.85 + 0.3 * random.uniform(), 30 * (random.uniform() - 0.5)];
  const [dx, dy] = [move * (2 * random.uniform() - 1), move * (2 * random.uniform() - 1)];
  const clamp = (value, most) => Math.min(most, Math.max(0, value));
  const made = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const [pixel, channel] = [Math.floor(at / channels), at % channels];
    const y = clamp(Math.floor(pixel / width) + dy, height - 1);
    const x = clamp((pixel % width) + dx, width - 1);
    const of = (v, u) => data[(clamp(v, height - 1) * width + clamp(u, width - 1)) * channels + channel];
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const row = (v) => of(v, left) * (1 - (x - left)) + of(v, left + 1) * (x - left);
    const value = row(top) * (1 - (y - top)) + row(top + 1) * (y - top);
    made[at] = clamp(Math.round((value - 128) * gain + 128 + offset + 4 * random.normal()), 255);
  }
  return { height, width, data: made };
}

async function shots({ data, labels }, normals, move, random) {
  const images = [];
  for (const thing of normals) {
    const image = await data.read(indicesOf(labels, (label) => label === 0)[thing]);
    const number = 1 + random.int(MOST_SHOTS);
    for (let k = 0; k < number; k++) images.push(shot(image, data.channels, move, random));
  }
  return imagesFrom(images);
}

/** Fits once in each mode, and lists what `measure` says of the models. */
async function bothWays(runs, train, detector, seed, measure) {
  for (const [mode, nearDuplicates] of Object.entries(MODES)) {
    kinds.images.nearDuplicates = nearDuplicates;
    const model = await detectors[detector].create({ seed }).fit(train);
    const { data, threshold } = model.card;
    runs[mode] ??= [];
    runs[mode].push({
      promised: threshold.expectedFalseAlarmRate,
      calibration: data.calibration,
      grouped: (data.nearDuplicates?.rows ?? 0) / data.rows,
      ...(await measure(model)),
    });
    await model.close();
  }
}

const rowsOf = (set, detector, runs, more = () => ({})) =>
  Object.entries(runs).map(([split, of]) => ({
    set,
    detector,
    split,
    "in groups": percent(mean(of.map((run) => run.grouped))),
    "calibration images": mean(of.map((run) => run.calibration)).toFixed(0),
    promised: percent(mean(of.map((run) => run.promised))),
    flagged: percent(mean(of.map((run) => run.flagged))),
    ...more(of),
  }));

const sets = {
  "PneumoniaMNIST, normal": await open(join(dataFolder, "images/pneumoniamnist/pneumoniamnist.npz"), {
    normalClass: 0,
    part: "train",
  }),
  "CIFAR-10, airplanes": await open(join(dataFolder, "images/cifar10/jpeg_train_8000.bin.gz"), {
    normalClass: 0,
  }),
};
const made = [];
for (const move of [0, 0.7, 2]) {
  for (const [set, samples] of Object.entries(sets)) {
    for (const detector of names) {
      const runs = {};
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const random = createRandom(repeat).stream("shots");
        const order = random.permutation(
          samples.labels.reduce((sum, label) => sum + (label === 0 ? 1 : 0), 0),
        );
        const train = await shots(samples, order.subarray(0, THINGS), move, random);
        const test = await shots(samples, order.subarray(THINGS, THINGS + NEW_THINGS), move, random);
        await bothWays(runs, train, detector, repeat, async (model) => ({
          flagged: mean(Array.from((await model.score(test)).isAnomaly)),
        }));
      }
      made.push(...rowsOf(move === 0 ? set : `${set}, moved by ${move}`, detector, runs));
    }
  }
}
report.note(
  `${THINGS} things with 1 to ${MOST_SHOTS} shots train, shots of ${NEW_THINGS} others test; moved: by up to so many pixels of 28 or 32 each way. ` +
    `Means of ${REPEATS} repeats. \`node bench/near-duplicates.js --write\` makes these tables.`,
);
if (made.length > 0) report.table(made);

const real = [];
const folder = join(dataFolder, "images/bsdata-pitting");
const [train, test] = [await open(folder, { part: "train" }), await open(folder, { part: "test" })];
for (const detector of names) {
  const runs = {};
  for (let seed = 0; seed < SEEDS; seed++) {
    await bothWays(runs, train, detector, seed, async (model) => {
      const { ranking, decision } = await evaluate(model, test);
      return { flagged: decision.falseAlarmRate, auroc: ranking.auroc, recall: decision.recall };
    });
  }
  real.push(
    ...rowsOf("BSData", detector, runs, (of) => ({
      AUROC: mean(of.map((run) => run.auroc)).toFixed(4),
      recall: percent(mean(of.map((run) => run.recall))),
    })),
  );
}
report.note(
  `BSData as it is: 260 good images train; flagged are those of 100 good images of the same 15 places at other times. Means of ${SEEDS} seeds.`,
);
report.table(real);

// Groups where each thing is shown once: those that chance makes.
const { train: fashion } = await fashionMnist();
const grouped = [];
for (let normalClass = 0; normalClass < 10; normalClass++) {
  const own = Uint32Array.from(fashion.classes.keys()).filter((row) => fashion.classes[row] === normalClass);
  grouped.push(await inGroups(selectImages(fashion.images, own)));
}
report.note(
  `In groups of the 6,000 images of a class of Fashion-MNIST: ${grouped.join(", ")}; ` +
    `of CIFAR-10's airplanes: ${await inGroups(normalImages(sets["CIFAR-10, airplanes"]))}.`,
);
report.end();

async function inGroups(images) {
  const groups = await search(images);
  if (groups === undefined) return 0;
  const sizes = new Uint32Array(groups.count);
  for (const group of groups.of) sizes[group]++;
  return groups.of.filter((group) => sizes[group] > 1).length;
}

function normalImages({ data, labels }) {
  return selectImages(
    data,
    Uint32Array.from(labels.keys()).filter((row) => labels[row] === 0),
  );
}
