/**
 * Whether a network that learns to tell how windows were transformed sees more than an untrained one: docs/adr/0017-transforms-of-series.md
 * has the candidates and the rule. Networks are PyTorch's, since nothing was to be built before it is known to pay: HYPERSPHERE_PYTHON
 * names a Python with torch, numpy and scikit-learn. Labels judge and do nothing else.
 *
 *     node bench/series-transforms.js      half an hour on two cores
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./lib/files.js";
import { Peer, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { mslTasks, nabTasks } from "./lib/series-tasks.js";

const report = new Report("series-transforms", "Predicting transforms of windows of series", {
  parts: { type: "string", default: "nab,msl" },
  seeds: { type: "string", default: "0,1" },
  window: { type: "string", default: "30" },
  stride: { type: "string", default: "10" },
  channels: { type: "string", default: "1000" },
});
const { flags } = report;
requirePython("torch", "numpy", "sklearn");
const cut = { window: Number(flags.window), stride: Number(flags.stride) };
const folder = temporaryFolder();
const peer = new Peer("series_transforms_peer.py");
const { torch } = await peer.next();

/** Steps of a series as a file of float32 numbers, row by row; text has no part in it. */
function stepsOf({ steps, starts }, name) {
  const columns = steps.columns.filter(({ kind }) => kind === "numeric");
  const values = new Float32Array(steps.rowCount * columns.length);
  columns.forEach((column, k) => {
    for (let row = 0; row < steps.rowCount; row++) values[row * columns.length + k] = column.values[row];
  });
  const path = join(folder, `${name}.f32`);
  writeFileSync(path, values);
  return { path, channels: columns.length, starts: [...starts] };
}

const rows = [];
for (const seed of flags.seeds.split(",").map(Number)) {
  for (const part of flags.parts.split(",")) {
    const tasks = part === "msl" ? mslTasks(cut, Number(flags.channels)) : nabTasks(cut);
    for await (const { task, train, test, judge, chance } of tasks) {
      const scores = await peer.ask({
        ...{ seed, window: cut.window },
        ...{ train: stepsOf(train, "train"), test: stepsOf(test, "test") },
      });
      const figures = Object.fromEntries(
        Object.entries(scores).map(([name, values]) => [name, judge(values).vusPr]),
      );
      rows.push({ part, task, seed, chance: chance.vusPr, ...figures });
      console.error(JSON.stringify(rows.at(-1)));
    }
  }
}
peer.close();

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const NAMES = ["chance", "untrained", "trained", "likelihood", "distance", "neighbours"];
for (const part of flags.parts.split(",")) {
  const own = rows.filter((row) => row.part === part);
  report.note(
    `**${part}**, VUS-PR as TSB-AD defines it, windows of ${cut.window} steps, seeds ${flags.seeds}, PyTorch ${torch}:`,
  );
  const line = (task, some) => ({
    series: task,
    ...Object.fromEntries(NAMES.map((name) => [name, mean(some.map((row) => row[name])).toFixed(3)])),
  });
  const series = [...new Set(own.map(({ task }) => task))];
  report.table([
    line("**mean**", own),
    ...series.map((task) =>
      line(
        task,
        own.filter((row) => row.task === task),
      ),
    ),
  ]);
  report.target(
    `${part}, trained over untrained`,
    mean(own.map((row) => row.trained)) - mean(own.map((row) => row.untrained)),
    { atLeast: 0.02 },
  );
}
report.keep({ rows });
report.end();
