/** What a person waits for: `--help`, and scoring a small file from a cold start. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { built, root } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { createRandom } = await import(built("math/random.js"));
const report = new Report("startup", "Start-up of the command line", {
  rounds: { type: "string", default: "10" },
});

const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
const stream = createRandom(0).stream("rows");
const line = () => Array.from({ length: 10 }, () => stream.normal().toFixed(4)).join(",");
const header = Array.from({ length: 10 }, (_, k) => `sensor${k}`).join(",");
const data = join(folder, "rows.csv");
writeFileSync(data, `${[header, ...Array.from({ length: 1000 }, line)].join("\n")}\n`);

function cli(...args) {
  const begun = performance.now();
  const done = spawnSync(process.execPath, [join(root, "bin/hypersphere.js"), ...args], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return performance.now() - begun;
}

const models = {};
for (const detector of ["auto", "deep-svdd"]) {
  models[detector] = join(folder, `${detector}.onnx`);
  cli("train", data, "--detector", detector, "--out", models[detector], "--quiet");
}
const commands = {
  "node, nothing else": () => {
    const begun = performance.now();
    spawnSync(process.execPath, ["-e", "0"]);
    return performance.now() - begun;
  },
  "--help": () => cli("--help"),
  "score 1 000 rows, auto": () => cli("score", models.auto, data),
  "score 1 000 rows, deep-svdd": () => cli("score", models["deep-svdd"], data),
};
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let round = 0; round < Number(report.flags.rounds); round++) {
  for (const [name, run] of Object.entries(commands)) times[name].push(run());
}
rmSync(folder, { recursive: true });

const results = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, summary(values)]));
report.note("Milliseconds of wall clock per process.");
report.table(
  Object.entries(results).map(([command, { median, minimum }]) => ({
    command,
    median: median.toFixed(0),
    minimum: minimum.toFixed(0),
  })),
);
report.target("--help, median", results["--help"].median, { atMost: 150, unit: " ms" });
report.target("cold score with auto, median", results["score 1 000 rows, auto"].median, {
  atMost: 600,
  unit: " ms",
});
report.target("cold score with deep-svdd, median", results["score 1 000 rows, deep-svdd"].median, {
  atMost: 600,
  unit: " ms",
});
report.keep({ milliseconds: results });
report.end();
