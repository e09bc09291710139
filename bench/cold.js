/** The whole job as one process, from reading a CSV to a saved model, against the same job as a Python script. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { python, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built, root } from "./lib/root.js";
import { summary } from "./lib/stats.js";

const { createRandom } = await import(built("math/random.js"));
const report = new Report("cold", "From a cold start to a saved model", {
  rounds: { type: "string", default: "5" },
});
requirePython("torch", "numpy");

const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
const stream = createRandom(0).stream("rows");
const line = () => Array.from({ length: 30 }, () => stream.normal().toFixed(5)).join(",");
const header = Array.from({ length: 30 }, (_, k) => `c${k}`).join(",");
const data = join(folder, "rows.csv");
writeFileSync(data, `${[header, ...Array.from({ length: 5000 }, line)].join("\n")}\n`);

const settings = [
  ...[
    "--detector",
    "deep-svdd",
    "--members",
    "1",
    "--hidden-dims",
    "128,64",
    "--latent-dim",
    "16",
    "--slope",
    "0.1",
  ],
  ...["--no-whiten", "--origin-offset", "0", "--inputs-per-unit", "0", "--initialization", "pytorch"],
  ...["--pretrain-epochs", "50", "--epochs", "50", "--patience", "1000", "--weight-decay", "0.000001"],
];
const jobs = {
  hypersphere: [
    process.execPath,
    [
      join(root, "bin/hypersphere.js"),
      "train",
      data,
      "--out",
      join(folder, "m.onnx"),
      "--force",
      "--quiet",
      ...settings,
    ],
  ],
  "Python with PyTorch": [
    python,
    [fileURLToPath(new URL("peers/cold_peer.py", import.meta.url)), data, join(folder, "m.pt")],
  ],
};
const times = Object.fromEntries(Object.keys(jobs).map((name) => [name, []]));
for (let round = 0; round < Number(report.flags.rounds); round++) {
  for (const [name, [program, args]] of Object.entries(jobs)) {
    const begun = performance.now();
    const done = spawnSync(program, args, { encoding: "utf8" });
    if (done.status !== 0) throw new Error(done.stderr);
    times[name].push((performance.now() - begun) / 1000);
  }
}
rmSync(folder, { recursive: true });

const results = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, summary(values)]));
report.note(
  "5 000 x 30 as CSV, MLP 30-128-64-16, 50 epochs of pretraining and 50 of compactness training, batches of 128; a " +
    "fifth of the rows held out. hypersphere also checks health, trains nothing else, and stops early only on overfitting.",
);
report.table(
  Object.entries(results).map(([program, { median, minimum }]) => ({
    program,
    "seconds, median": median.toFixed(2),
    minimum: minimum.toFixed(2),
  })),
);
const ratio = results["Python with PyTorch"].median / results.hypersphere.median;
report.target("whole process against Python, medians", ratio, { atLeast: 2, unit: "x" });
report.keep({ seconds: results });
report.end();
