// The demo: learns what a plant's normal days look like, then looks at a day with faults. Everything it does with
// the package, it does through the public interface; `npm run demo` runs it.
import { mkdir, writeFile } from "node:fs/promises";
import { DeepSvdd, loadModel, open } from "hypersphere";
import { confusion, summarizeRanking } from "hypersphere/metrics";
import { writeParts } from "./parts.js";
import { COLUMNS, simulatePlant, toCsv } from "./plant.js";
import { progressBar } from "./progress.js";

const folder = "demo-output";
const started = performance.now();
const say = (text = "") => console.log(text);

// 1. The data: fourteen normal days as history, and today.
const plant = simulatePlant();
await mkdir(folder, { recursive: true });
await writeFile(`${folder}/plant.csv`, toCsv(COLUMNS, plant.history));
await writeFile(`${folder}/today.csv`, toCsv([...COLUMNS, "fault"], plant.today));
await writeParts(`${folder}/parts`);
say(`A simulated plant: ${COLUMNS.length - 1} columns, one row a minute.`);
say(`  ${folder}/plant.csv   ${plant.history.length} rows of normal operation`);
say(`  ${folder}/today.csv   ${plant.today.length} rows, some of them with faults (column "fault")`);
say(`  ${folder}/parts/      images of washers, for the README's commands on images`);
say();

// 2. Train on the history. No fault is shown to the detector, and no kind of fault described.
say("Training Deep SVDD on plant.csv ...");
const bar = progressBar();
const detector = new DeepSvdd({ seed: 7, percentile: 99 });
const fitStarted = performance.now();
const model = await detector.fit(await open(`${folder}/plant.csv`), {
  onProgress: bar.update,
  onWarning: bar.note,
});
bar.done();
await model.save(`${folder}/model.onnx`, { force: true });
const { train, calibration } = model.card.data;
say(`  ${seconds(fitStarted)} s; ${train} rows trained it, ${calibration} others set the threshold.`);
say();

// 3. Score today, as another process would: from the files alone.
const loaded = await loadModel(`${folder}/model.onnx`);
const today = await open(`${folder}/today.csv`, { model: loaded, labelColumn: "fault", normalLabel: "none" });
const { labels } = today;
const { scores, pValues, isAnomaly, threshold, notes } = await loaded.score(today);
const scoreRows = plant.today.map((_, row) => ({
  row: row + 1,
  score: scores[row],
  p_value: pValues[row],
  threshold,
  is_anomaly: isAnomaly[row],
}));
await writeFile(
  `${folder}/scores.csv`,
  toCsv(["row", "score", "p_value", "threshold", "is_anomaly"], scoreRows),
);

// 4. The report.
say("Today");
const rate = (100 * model.card.threshold.expectedFalseAlarmRate).toFixed(1);
say(
  `  Threshold ${threshold.toFixed(2)}: the ${detector.options.percentile}th percentile of normal rows that`,
);
say(`  training did not see. About ${rate} % of normal rows are expected above it.`);
for (const [column, { cells, example }] of Object.entries(notes.unseen)) {
  say(`  Column "${column}" has ${cells} cells with a text never seen in training, such as "${example}".`);
}
say();

say("  What was injected     when          rows  flagged  first after  median p-value");
for (const { name, rows } of faults(plant.today)) {
  const flagged = rows.filter((row) => isAnomaly[row]);
  const first = flagged.length === 0 ? "never" : `${flagged[0] - rows[0]} min`;
  const p = median(rows.map((row) => pValues[row]));
  const when = `${clock(rows[0])} - ${clock(rows.at(-1))}`;
  say(
    `  ${name.padEnd(20)}  ${when}  ${pad(rows.length, 4)}  ${pad(flagged.length, 7)}  ${pad(first, 11)}  ${pad(p.toFixed(4), 14)}`,
  );
}
const counts = confusion(labels, isAnomaly);
const normals = counts.falsePositives + counts.trueNegatives;
const falseShare = ((100 * counts.falsePositives) / normals).toFixed(1);
say(`  False alarms: ${counts.falsePositives} of ${normals} normal rows (${falseShare} %).`);
say();

say("  The most abnormal stretches (flagged rows at most five minutes apart count as one)");
say("  when           flagged  highest score  what the simulation did there");
for (const rows of stretches(isAnomaly)
  .sort((a, b) => highest(b) - highest(a))
  .slice(0, 10)) {
  const causes = new Set(rows.map((row) => plant.today[row].fault).filter((fault) => fault !== "none"));
  const cause = causes.size === 0 ? "nothing: a false alarm" : [...causes].join(", ");
  const when = `${clock(rows[0])} - ${clock(rows.at(-1))}`;
  say(`  ${when}  ${pad(rows.length, 7)}  ${pad(highest(rows).toFixed(2), 13)}  ${cause}`);
}
say("  A score of 1 is that of the average normal row.");
say();

const summary = summarizeRanking(labels, scores);
const { lower, upper } = summary.aurocInterval;
const control = summarizeRanking(labels, await loaded.untrainedScores(today));
say(
  `  As a ranking: AUROC ${summary.auroc.toFixed(3)} (95 % interval ${lower.toFixed(3)} to ${upper.toFixed(3)}),`,
);
say(
  `  average precision ${summary.averagePrecision.toFixed(3)} at a prevalence of ${summary.prevalence.toFixed(3)}.`,
);
say(`  The same network before training, for comparison: AUROC ${control.auroc.toFixed(3)}.`);
say();

say("The threshold can be changed without training again");
say("  percentile  faulty rows found  false alarms");
for (const percentile of [90, 95, 99, 99.9]) {
  const decided = confusion(labels, (await loaded.score(today, { percentile })).isAnomaly);
  const found = `${decided.truePositives} of ${decided.truePositives + decided.falseNegatives}`;
  say(`  ${pad(percentile, 10)}  ${pad(found, 17)}  ${pad(decided.falsePositives, 12)}`);
}
say();

say(`Done in ${seconds(started)} s. In ${folder}/: plant.csv, today.csv, model.onnx, scores.csv. Next, try`);
say(`  node bin/hypersphere.js inspect ${folder}/model.onnx`);
say(`  node bin/hypersphere.js score ${folder}/model.onnx ${folder}/today.csv --percentile 99.9`);
say(
  `  node bin/hypersphere.js evaluate ${folder}/model.onnx ${folder}/today.csv --label-column fault --normal-label none`,
);
say("  node bin/hypersphere.js train your-data.csv --out your-model.onnx");

/** Faults in the order of the day, each with the rows that have it. */
function faults(rows) {
  const found = new Map();
  rows.forEach(({ fault }, row) => {
    if (fault !== "none") found.set(fault, [...(found.get(fault) ?? []), row]);
  });
  return [...found].map(([name, members]) => ({ name, rows: members }));
}

/** Flagged rows, grouped into stretches whose rows are at most five minutes apart. */
function stretches(flags) {
  const found = [];
  flags.forEach((flag, row) => {
    if (flag === 0) return;
    const last = found.at(-1);
    if (last !== undefined && row - last.at(-1) <= 5) last.push(row);
    else found.push([row]);
  });
  return found;
}

function highest(rows) {
  return Math.max(...rows.map((row) => scores[row]));
}

function clock(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function pad(value, width) {
  return String(value).padStart(width);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
