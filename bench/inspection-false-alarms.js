/**
 * False alarms of maps, promised against realised, on good images that a fit has not seen: per image, and per region.
 *
 * BSData has its own split of good images. The normal X-rays of PneumoniaMNIST's part for training are dealt in halves, by
 * each seed anew; those of its part for testing are beside them.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { detectors, open, regionsOf } = await import(built("index.js"));
const { selectRowsOf } = await import(built("features/index.js"));
const { exceeds, falseAlarmsThreshold } = await import(built("scoring/index.js"));
const { createRandom } = await import(built("math/random.js"));

const report = new Report("inspection-false-alarms", "False alarms of maps, promised and realised", {
  detector: { type: "string", default: "patch-gaussian" },
  seeds: { type: "string", default: "3" },
});
const RATES = [0.05, 0.1, 0.2];
const seeds = Array.from({ length: Number(report.flags.seeds) }, (_, seed) => seed);

const rowsWhere = (length, wanted) =>
  Uint32Array.from(Array.from({ length }, (_, row) => row).filter((row) => wanted(row)));
const goodOf = (samples) =>
  selectRowsOf(
    samples,
    rowsWhere(samples.rowCount, (row) => samples.labels[row] === 0),
  );

/** Good images to fit and to test, by a seed. */
async function bsdata() {
  const folder = join(dataFolder, "images/bsdata-pitting");
  const train = await open(folder, { part: "train" });
  const test = goodOf(await open(folder, { part: "test" }));
  return () => ({ train, parts: { "held out": test } });
}

async function pneumonia() {
  const file = join(dataFolder, "images/pneumoniamnist/pneumoniamnist.npz");
  const read = async (part) => goodOf(await open(file, { part, normalClass: 0 }));
  const train = await read("train");
  const test = await read("test");
  return (seed) => {
    const order = createRandom(seed).stream("halves").permutation(train.rowCount);
    const half = train.rowCount >> 1;
    return {
      train: selectRowsOf(train, order.subarray(0, half).toSorted()),
      parts: { "held out": selectRowsOf(train, order.subarray(half).toSorted()), "part for testing": test },
    };
  };
}

const SETS = {
  bsdata: { folder: "images/bsdata-pitting", read: bsdata, options: {} },
  pneumonia: { folder: "images/pneumoniamnist", read: pneumonia, options: { imageSize: 64 } },
};

/** What comes true of the promises of a model, on good images. */
async function realised(model, samples) {
  const calibration = model.calibrationScores;
  const size = { height: model.card.map.height, width: model.card.map.width };
  // Regions at a threshold that every second image is above have p-values of all sizes.
  const low = calibration[calibration.length >> 1];
  const regions = [];
  const { scores } = await model.score(samples, {
    onMap: (map, row) => {
      regions[row] = regionsOf(map, low, { calibration, size }).map(({ pValue }) => pValue);
    },
  });
  return RATES.map((rate) => {
    const { threshold, expectedFalseAlarmRate } = falseAlarmsThreshold(calibration, rate);
    const found = regions.map((all) => all.filter((p) => p <= rate).length);
    return {
      rate,
      expected: expectedFalseAlarmRate,
      flagged: scores.filter((score) => exceeds(score, threshold)).length,
      withRegion: found.filter((count) => count > 0).length,
      regions: found.reduce((sum, count) => sum + count, 0),
      images: scores.length,
      calibration: calibration.length,
    };
  });
}

const rows = [];
for (const [name, { folder, read, options }] of Object.entries(SETS)) {
  if (!existsSync(join(dataFolder, folder))) {
    console.error(`There is no ${folder}: set HYPERSPHERE_DATA to the folder that holds images/.`);
    process.exit(1);
  }
  const deal = await read();
  for (const seed of seeds) {
    const { train, parts } = deal(seed);
    const model = await detectors[report.flags.detector].create({ ...options, seed }).fit(train);
    for (const [part, samples] of Object.entries(parts)) {
      rows.push(...(await realised(model, samples)).map((row) => ({ name, part, seed, ...row })));
    }
    await model.close();
    console.error(`${name}, seed ${seed} done`);
  }
}

const percent = (value) => `${(100 * value).toFixed(1)} %`;
const sum = (all, figure) => all.reduce((total, row) => total + row[figure], 0);
const groups = [...new Set(rows.map(({ name, part }) => `${name}, ${part}`))];
const summary = groups.flatMap((group) =>
  RATES.map((rate) => {
    const own = rows.filter((row) => `${row.name}, ${row.part}` === group && row.rate === rate);
    const images = sum(own, "images");
    const share = sum(own, "flagged") / images;
    // Of one draw of n calibration and m test images; the draws of several seeds share images, and are counted as one.
    const [{ calibration, images: m }] = own;
    const se = Math.sqrt(rate * (1 - rate) * (1 / (calibration + 1) + 1 / m));
    return {
      group,
      calibrated: own.map((row) => row.calibration).join(", "),
      promised: rate,
      bound: sum(own, "expected") / own.length,
      images: share,
      se,
      regions: sum(own, "withRegion") / images,
      perImage: sum(own, "regions") / images,
    };
  }),
);
report.note(
  `${report.flags.detector} with its defaults (PneumoniaMNIST at 64 pixels), seeds ${seeds.join(", ")}. The rule false-alarms of the held-out ` +
    "normals of each fit sets the threshold. Expected: what the rule says of that threshold. Flagged: good images above " +
    "it. Region: good images of which any region has a p-value of the promised rate or less, among all regions above the median of the " +
    "calibration scores. Regions: how many such regions there are per image. ±: standard error of one draw of so many calibration and test images. " +
    "`node bench/inspection-false-alarms.js --write` makes this table.",
);
report.table(
  summary.map((row) => ({
    "good images of": row.group,
    "calibrated on": row.calibrated,
    promised: percent(row.promised),
    expected: percent(row.bound),
    flagged: percent(row.images),
    "±": percent(row.se),
    "with a region": percent(row.regions),
    "regions per image": row.perImage.toFixed(3),
  })),
);
report.keep({ detector: report.flags.detector, seeds, rows });
const kept = summary.filter(({ group }) => group.endsWith("held out"));
const most = Math.max(...kept.map((row) => (Math.max(row.images, row.regions) - row.promised) / row.se));
report.target("rate above the promise on images held out, standard errors at most", most, { atMost: 3 });
report.end();
process.exit(most > 3 ? 1 : 0);
