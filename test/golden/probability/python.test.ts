/** A calibrated model answers the same probabilities in Python with onnxruntime and nothing of this package. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IsolationForest, tableFromMatrix } from "../../../src/index.js";
import { createRandom } from "../../../src/math/random.js";
import { calibrateProbabilities, type ProbabilityMethod } from "../../../src/scoring/index.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const script = fileURLToPath(new URL("score_with_python.py", import.meta.url));

function rows(count: number, shift: number, seed: number): number[][] {
  const random = createRandom(seed).stream("rows");
  return Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() + shift));
}

describe("probabilities in Python", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hypersphere-probability-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.for<ProbabilityMethod>(["platt", "isotonic"])("%s", async (method, { skip }) => {
    skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
    const model = await new IsolationForest().fit(tableFromMatrix(rows(500, 0, 1)));
    const { scores } = await model.score(tableFromMatrix([...rows(200, 0, 2), ...rows(100, 1, 3)]));
    const labels = Array.from(scores, (_, row) => (row < 200 ? 0 : 1));
    const calibrated = await model.withProbability(
      calibrateProbabilities(scores, labels, { method, prior: 0.02 }),
    );
    const today = rows(400, 0.5, 4);
    const files = { model: join(folder, `${method}.onnx`), rows: join(folder, "rows.json") };
    await calibrated.save(files.model);
    await writeFile(files.rows, JSON.stringify(today));
    const { stdout } = await promisify(execFile)(python!, [script, files.model, files.rows]);
    const answers = JSON.parse(stdout) as { score: number[]; probability: number[] };
    const wanted = await calibrated.score(tableFromMatrix(today));
    answers.probability.forEach((p, row) => expect(p).toBeCloseTo(wanted.probabilities![row]!, 5));
    expect(Math.max(...answers.probability) - Math.min(...answers.probability)).toBeGreaterThan(0.02);
  });
});
