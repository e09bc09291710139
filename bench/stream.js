/** Rows per second through `hypersphere stream`, JSON lines in and out, beside a Python consumer with the same model. */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { python, requirePython } from "./lib/peer.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";
import { median } from "./lib/stats.js";

const { Auto, DeepSvdd, Pca, tableFromMatrix } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));

const report = new Report("stream", "Streams", {
  rows: { type: "string", default: "200000" },
  rounds: { type: "string", default: "3" },
});
requirePython("numpy", "onnxruntime");
const [rows, rounds] = ["rows", "rounds"].map((name) => Number(report.flags[name]));
const COLUMNS = 8;
const bin = fileURLToPath(new URL("../bin/hypersphere.js", import.meta.url));
const peer = fileURLToPath(new URL("peers/stream_peer.py", import.meta.url));

const random = createRandom(0).stream("rows");
const names = Array.from({ length: COLUMNS }, (_, k) => `x${k}`);
const lines = Array.from({ length: rows }, () =>
  JSON.stringify(Object.fromEntries(names.map((name) => [name, Number(random.normal().toFixed(4))]))),
);
const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
const input = join(folder, "rows.jsonl");
writeFileSync(input, `${lines.join("\n")}\n`);
const training = tableFromMatrix({
  data: Float64Array.from({ length: 2000 * COLUMNS }, () => random.normal()),
  rows: 2000,
  columns: COLUMNS,
  order: "C",
});

/** Seconds from start to end of a process that reads the rows, starting it included. */
function seconds(command, args) {
  const [from, to] = [openSync(input, "r"), openSync(join(folder, "out.jsonl"), "w")];
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: [from, to, "inherit"] });
    child.on("error", reject);
    child.on("close", (code) => {
      closeSync(from);
      closeSync(to);
      // A process that scored nothing would be fast.
      if (code === 0 && scoredLast()) resolve((performance.now() - begun) / 1000);
      else reject(new Error(`${command} ended with ${code}, or did not score the last row.`));
    });
  });
}

function scoredLast() {
  const last = JSON.parse(readFileSync(join(folder, "out.jsonl"), "utf8").trimEnd().split("\n").at(-1));
  return last.row === rows && typeof last.score === "number";
}

const found = [];
for (const [name, detector] of [
  ["pca", new Pca()],
  ["deep-svdd", new DeepSvdd({ epochs: 5, pretrainEpochs: 5 })],
  ["auto", new Auto()],
]) {
  const path = join(folder, `${name}.onnx`);
  await (await detector.fit(training)).save(path, { force: true });
  const [own, other] = [[], []];
  for (let round = 0; round < rounds; round++) {
    own.push(await seconds(process.execPath, [bin, "stream", path, "--quiet"]));
    other.push(await seconds(python, [peer, path, ...names]));
  }
  const rate = (times) => Math.round(rows / median(times));
  found.push({ name, own: rate(own), other: rate(other), ratio: median(other) / median(own) });
}
rmSync(folder, { recursive: true });

report.note(
  `${rows} rows of ${COLUMNS} columns from a file, starting the process included; medians of ${rounds} runs in turn.`,
);
report.table(
  found.map(({ name, own, other, ratio }) => ({
    detector: name,
    "rows/s": own,
    "Python: rows/s": other,
    ratio: ratio.toFixed(2),
  })),
);
for (const { name, ratio } of found) report.target(`${name}: ratio`, ratio, { atLeast: 2 });
report.keep({ found });
report.end();
