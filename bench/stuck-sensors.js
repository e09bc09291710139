/**
 * What the view of movement finds that others do not: stretches in which a sensor stays at one value. NAB's real known causes, of each
 * file the first 15 %: the first 70 % of its windows train, those that share no step with them are normal, and copies of those with a stretch of a quarter
 * of a window or more at one value are not. AUROC per window, with `movement` and without. No label has a part in it.
 */
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { nabTasks } from "./lib/series-tasks.js";
import { mean } from "./lib/stats.js";

const { detectors } = await import(built("index.js"));
const { selectSeries } = await import(built("doors/data.js"));
const { createRandom } = await import(built("math/random.js"));
const { auroc } = await import(built("metrics/index.js"));
const { damaged } = await import(built("synthesis/damage.js"));

const report = new Report("stuck-sensors", "Sensors that stay at one value, by the view of movement", {
  detectors: { type: "string", default: "auto,kmeans" },
  copies: { type: "string", default: "200" },
  seed: { type: "string", default: "0" },
});
const { flags } = report;
const TRAINED = 0.7;
const seed = Number(flags.seed);
const names = flags.detectors.split(",");

const rows = [];
for await (const { task, train: windows } of nabTasks({ stride: 2, buffer: 30 })) {
  const cut = Math.floor(TRAINED * windows.rowCount);
  const apart = Math.ceil(windows.layout.window / windows.layout.stride);
  const part = (from, to) =>
    selectSeries(
      windows,
      Uint32Array.from({ length: to - from }, (_, k) => from + k),
    );
  const [train, test] = [part(0, cut), part(cut + apart, windows.rowCount)];
  const stuck = damaged(test, "frozen-values", Number(flags.copies), createRandom(seed));
  const labels = [...new Array(test.rowCount).fill(0), ...new Array(stuck.rowCount).fill(1)];
  const row = { task, window: windows.layout.window, windows: train.rowCount };
  for (const name of names) {
    for (const movement of [false, true]) {
      const model = await detectors[name].create({ seed, movement }).fit(train);
      const [normal, abnormal] = [await model.score(test), await model.score(stuck)];
      const found = (of) => auroc(labels, [...of(normal), ...of(abnormal)]);
      row[movement ? `${name}, with movement` : name] = found(({ scores }) => scores);
      if (movement) row["movement alone"] = found(({ views }) => views.movement);
      await model.close();
    }
  }
  rows.push(row);
  console.error(JSON.stringify(row));
}
const figures = Object.keys(rows[0]).filter((name) => !["task", "window", "windows"].includes(name));
const line = (of) => Object.fromEntries(figures.map((name) => [name, of(name).toFixed(3)]));
report.table([
  { series: "mean", window: "", ...line((name) => mean(rows.map((row) => row[name]))) },
  ...rows.map((row) => ({ series: row.task, window: row.window, ...line((name) => row[name]) })),
]);
report.keep({ rows });
report.end();
