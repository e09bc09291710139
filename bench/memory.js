/** Peak memory of training on three million rows, against the size of the data. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Report } from "./lib/report.js";

const report = new Report("memory", "Memory of training on a large table", {
  rows: { type: "string", default: "3000000" },
  columns: { type: "string", default: "30" },
  members: { type: "string", default: "2" },
});
const { rows, columns, members } = report.flags;
const task = fileURLToPath(new URL("tasks/fit-large.js", import.meta.url));
const done = spawnSync(process.execPath, [task, rows, columns, members], {
  stdio: ["ignore", "pipe", "inherit"],
  encoding: "utf8",
});
if (done.status !== 0) process.exit(done.status ?? 1);
const result = JSON.parse(done.stdout);
const size = Number(rows) * Number(columns) * 4;
const line = (when, bytes) => ({
  "peak until": when,
  MB: (bytes / 1e6).toFixed(0),
  "times the data": (bytes / size).toFixed(2),
});

report.note(
  `${rows} rows x ${columns} columns of float32 (${(size / 1e6).toFixed(0)} MB), ${members} members, one epoch of ` +
    `each stage: ${result.fitSeconds.toFixed(1)} s; then all rows scored: ${result.scoreSeconds.toFixed(1)} s.`,
);
report.table([
  line("the table is there", result.before),
  ...Object.entries(result.stages).map(([stage, bytes]) => line(stage, bytes)),
  line("the model is there", result.fitted),
  line("all rows are scored", result.scored),
]);
report.target("peak of the fit over the size of the data", result.fitted / size, { atMost: 3 });
report.keep({ rows, columns, members, size, ...result });
report.end();
