/**
 * What a few labels teach. Deep SVDD never sees them; Deep SAD and HSC learn from the same normal rows and some labelled
 * anomalies, and all are judged on rows that none of them has seen. Test labels judge and do nothing else.
 *
 *     node bench/labels.js                               NSL-KDD: ten labelled attacks of two kinds
 *     node bench/labels.js --data fashion-mnist          1 % labelled anomalies of one random other class
 *     node bench/labels.js --data cifar10                the same on the subset of CIFAR-10, and outlier exposure
 *     node bench/labels.js --data cifar10 --classes 0,1 --seeds 0 --epochs 20 --pretrain-epochs 10
 */
import { join } from "node:path";
import { labelledRows, pick } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";
import { mean } from "./lib/stats.js";

const { DeepSad, DeepSvdd, Hsc, oneClass, readCifarBinary, readIdx, selectImages } = await import(
  built("index.js")
);
const { createRandom } = await import(built("math/random.js"));
const { auroc } = await import(built("metrics/index.js"));

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("labels", "What a few labels teach", {
  data: named("nsl-kdd"),
  seeds: named("0,1,2"),
  classes: named("0,1,2,3,4,5,6,7,8,9"),
  /** Of the image networks. The papers have 150 of each and more. */
  "pretrain-epochs": named("6"),
  epochs: named("15"),
});
const { flags } = report;
report.name = `labels-${flags.data}`;
const numbers = (text) => text.split(",").map(Number);
const seeds = numbers(flags.seeds);

/** Families of NSL-KDD's attacks, as its documentation has them; kinds not named here are remote to local. */
const FAMILIES = {
  "denial of service": "back,land,neptune,pod,smurf,teardrop",
  probe: "ipsweep,nmap,portsweep,satan",
  "user to root": "buffer_overflow,loadmodule,perl,rootkit",
};
const familyOf = (kind) =>
  Object.keys(FAMILIES).find((family) => FAMILIES[family].split(",").includes(kind)) ?? "remote to local";

/** 5 000 normal connections and ten attacks, five of each of two random kinds; all others judge. */
async function nslKdd() {
  const [TRAINED, LABELLED, FEWEST] = [5000, 5, 20];
  const runs = [];
  for (const seed of seeds) {
    const random = createRandom(seed);
    const { table, normals, anomalies, texts } = await labelledRows("NSL-KDD", random);
    const kinds = new Map();
    for (const row of anomalies) {
      if (!kinds.has(texts[row])) kinds.set(texts[row], []);
      kinds.get(texts[row]).push(row);
    }
    const common = [...kinds.keys()].filter((kind) => kinds.get(kind).length >= FEWEST).sort();
    const order = random.stream("kinds").permutation(common.length);
    const chosen = [common[order[0]], common[order[1]]];
    const labelled = chosen.flatMap((kind) => kinds.get(kind).slice(0, LABELLED));
    const train = normals.slice(0, TRAINED);
    const judged = {
      normals: normals.slice(TRAINED),
      attacks: anomalies.filter((row) => !labelled.includes(row)),
    };
    const rows = Uint32Array.from([...train, ...labelled]).sort();
    const labels = Int8Array.from(rows, (row) => (labelled.includes(row) ? 1 : -1));
    const learners = {
      "Deep SVDD": () => new DeepSvdd({ seed }).fit(pick(table, train)),
      "Deep SAD": () => new DeepSad({ seed }).fit(pick(table, rows), { labels }),
      "Deep SAD, separate": () =>
        new DeepSad({ seed, normalizer: "separate" }).fit(pick(table, rows), { labels }),
      HSC: () => new Hsc({ seed }).fit(pick(table, rows), { labels }),
      classifier: () => new Hsc({ seed, loss: "bce" }).fit(pick(table, rows), { labels }),
    };
    for (const [name, learn] of Object.entries(learners)) {
      const begun = performance.now();
      const model = await learn();
      const seconds = (performance.now() - begun) / 1000;
      const score = async (which) => (await model.score(pick(table, which))).scores;
      const low = await score(judged.normals);
      const quality = async (attacks) => {
        if (attacks.length === 0) return undefined;
        const high = await score(attacks);
        return auroc([...low.map(() => 0), ...high.map(() => 1)], [...low, ...high]);
      };
      const others = judged.attacks.filter((row) => !chosen.includes(texts[row]));
      const figures = {
        "labelled kinds": await quality(judged.attacks.filter((row) => chosen.includes(texts[row]))),
        "other kinds": await quality(others),
      };
      for (const family of [...Object.keys(FAMILIES), "remote to local"]) {
        figures[`other kinds: ${family}`] = await quality(
          others.filter((row) => familyOf(texts[row]) === family),
        );
      }
      runs.push({ seed, learner: name, chosen, seconds, ...figures });
      console.error(`seed ${seed} (${chosen.join(", ")}), ${name}: ${figures["other kinds"].toFixed(3)}`);
    }
  }
  report.note(
    `NSL-KDD, the 20 % training file: ${TRAINED} normal connections, and ${2 * LABELLED} labelled attacks, ${LABELLED} of each of two kinds ` +
      `that each seed draws among those with at least ${FEWEST} rows. Judged on all other rows of the file. Defaults but for ` +
      `"separate", which weighs the ten labels like all normals together. Seeds ${flags.seeds}. AUROC.`,
  );
  const columns = Object.keys(runs[0]).filter((key) => /kinds/.test(key));
  summarise(runs, columns);
  gain(runs, "other kinds", "Deep SAD, separate", undefined);
}

/** Pictures: one class normal in turn, anomalies of another as labels, further classes as outliers. */
async function pictures({ encoder, latentDim, train, test, exposed }) {
  const runs = [];
  const settings = (seed) => ({
    encoder,
    latentDim,
    seed,
    members: 1,
    whiten: false,
    slope: 0.01,
    initialization: "pytorch",
    reconstruction: "sigmoid",
    batchSize: 200,
    pretrainEpochs: Number(flags["pretrain-epochs"]),
    pretrainLearningRate: 1e-4,
    pretrainWeightDecay: 0.5e-3,
    epochs: Number(flags.epochs),
    learningRate: 1e-4,
    weightDecay: 0.5e-6,
    calibrationFraction: 0.1,
  });
  for (const seed of seeds) {
    for (const normal of numbers(flags.classes)) {
      const random = createRandom(seed).stream("classes", normal);
      const others = Array.from(random.permutation(10)).filter((each) => each !== normal);
      const of = (each) =>
        Uint32Array.from(train.classes.keys()).filter((row) => train.classes[row] === each);
      const rows = of(normal);
      const labelled = of(others[0]).slice(0, Math.max(1, Math.round(rows.length / 99)));
      const both = selectImages(train.images, Uint32Array.from([...rows, ...labelled]));
      const labels = Int8Array.from({ length: rows.length + labelled.length }, (_, k) =>
        k < rows.length ? -1 : 1,
      );
      const normals = selectImages(train.images, rows);
      const outliers =
        exposed && selectImages(train.images, Uint32Array.from([...of(others[1]), ...of(others[2])]));
      const sad = { ...settings(seed), relativeDistances: false };
      const hsc = { ...settings(seed), learningRate: 1e-3, weightDecay: 1e-6, batchSize: 256 };
      const learners = {
        "Deep SVDD": () => new DeepSvdd(settings(seed)).fit(normals),
        "Deep SAD, 1 %": () => new DeepSad(sad).fit(both, { labels }),
        ...(exposed && {
          "HSC, two classes": () => new Hsc(hsc).fit(normals, { outliers }),
          "Deep SAD, two classes": () => new DeepSad(sad).fit(normals, { outliers }),
          "classifier, two classes": () => new Hsc({ ...hsc, loss: "bce" }).fit(normals, { outliers }),
        }),
      };
      for (const [name, learn] of Object.entries(learners)) {
        const begun = performance.now();
        const model = await learn();
        const seconds = (performance.now() - begun) / 1000;
        const { scores } = await model.score(test.images);
        const judge = (left) => {
          const kept = [...test.classes.keys()].filter((row) => !left.includes(test.classes[row]));
          const { labels: truth } = oneClass(
            kept.map((row) => test.classes[row]),
            normal,
          );
          return auroc(
            truth,
            kept.map((row) => scores[row]),
          );
        };
        // All nine others; those whose class gave no labels; those whose class gave no outliers.
        const figures = {
          "all others": judge([]),
          "classes without labels": judge([others[0]]),
          ...(exposed && { "the seven not exposed": judge([others[1], others[2]]) }),
        };
        runs.push({ seed, learner: name, class: normal, labelled: others[0], seconds, ...figures });
        console.error(
          `seed ${seed}, class ${normal}, ${name}: ${figures["all others"].toFixed(4)}, ${seconds.toFixed(0)} s`,
        );
      }
    }
  }
  report.note(
    `${flags.data}: classes ${flags.classes} normal in turn, seeds ${flags.seeds}, encoder ${encoder}; labelled anomalies are 1 % of the ` +
      `training pictures, all of one random other class${exposed ? "; outliers are all pictures of two more random classes" : ""}. The ` +
      `papers' settings but for ${flags["pretrain-epochs"]} and ${flags.epochs} epochs, the same for all; training stops early by the product's own rules. AUROC.`,
  );
  summarise(
    runs,
    Object.keys(runs[0]).filter((key) => / /.test(key)),
  );
  gain(runs, "all others", "Deep SAD, 1 %", flags.data === "fashion-mnist" ? 0.01 : 0.05);
}

function summarise(runs, columns) {
  const learners = [...new Set(runs.map(({ learner }) => learner))];
  const figure = (values) => (values.length === 0 ? "-" : mean(values).toFixed(3));
  report.table(
    learners.map((learner) => {
      const own = runs.filter((run) => run.learner === learner);
      return {
        learner,
        ...Object.fromEntries(
          columns.map((key) => [
            key,
            figure(own.map((run) => run[key]).filter((value) => value !== undefined)),
          ]),
        ),
        "seconds of a fit": mean(own.map(({ seconds }) => seconds)).toFixed(1),
      };
    }),
  );
  report.keep({ runs });
}

/** Of a learner over Deep SVDD, run by run, with its standard error. */
function gain(runs, figure, learner, target) {
  const before = runs.filter((run) => run.learner === "Deep SVDD");
  const after = runs.filter((run) => run.learner === learner);
  const gains = after.map((run, k) => run[figure] - before[k][figure]);
  const average = mean(gains);
  const spread = Math.sqrt(
    mean(gains.map((value) => (value - average) ** 2)) / Math.max(1, gains.length - 1),
  );
  report.note(
    `${learner} over Deep SVDD, ${figure}: ${average.toFixed(3)} (standard error ${spread.toFixed(3)} over ${gains.length} runs; better in ${gains.filter((value) => value > 0).length}).`,
  );
  if (target !== undefined)
    report.target(`${learner} over Deep SVDD, ${figure}`, average, { atLeast: target });
}

if (flags.data === "nsl-kdd") await nslKdd();
else if (flags.data === "fashion-mnist") {
  const read = (part) =>
    readIdx(join(dataFolder, `images/fashion-mnist/${part}-images-idx3-ubyte.gz`), {
      labels: join(dataFolder, `images/fashion-mnist/${part}-labels-idx1-ubyte.gz`),
    });
  await pictures({
    encoder: "fashion-mnist-lenet",
    latentDim: 64,
    train: await read("train"),
    test: await read("t10k"),
  });
} else if (flags.data === "cifar10") {
  const read = (name) => readCifarBinary(join(dataFolder, "images/cifar10", name));
  const [train, test] = [await read("jpeg_train_8000.bin.gz"), await read("jpeg_test_4000.bin.gz")];
  await pictures({ encoder: "cifar10-lenet", latentDim: 128, train, test, exposed: true });
} else {
  console.error(`--data is "${flags.data}", expected nsl-kdd, fashion-mnist or cifar10.`);
  process.exit(2);
}
report.end();
