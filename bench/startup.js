/** How long a person waits for the command line: --help, and scoring a small file from a cold start. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./lib/files.js";
import { Report } from "./lib/report.js";
import { built, root } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { createRandom } = await import(built("math/random.js"));

const ROWS = 1000;
const COLUMNS = 20;
const report = new Report("startup", "Waiting for the command line", {
  rounds: { type: "string", default: "10" },
});
const folder = temporaryFolder();
const random = createRandom(2).stream("rows");
const header = Array.from({ length: COLUMNS }, (_, k) => `x${k}`).join(",");
const lines = Array.from({ length: ROWS }, () =>
  Array.from({ length: COLUMNS }, () => random.normal().toFixed(4)).join(","),
);
const csv = join(folder, "rows.csv");
writeFileSync(csv, `${[header, ...lines].join("\n")}\n`);
const model = join(folder, "model.onnx");
const save = fileURLToPath(new URL("tasks/save-small-model.js", import.meta.url));
run(process.execPath, [save, "800", String(COLUMNS), model, "{}"]);

const cli = join(root, "bin/hypersphere.js");
const scores = join(folder, "scores.csv");
const commands = {
  // What no command line in Node can undercut on this machine, at this moment.
  "node, an empty script": ["-e", ""],
  "hypersphere --help": [cli, "--help"],
  [`hypersphere score, ${ROWS} rows of CSV`]: [
    cli,
    "score",
    model,
    csv,
    "--out",
    scores,
    "--force",
    "--quiet",
  ],
};
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let round = -1; round < Number(report.flags.rounds); round++) {
  for (const [name, args] of Object.entries(commands)) {
    const begun = performance.now();
    run(process.execPath, args);
    if (round >= 0) times[name].push(performance.now() - begun);
  }
}
const scored = readFileSync(scores, "utf8").trim().split("\n").length - 1;
if (scored !== ROWS) throw new Error(`${scored} rows were scored, not ${ROWS}.`);

const results = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, summary(list)]));
report.note(
  `Milliseconds from the start of the process to its end, ${report.flags.rounds} alternating rounds; a default Deep SVDD model.`,
);
report.table(
  Object.entries(results).map(([name, { median, minimum }]) => ({
    command: name,
    median: median.toFixed(0),
    minimum: minimum.toFixed(0),
  })),
);
const [, help, score] = Object.values(results);
report.target("hypersphere --help, median", help.median, { atMost: 150, unit: " ms" });
report.target("scoring from cold, median", score.median, { atMost: 600, unit: " ms" });
report.keep({ milliseconds: results });
report.end();

function run(program, args) {
  const done = spawnSync(program, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${args.join(" ")} ended with ${done.status}: ${done.stderr}`);
}
