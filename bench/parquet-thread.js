/** What it costs that Parquet is decoded in a thread that can be ended: reading files of 100 MB there, and in the main thread. */
import { spawnSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { temporaryFolder } from "./lib/files.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { median } from "./lib/stats.js";
import { takeTurns } from "./lib/turns.js";

const { createRandom } = await import(built("math/random.js"));

const report = new Report("parquet-thread", "Parquet in a thread of its own", {
  megabytes: { type: "string", default: "100" },
  rounds: { type: "string", default: "7" },
});
const bytes = Number(report.flags.megabytes) * 1e6;
const folder = temporaryFolder();
const task = fileURLToPath(new URL("tasks/read-parquet.js", import.meta.url));
const random = createRandom(1).stream("values");

const doubles = (rows) => Float64Array.from({ length: rows }, () => random.normal());
const integers = (rows) => Int32Array.from({ length: rows }, () => random.int(1e9));
const times = (rows) => Array.from({ length: rows }, (_, row) => new Date(1.6e12 + row * 1000));
const kinds = (rows) => Array.from({ length: rows }, () => `kind ${random.int(12)}`);
const names = (rows) => Array.from({ length: rows }, (_, row) => `n-${row}-${random.int(1e6)}`);
const list = (count, make) => Array.from({ length: count }, (_, k) => make(k));

/** Columns of so many rows that the file has about the size that was asked for. */
const contents = {
  "20 columns of doubles": (size) => {
    const rows = Math.round(size / 160);
    return list(20, (k) => ({ name: `x${k}`, data: doubles(rows), type: "DOUBLE" }));
  },
  "12 doubles, 6 integers, a time, a text of 12 kinds": (size) => {
    const rows = Math.round(size / 130);
    return [
      ...list(12, (k) => ({ name: `x${k}`, data: doubles(rows), type: "DOUBLE" })),
      ...list(6, (k) => ({ name: `i${k}`, data: integers(rows), type: "INT32" })),
      { name: "t", data: times(rows), type: "TIMESTAMP" },
      { name: "kind", data: kinds(rows), type: "STRING" },
    ];
  },
  "8 doubles, a text that names each row": (size) => {
    const rows = Math.round(size / 82);
    return [
      ...list(8, (k) => ({ name: `x${k}`, data: doubles(rows), type: "DOUBLE" })),
      { name: "name", data: names(rows), type: "STRING" },
    ];
  },
};

/** In a fresh process, as a command reads its file. */
function read(path, where, seen) {
  const done = spawnSync(process.execPath, [task, path, where], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  const { milliseconds, peakMiB, ...table } = JSON.parse(done.stdout);
  seen.tables.add(JSON.stringify(table));
  seen[where].push(peakMiB);
  return milliseconds;
}

const rows = [];
let worst = 0;
for (const [what, make] of Object.entries(contents)) {
  const path = join(folder, "t.parquet");
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData: make(bytes) })));
  const seen = { tables: new Set(), here: [], thread: [] };
  const lanes = new Map(["here", "thread"].map((where) => [where, () => read(path, where, seen)]));
  const results = await takeTurns(lanes, { rounds: Number(report.flags.rounds), warmUp: "round" });
  if (seen.tables.size !== 1) throw new Error(`Different tables were read: ${[...seen.tables].join(" ")}`);
  const [here, thread] = [results.get("here"), results.get("thread")];
  worst = Math.max(worst, thread.median / here.median);
  rows.push({
    file: what,
    MB: (statSync(path).size / 1e6).toFixed(0),
    "main thread, ms": here.median.toFixed(0),
    "own thread, ms": thread.median.toFixed(0),
    times: (thread.median / here.median).toFixed(2),
    "peak memory, MiB": `${median(seen.here).toFixed(0)}, ${median(seen.thread).toFixed(0)}`,
  });
}
report.note(
  `Medians of ${report.flags.rounds} alternating rounds, each in a fresh process, from the call to the table; the thread is started within.`,
);
report.table(rows);
report.target("time in a thread of its own over that in the main thread, the worst file", worst, {
  atMost: 1.15,
});
report.keep({ rows });
report.end();
