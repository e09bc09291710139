/**
 * Rows per second through integrations/ray_score.py, beside `hypersphere score` with the same model, files and columns: Parquet in;
 * Parquet out of Ray, CSV out of `score`.
 *
 *     HYPERSPHERE_RAY_PYTHON=python3 node bench/ray.js --rows 10000000       a Python with ray, pyarrow, numpy and onnxruntime
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Report } from "./lib/report.js";
import { root } from "./lib/root.js";

const report = new Report("ray", "Batches on Ray", {
  rows: { type: "string", default: "10000000" },
  files: { type: "string", default: "10" },
  detectors: { type: "string", default: "pca,auto" },
});
const python = process.env.HYPERSPHERE_RAY_PYTHON;
if (python === undefined) {
  console.error("HYPERSPHERE_RAY_PYTHON names no Python with ray, pyarrow, numpy and onnxruntime.");
  process.exit(1);
}
const [rows, files] = ["rows", "files"].map((name) => Number(report.flags[name]));
const COLUMNS = 8;
const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
const bin = join(root, "bin/hypersphere.js");
const at = (...names) => join(folder, ...names);
const run = (command, ...args) =>
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"], maxBuffer: 1 << 30 });

const WRITE = `
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
folder, rows, files, columns = sys.argv[1], *map(int, sys.argv[2:])
rng = np.random.default_rng(0)
def write(path, first, count):
    values = {f"x{k}": rng.normal(size=count) for k in range(columns)}
    pq.write_table(pa.table({"id": np.arange(first, first + count), **values}), path)
write(folder + "/train.parquet", 0, 2000)
for k in range(files):
    write(f"{folder}/rows/{k:03d}.parquet", k * (rows // files), rows // files)
`;

/** Seconds from start to end, starting included. */
function seconds(work) {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}

try {
  mkdirSync(at("rows"));
  run(python, "-c", WRITE, folder, String(rows), String(files), String(COLUMNS));
  const lines = [];
  for (const detector of report.flags.detectors.split(",")) {
    const model = at(`${detector}.onnx`);
    run(
      process.execPath,
      bin,
      "train",
      at("train.parquet"),
      "--exclude",
      "id",
      "--detector",
      detector,
      "--out",
      model,
      "--quiet",
    );
    const ray = seconds(() =>
      run(python, join(root, "integrations/ray_score.py"), model, at("rows"), at("scored"), "--keep", "id"),
    );
    rmSync(at("scored"), { recursive: true });
    const own = seconds(() => {
      for (const file of readdirSync(at("rows")))
        run(
          process.execPath,
          bin,
          "score",
          model,
          at("rows", file),
          "--id-column",
          "id",
          "--out",
          at("own.csv"),
          "--force",
          "--quiet",
        );
    });
    const rate = (time) => Math.round(rows / time).toString();
    lines.push({
      detector,
      "rows/s on Ray": rate(ray),
      "rows/s of score": rate(own),
      "Ray / score": (own / ray).toFixed(2),
    });
  }
  report.note(`${rows} rows of ${COLUMNS} columns in ${files} files, starting the processes included.`);
  report.table(lines);
  report.keep({ lines });
  report.end();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
