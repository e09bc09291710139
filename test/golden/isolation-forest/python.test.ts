/** Forests and neighbours in Python: onnx.checker accepts the files, and onnxruntime gives the same scores. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { IsolationForest } from "../../../src/detectors/forest/isolation-forest.js";
import { Knn } from "../../../src/detectors/neighbours/knn.js";
import { type Model, tableFromMatrix } from "../../../src/index.js";
import { createRandom } from "../../../src/math/random.js";

const python = process.env["HYPERSPHERE_PYTHON"];

it.for([
  ["isolation forest", new IsolationForest()],
  ["extended isolation forest", new IsolationForest({ extensionLevel: 3, trees: 30 })],
  ["nearest neighbours", new Knn()],
  ["mean of the nearest neighbours", new Knn({ k: 8, method: "median", scaling: "robust" })],
] as const)("%s", async ([, detector], { skip }) => {
  skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with onnx, onnxruntime and numpy");
  const random = createRandom(4).stream("rows");
  const rows = Array.from({ length: 1500 }, (_, k) =>
    Array.from({ length: 5 }, (_, column) => random.normal() * (k % 50 === 0 ? 4 : 1) + 10 * column),
  );
  const model: Model = await detector.fit(tableFromMatrix(rows.slice(0, 700)));
  const { scores, pValues, isAnomaly } = await model.score(tableFromMatrix(rows));
  const folder = await mkdtemp(join(tmpdir(), "hypersphere-check-"));
  try {
    const [file, out, jobs] = ["model.onnx", "out.json", "jobs.json"].map((name) => join(folder, name));
    await model.save(file!);
    await writeFile(jobs!, JSON.stringify([{ model: file, rows, out }]));
    const script = fileURLToPath(new URL("check_models.py", import.meta.url));
    await promisify(execFile)(python!, [script, jobs!]);
    const answers = JSON.parse(await readFile(out!, "utf8"));
    const worst = Math.max(
      ...scores.map((score, row) => Math.abs(answers.score[row] - score) / score),
      ...answers.alone.map((score: number, row: number) => Math.abs(score - scores[row]!) / scores[row]!),
    );
    expect(worst).toBeLessThan(1e-6);
    const differing = answers.p_value.filter((p: number, row: number) => p !== pValues[row]).length;
    expect(differing).toBeLessThan(3);
    expect(answers.is_anomaly.map(Number)).toEqual(Array.from(isAnomaly));
  } finally {
    await rm(folder, { recursive: true });
  }
});
