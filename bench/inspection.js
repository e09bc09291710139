/**
 * Where are the defects of BSData: detectors of maps with their defaults, and z-scores of pixels beside them. Labels and masks
 * are seen by the figures alone.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";

const { detectors, evaluate, open } = await import(built("index.js"));
const { defineMapDetector } = await import(built("detectors/maps/define-map-detector.js"));
const { patchGaussianOptions } = await import(built("detectors/patch-gaussian/options.js"));
const { abs, mean, reshape, sub } = await import(built("graph/index.js"));

const report = new Report("inspection", "Where defects are: BSData", {
  detectors: { type: "string", default: "pixel-z,auto,patch-gaussian,patch-memory,fcdd,patch-svdd" },
  seeds: { type: "string", default: "3" },
  options: { type: "string", default: "{}" },
  as: { type: "string", default: "inspection" },
});
report.name = report.flags.as;
const folder = join(dataFolder, "images/bsdata-pitting");
if (!existsSync(folder)) {
  console.error("There is no images/bsdata-pitting: set HYPERSPHERE_DATA to the folder that holds images/.");
  process.exit(1);
}

/** Control: how far each pixel is from its mean over normal images, in either direction. */
const PixelZ = defineMapDetector({
  name: "pixel-z",
  title: "Control: pixels",
  options: patchGaussianOptions,
  async train(_, { images, shape: [channels, height, width] }) {
    const average = new Float32Array(images.columns);
    for (let row = 0; row < images.rows; row++) {
      (await images.read(row)).forEach((value, k) => {
        average[k] += value / images.rows;
      });
    }
    return {
      raw(features) {
        const off = abs(sub(features, features.graph.constant("float32", [images.columns], average)));
        return mean(reshape(off, [features.shape[0], channels, height, width]), [1]);
      },
      calibrateOn: "all",
      training: {},
    };
  },
});
const given = JSON.parse(report.flags.options);
const created = (name, seed) =>
  name === "pixel-z" ? new PixelZ({ seed }) : detectors[name].create({ ...given, seed });

const train = await open(folder, { part: "train" });
const test = await open(folder, { part: "test" });
const rows = [];
for (const name of report.flags.detectors.split(",")) {
  const runs = [];
  for (let seed = 0; seed < Number(report.flags.seeds); seed++) {
    let from = performance.now();
    const model = await created(name, seed).fit(train);
    const seconds = (performance.now() - from) / 1000;
    from = performance.now();
    await model.score(test);
    const ms = (performance.now() - from) / test.rowCount;
    const { ranking, decision, pixels } = await evaluate(model, test);
    runs.push({
      image: ranking.auroc,
      falseAlarms: decision.falseAlarmRate,
      promised: decision.expectedFalseAlarmRate,
      ...pixels,
      seconds,
      ms,
      megabytes: model.toBytes().length / 1e6,
    });
    await model.close();
    console.error(`${name}, seed ${seed}: ${JSON.stringify(runs.at(-1))}`);
  }
  const average = (figure) => runs.reduce((sum, run) => sum + run[figure], 0) / runs.length;
  rows.push({ name, runs, average });
}

/** Means of the same figures of pixels, of the networks before training. */
function controlText(runs) {
  if (runs[0].untrained === null) return "";
  return ["auroc", "averagePrecision", "aupro"]
    .map((figure) => (runs.reduce((sum, run) => sum + run.untrained[figure], 0) / runs.length).toFixed(3))
    .join(" / ");
}

report.note(
  `${train.rowCount} good images to train, ${test.rowCount} to test, 320 x 130 pixels; means over ${report.flags.seeds} seeds, ${Object.keys(given).length === 0 ? "defaults" : report.flags.options}. AUPRO: up to 30 % false ` +
    "positives. Untrained: pixel AUROC, average precision and AUPRO of the same networks before training. IoU: at the model's threshold, which images were held out for. Seconds to train and milliseconds to score an image, on the " +
    "machine above.",
);
report.table(
  rows.map(({ name, runs, average }) => ({
    detector: name,
    "image AUROC": average("image").toFixed(3),
    "pixel AUROC": average("auroc").toFixed(3),
    "average precision": average("averagePrecision").toFixed(3),
    AUPRO: average("aupro").toFixed(3),
    IoU: average("iou").toFixed(3),
    "false alarms": `${(100 * average("falseAlarms")).toFixed(1)} %`,
    promised: `${(100 * average("promised")).toFixed(1)} %`,
    "s to train": average("seconds").toFixed(1),
    untrained: controlText(runs),
    "ms an image": average("ms").toFixed(1),
    MB: average("megabytes").toFixed(2),
  })),
);
const TARGETS = {
  "patch-gaussian": [0.985, 0.55, 0.8],
  auto: [0.985, 0.5, 0.85],
  fcdd: given.loss === "image" ? [0.96, 0.17, 0.65] : [0.97, 0.4, 0.7],
  "patch-svdd": [0.93, 0.05, 0.55],
};
for (const { name, average } of rows) {
  const [auroc, precision, aupro] = TARGETS[name] ?? [];
  if (auroc === undefined) continue;
  report.target(`${name}: pixel AUROC`, average("auroc"), { atLeast: auroc });
  report.target(`${name}: average precision`, average("averagePrecision"), { atLeast: precision });
  report.target(`${name}: AUPRO`, average("aupro"), { atLeast: aupro });
}
report.keep({ runs: Object.fromEntries(rows.map(({ name, runs }) => [name, runs])) });
report.end();
