/**
 * What auto could look at in windows of series (docs/adr/0009-auto-on-series.md) and how much each view should weigh
 * (docs/adr/0018-families-of-views.md): the candidates written down there. One fit per series gives every view; candidates
 * differ in how they join them. Labels judge and do nothing else.
 *
 *     node bench/auto-on-series.js
 *     node bench/auto-on-series.js --parts nab-others,ucr --window found
 */
import { Report } from "./lib/report.js";
import { mslTasks, nabTasks, ucrAnomalyTasks } from "./lib/series-tasks.js";
import { AllViews, CANDIDATES, joined } from "./lib/series-views.js";
import { mean } from "./lib/stats.js";

const report = new Report("auto-on-series", "Views that auto could join on series", {
  parts: { type: "string", default: "nab,msl" },
  seed: { type: "string", default: "0" },
  window: { type: "string", default: "30" },
  stride: { type: "string", default: "10" },
  channels: { type: "string", default: "1000" },
});
const { flags } = report;
const window = flags.window === "found" ? undefined : Number(flags.window);
const cut = { window, stride: Number(flags.stride), buffer: window ?? 30 };
const PARTS = {
  msl: () => mslTasks(cut, Number(flags.channels)),
  nab: () => nabTasks(cut),
  "nab-others": () => nabTasks(cut, undefined, ["artificialWithAnomaly", "realAWSCloudwatch"]),
  ucr: () => ucrAnomalyTasks(cut),
};
const rows = [];
for (const part of flags.parts.split(",")) {
  for await (const { task, train, test, judge, chance } of PARTS[part]()) {
    const row = { part, task, windows: train.rowCount, window: train.layout.window, chance: chance.vusPr };
    try {
      const model = await new AllViews({ seed: Number(flags.seed) }).fit(train);
      const { views } = await model.score(test);
      for (const [name, names] of Object.entries(CANDIDATES))
        row[name] = judge(joined(names, views, model.card.training.scales)).vusPr;
    } catch (error) {
      if (error.code === undefined) throw error;
      for (const name of Object.keys(CANDIDATES)) row[name] = chance.vusPr;
      row.failed = error.code;
    }
    rows.push(row);
    console.error(JSON.stringify(row));
  }
}
for (const part of flags.parts.split(",")) {
  const own = rows.filter((row) => row.part === part);
  report.note(
    `**${part}**, VUS-PR as TSB-AD defines it, buffers up to ${cut.buffer} steps, windows of ${window ?? "the lengths that are found"}, seed ${flags.seed}:`,
  );
  const columns = ["chance", ...Object.keys(CANDIDATES)];
  const line = (task, of) => ({
    series: task,
    ...Object.fromEntries(columns.map((name) => [name, of(name).toFixed(3)])),
  });
  report.table([
    line("mean", (name) => mean(own.map((row) => row[name]))),
    ...own.map((row) => line(row.task, (name) => row[name])),
  ]);
}
report.keep({ rows });
report.end();
