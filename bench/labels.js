/**
 * What a few labels teach. Deep SVDD never sees them; Deep SAD and HSC learn from the same normal rows and some labelled
 * anomalies, and all are judged on rows that none of them has seen. Test labels judge and do nothing else.
 *
 *     node bench/labels.js                               NSL-KDD: ten labelled attacks of two kinds
 *     node bench/labels.js --data fashion-mnist          1 % labelled anomalies of one random other class
 *     node bench/labels.js --data cifar10                the same on the subset of CIFAR-10
 *     node bench/labels.js --data cifar10-exposure       the same images with two other classes as outliers
 *     node bench/labels.js --data cifar10 --classes 0,1 --seeds 0 --epochs 20 --pretrain-epochs 10 --rate 1e-3
 *
 * With --write, runs on images are kept after every one, and those that are there are not computed again.
 */

import { cifar10, DEEP_SAD_SETTINGS, fashionMnist } from "./lib/images.js";
import { KeptRuns } from "./lib/kept-runs.js";
import { labelledRows, pick, twoKinds } from "./lib/normals.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mean } from "./lib/stats.js";

const { DeepSad, DeepSvdd, Hsc } = await import(built("index.js"));
const { oneClass, selectImages } = await import(built("doors/data.js"));
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
  /** Of compactness training. Where a class has few images an epoch has few steps, and the papers' rate goes nowhere. */
  rate: named("1e-4"),
});
const { flags } = report;
report.name = `labels-${flags.data}${flags.rate === "1e-4" ? "" : `-${flags.rate}`}`;
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
    const source = await labelledRows("NSL-KDD", random);
    const { table, normals, anomalies, texts } = source;
    const { chosen, labelled } = twoKinds(source, random, { fewest: FEWEST, each: LABELLED });
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
      "HSC, shuffled columns": () => new Hsc({ seed, synthesis: "shuffled-columns" }).fit(pick(table, train)),
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
  report.keep({ runs });
  gain(runs, "other kinds", "Deep SAD, separate", undefined);
}

/** Images: each class is normal in turn. */
async function images({ settings, train, test, lessons, judges, said }) {
  const epochs = {
    pretrainEpochs: Number(flags["pretrain-epochs"]),
    epochs: Number(flags.epochs),
  };
  const runs = new KeptRuns(report, epochs);
  const common = { ...settings, ...epochs, learningRate: Number(flags.rate) };
  const perform = async ({ seed, class: normal, learner }) => {
    const random = createRandom(seed).stream("classes", normal);
    const others = Array.from(random.permutation(10)).filter((each) => each !== normal);
    const of = (each) => Array.from(train.classes.keys()).filter((row) => train.classes[row] === each);
    const images = (rows) => selectImages(train.images, Uint32Array.from(rows));
    const model = await lessons[learner]({ ...common, seed }, { normals: of(normal), others, of, images });
    const { scores } = await model.score(test.images);
    const judged = (unseen) => {
      const kept = [...test.classes.keys()].filter((row) => !unseen(others).includes(test.classes[row]));
      const { labels: truth } = oneClass(
        kept.map((row) => test.classes[row]),
        normal,
      );
      return auroc(
        truth,
        kept.map((row) => scores[row]),
      );
    };
    return Object.fromEntries(Object.entries(judges).map(([name, unseen]) => [name, judged(unseen)]));
  };
  const jobs = seeds.flatMap((seed) =>
    numbers(flags.classes).flatMap((each) =>
      Object.keys(lessons).map((learner) => ({ seed, class: each, learner })),
    ),
  );
  await runs.all(jobs, [undefined], perform);
  const drawn = (field) => [...new Set(runs.rows.map((row) => row[field]))].sort().join(", ");
  report.note(
    `Classes ${drawn("class")} normal in turn, seeds ${drawn("seed")}, encoder ${settings.encoder}; ${said}. The settings of Deep SAD's ` +
      `code, plain pixels, but for ${epochs.pretrainEpochs} and ${epochs.epochs} epochs, the latter at a rate of ${flags.rate} throughout, the same for all; training ends early by the product's ` +
      "own rules. AUROC on the test images.",
  );
  summarise(runs.rows, Object.keys(judges));
  report.keep({ settings: epochs, rows: runs.rows });
  return runs.rows;
}

const deepSvdd = (settings, { normals, images }) => new DeepSvdd(settings).fit(images(normals));

const deepSad =
  (changes) =>
  (settings, { normals, others, of, images }) => {
    const labelled = of(others[0]).slice(0, Math.max(1, Math.round(normals.length / 99)));
    const labels = Int8Array.from([...normals.map(() => -1), ...labelled.map(() => 1)]);
    const options = { ...settings, relativeDistances: false, ...changes };
    return new DeepSad(options).fit(images([...normals, ...labelled]), { labels });
  };
/** One per cent of the training images are labelled anomalies, all of one random other class. */
const LABELS = {
  lessons: {
    "Deep SVDD": deepSvdd,
    "Deep SAD, 1 %": deepSad({}),
    "Deep SAD, 1 %, separate": deepSad({ normalizer: "separate" }),
  },
  judges: { "all others": () => [], "classes without labels": ([labelled]) => [labelled] },
  said: "labelled anomalies are 1 % of the training images, all of one random other class",
};

/** All images of two random other classes are outliers. */
const exposed = (others) => others.slice(1, 3);
const exposure =
  (Detector, changes) =>
  (settings, { normals, others, of, images }) => {
    const outliers = images(exposed(others).flatMap(of));
    return new Detector({ ...settings, ...changes }).fit(images(normals), { outliers });
  };
/** The settings of HSC's paper. */
const HSC_SETTINGS = { learningRate: 1e-3, weightDecay: 1e-6, batchSize: 256 };
const EXPOSURE = {
  lessons: {
    "Deep SVDD": deepSvdd,
    HSC: exposure(Hsc, HSC_SETTINGS),
    "Deep SAD": exposure(DeepSad, { relativeDistances: false }),
    classifier: exposure(Hsc, { ...HSC_SETTINGS, loss: "bce" }),
    "HSC, confetti": (settings, { normals, images }) =>
      new Hsc({ ...settings, ...HSC_SETTINGS, synthesis: "confetti" }).fit(images(normals)),
  },
  judges: {
    "the seven classes not shown": exposed,
    "the two shown": (others) => others.filter((each) => !exposed(others).includes(each)),
  },
  said: "outliers are all training images of two random other classes; HSC and the classifier with the batches and the rate of HSC's paper",
};

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
      };
    }),
  );
}

/** Of a learner over Deep SVDD, run by run, with its standard error. */
function gain(runs, figure, learner, target) {
  const paired = (run) => (other) =>
    other.learner === "Deep SVDD" && other.seed === run.seed && other.class === run.class;
  const gains = runs
    .filter((run) => run.learner === learner)
    .map((run) => run[figure] - runs.find(paired(run))[figure]);
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

const fashion = async () => ({ settings: DEEP_SAD_SETTINGS.fashionMnist, ...(await fashionMnist()) });
const cifar = async () => ({ settings: DEEP_SAD_SETTINGS.cifar10, ...(await cifar10()) });
const labelsHelp = async (data, target) => {
  const runs = await images({ ...data, ...LABELS });
  gain(runs, "all others", "Deep SAD, 1 %", target);
  const separate = "Deep SAD, 1 %, separate";
  if (runs.some(({ learner }) => learner === separate)) gain(runs, "all others", separate, undefined);
};
const PARTS = {
  "nsl-kdd": nslKdd,
  "fashion-mnist": async () => labelsHelp(await fashion(), 0.01),
  cifar10: async () => labelsHelp(await cifar(), 0.05),
  "cifar10-exposure": async () => images({ ...(await cifar()), ...EXPOSURE }),
};
if (!Object.hasOwn(PARTS, flags.data)) {
  console.error(`--data is "${flags.data}", expected ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}
await PARTS[flags.data]();
report.end();
