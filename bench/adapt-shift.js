/**
 * False alarms of adapted models, where all that has changed is a constant in each sensor: what `adaptModel` promises, beside
 * what thresholds of the new rows alone would flag, and beside the model at home. Three simulated sensors, of which two go
 * together but for the anomalies; --seeds draws of the rows that adapt and of those that judge. Labels judge and do nothing else.
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { mean } from "./lib/stats.js";

const { adaptModel, detectors, seriesFromTable, tableFromColumns } = await import(built("index.js"));
const { auroc } = await import(built("metrics/index.js"));

const named = (fallback) => ({ type: "string", default: fallback });
const report = new Report("adapt-shift", "Simulated sensors, shifted by a constant", {
  detectors: named("knn,pca,kmeans"),
  windows: named("8,30"),
  rows: named("400"),
  rule: named("false-alarms 5%"),
  seeds: named("20"),
});
const { flags } = report;
const [rows, seeds] = [Number(flags.rows), Number(flags.seeds)];
const { rule } = flags;
const SHIFT = [40, -12, 3];
const HOME = [0, 0, 0];

function uniformOf(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

function sensors(seed, steps, place, odd = false) {
  const uniform = uniformOf(seed);
  for (let k = 0; k < 20; k++) uniform();
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const columns = { flow: [], pressure: [], turn: [] };
  const labels = [];
  let slow = normal() / 0.6;
  for (let k = 0; k < steps; k++) {
    slow = 0.8 * slow + normal();
    const bad = odd && k >= 100 && (k - 100) % 80 < 8;
    labels.push(bad ? 1 : 0);
    columns.flow.push(place[0] + slow + 0.3 * normal());
    columns.pressure.push(place[1] + 0.5 * (bad ? 4 - slow : slow) + 0.2 * normal());
    columns.turn.push(place[2] + Math.sin(k / 3) + 0.1 * normal());
  }
  return { table: tableFromColumns(columns), labels };
}

const share = (flagged) => mean(Array.from(flagged, Number));
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const lines = [];
for (const window of flags.windows.split(",").map(Number)) {
  const series = ({ table }) => seriesFromTable(table, { window, cover: true });
  for (const name of flags.detectors.split(",")) {
    const model = await detectors[name].create({ seed: 0 }).fit(series(sensors(1, 1500, HOME)));
    const found = [];
    for (let k = 0; k < seeds; k++) {
      const given = series(sensors(1000 + k, rows, SHIFT));
      const { model: adapted, apart } = await adaptModel(model, given, { rows, rule });
      const { threshold, diagnostics } = adapted.card.threshold;
      const { scores, isAnomaly } = await adapted.score(series(sensors(2000 + k, 1500, SHIFT)));
      const odd = sensors(3000 + k, 1500, SHIFT, true);
      const judged = (await adapted.score(series(odd))).scores;
      const labels = Array.from(judged, (_, at) => Math.max(...odd.labels.slice(at, at + window)));
      const caught = judged.filter((_, at) => labels[at] === 1);
      const alone = diagnostics?.ofNewRows ?? threshold;
      found.push({
        ...{ apart, now: share(isAnomaly), auroc: auroc(labels, judged) },
        home: share((await model.score(series(sensors(2000 + k, 1500, HOME)), { rule })).isAnomaly),
        alone: share(scores.map((score) => (score > alone ? 1 : 0))),
        caught: share(caught.map((score) => (score > threshold ? 1 : 0))),
        caughtAlone: share(caught.map((score) => (score > alone ? 1 : 0))),
      });
    }
    const of = (what) => mean(found.map((each) => each[what]));
    lines.push({
      ...{ window, detector: name, "windows apart": found[0].apart },
      "at home": percent(of("home")),
      "threshold of the new rows alone": percent(of("alone")),
      adapted: percent(of("now")),
      AUROC: of("auroc").toFixed(3),
      "anomalies flagged, alone": percent(of("caughtAlone")),
      "anomalies flagged": percent(of("caught")),
    });
    console.error(JSON.stringify(lines.at(-1)));
  }
}
report.keep({ settings: { rows, rule, seeds }, rows: lines });
report.note(
  `${rows} rows adapt; rule "${rule}"; means over ${seeds} draws. False alarms: share of normal windows that are flagged. \`node bench/adapt-shift.js --write\` makes this table.`,
);
report.table(lines);
report.end();
