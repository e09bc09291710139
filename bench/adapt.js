/**
 * SKAB's 34 experiments with a water loop (Katser and Kozitsin 2020): a model of the anomaly-free file, as it is, adapted to
 * the first --rows rows of each experiment, and a model trained on those rows alone, which is the usual protocol. Of the rows
 * after them: the share of normal ones that is flagged, at what the rule promises, and the AUROC.
 *
 * SKAB (github.com/waico/SKAB, GPL-3.0) is no part of the repository: --folder names its folder data/. Labels judge and do
 * nothing else. Steps that are less than a window from an anomaly count as neither normal nor abnormal.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";
import { mean } from "./lib/stats.js";

const { adaptModel, detectors, open, otherOperatingPoint } = await import(built("index.js"));
const { auroc } = await import(built("metrics/index.js"));

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("adapt", "SKAB: a model of another operating point, adapted", {
  folder: named(join(dataFolder, "timeseries/skab")),
  detectors: named("knn,pca,deep-svdd"),
  /** Those that are trained on the rows of each experiment too. */
  alone: named("knn,pca"),
  window: named("30"),
  rows: named("400"),
  rule: named("false-alarms 5%"),
  spread: named("shrink"),
  files: named(""),
});
const { flags } = report;
if (!existsSync(flags.folder)) {
  console.error(`There is no ${flags.folder}: name the folder data/ of SKAB with --folder.`);
  process.exit(1);
}
const [window, rows] = [Number(flags.window), Number(flags.rows)];
const { rule, spread } = flags;
/** Time and labels are no sensors. */
const exclude = ["changepoint"];
const reading = { timeColumn: "datetime", window, labelColumn: "anomaly", normalLabel: "0.0" };
const files = ["valve1", "valve2", "other"].flatMap((folder) =>
  readdirSync(join(flags.folder, folder))
    .filter((name) => name.endsWith(".csv"))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => `${folder}/${name}`),
);

/** Rows that judge: 0 and 1, and -1 for those that do not. */
function judged(labels) {
  const near = new Uint8Array(labels.length);
  labels.forEach((label, row) => {
    if (label === 1) near.fill(1, Math.max(0, row - window + 1), row + window);
  });
  return Int8Array.from(labels, (label, row) =>
    row < rows ? -1 : label === 1 ? 1 : near[row] === 1 ? -1 : 0,
  );
}

async function judge(model, samples) {
  const labels = judged(samples.labels);
  const scored = await model.score(samples, { rule });
  const { scores, isAnomaly } = scored;
  const used = Array.from(labels.keys()).filter((row) => labels[row] !== -1 && !Number.isNaN(scores[row]));
  const normals = used.filter((row) => labels[row] === 0);
  const first = labels.indexOf(1);
  return {
    falseAlarms: mean(normals.map((row) => isAnomaly[row])),
    early: mean(normals.filter((row) => row < first).map((row) => isAnomaly[row])),
    found: mean(used.filter((row) => labels[row] === 1).map((row) => isAnomaly[row])),
    auroc: auroc(
      used.map((row) => labels[row]),
      used.map((row) => scores[row]),
    ),
    other: otherOperatingPoint(model, samples, scored) !== undefined,
  };
}

const all = [];
const free = await open(join(flags.folder, "anomaly-free/anomaly-free.csv"), {
  timeColumn: "datetime",
  window,
  stride: 5,
});
for (const name of flags.detectors.split(",")) {
  const model = await detectors[name].create({ seed: 0 }).fit(free);
  for (const file of files.filter((each) => each.includes(flags.files))) {
    const path = join(flags.folder, file);
    const samples = await open(path, { ...reading, exclude, stride: 1, model });
    const row = {
      detector: name,
      file,
      normals: judged(samples.labels).filter((label) => label === 0).length,
    };
    const { model: adapted, check } = await adaptModel(model, samples, { rows, rule, spread });
    Object.assign(row, { check });
    const models = { before: model, adapted };
    if (flags.alone.split(",").includes(name)) {
      const { data } = await open(path, { ...reading, exclude });
      const starts = data.starts.filter((start) => start + window <= rows);
      models.alone = await detectors[name]
        .create({ seed: 0 })
        .fit({ ...data, rowCount: starts.length, starts });
    }
    for (const [kind, one] of Object.entries(models)) row[kind] = await judge(one, samples);
    all.push(row);
    const text = Object.keys(models).map(
      (kind) => `${kind} ${(100 * row[kind].falseAlarms).toFixed(1)} % ${row[kind].auroc.toFixed(3)}`,
    );
    console.error(`${name} ${file}: ${text.join(", ")}`);
  }
}
report.keep({ settings: { window, rows, rule, spread }, rows: all });
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const kinds = ["before", "adapted", "alone"];
report.note(
  `Windows of ${window} steps; ${rows} rows of each experiment; rule "${rule}"; spread "${spread}"; seed 0. False alarms: share of normal steps ` +
    "flagged, mean over experiments; after an anomaly, the loop often does not return to where it was. Before: the model of the anomaly-free file as it is. Alone: a model trained on those rows only. " +
    "`node bench/adapt.js --folder SKAB/data --write` makes these tables.",
);
report.table(
  flags.detectors.split(",").flatMap((detector) =>
    kinds.flatMap((kind) => {
      const own = all.filter((row) => row.detector === detector && row[kind] !== undefined);
      if (own.length === 0) return [];
      const of = (what) => own.map((row) => row[kind][what]);
      const alarms = of("falseAlarms").sort((a, b) => a - b);
      return {
        detector,
        model: kind,
        "false alarms": percent(mean(alarms)),
        median: percent(alarms[alarms.length >> 1]),
        "until the first anomaly": percent(mean(of("early").filter((share) => !Number.isNaN(share)))),
        "steps of anomalies flagged": percent(mean(of("found"))),
        AUROC: mean(of("auroc")).toFixed(3),
        "said to be another operating point": `${of("other").filter(Boolean).length} of ${own.length}`,
      };
    }),
  ),
);
report.note("False alarms by experiment, before and adapted.");
report.table(
  files
    .filter((file) => all.some((row) => row.file === file))
    .map((file) => ({
      experiment: file.replace(".csv", ""),
      ...Object.fromEntries(
        flags.detectors.split(",").map((detector) => {
          const row = all.find((each) => each.file === file && each.detector === detector);
          return [
            detector,
            `${percent(row.before.falseAlarms)} -> ${percent(row.adapted.falseAlarms)}, AUROC ${row.before.auroc.toFixed(2)} -> ${row.adapted.auroc.toFixed(2)}`,
          ];
        }),
      ),
    })),
);
report.end();
