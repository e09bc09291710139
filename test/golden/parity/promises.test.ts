/** What p-values and decisions promise holds for a model file in Python, with onnxruntime and nothing of this package. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectRows, splitLabels } from "../../../src/doors/data.js";
import { readTable } from "../../../src/doors/io.js";
import { type Detector, detectors, type Table } from "../../../src/index.js";
import { createRandom } from "../../../src/math/random.js";
import { falseAlarmsThreshold } from "../../../src/scoring/index.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const htru2 = fileURLToPath(new URL("../../../../shared/data/tabular/htru2/HTRU_2.csv.gz", import.meta.url));
const script = fileURLToPath(new URL("score_with_python.py", import.meta.url));

/** A fit holds a fifth of them out: 499 rows, with which (n + 1) alpha is whole for every alpha here. */
const TRAIN = 2495;
const TEST = 2000;
const ALPHAS = [0.01, 0.05, 0.1];

interface Answers {
  score: number[];
  p_value: number[];
  is_anomaly: number[];
}

describe("promised false alarms, in Python", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hypersphere-promises-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  function csv({ columns }: Table, rows: number): string {
    const line = (cells: readonly (string | number)[]): string => `${cells.join(",")}\n`;
    const cells = Array.from({ length: rows }, (_, row) =>
      columns.flatMap((column) => (column.kind === "numeric" ? column.values[row]! : [])),
    );
    return [columns.map(({ name }) => name), ...cells].map(line).join("");
  }

  it.for(["pca", "knn"] as const)("%s on held-out normals of HTRU2", async (name, { skip }) => {
    skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
    skip(!existsSync(htru2), "the shared data sets are not here");
    const { features, labels } = splitLabels(await readTable(htru2), "class", { normalLabel: 0 });
    const normals = Uint32Array.from(labels.keys()).filter((row) => labels[row] === 0);
    const order = createRandom(5).stream("rows").permutation(normals.length);
    const rows = (from: number, to: number): Table =>
      selectRows(
        features,
        order
          .slice(from, to)
          .map((place) => normals[place]!)
          .sort(),
      );

    const detector: Detector = detectors[name]!.create({ seed: 5 });
    const fitted = await detector.fit(rows(0, TRAIN));
    const n = fitted.calibrationScores.length;
    for (const alpha of ALPHAS) {
      const model = await fitted.withThreshold(falseAlarmsThreshold(fitted.calibrationScores, alpha));
      const files = {
        model: join(folder, "model.onnx"),
        data: join(folder, "held.csv"),
        out: join(folder, "out.json"),
        jobs: join(folder, "jobs.json"),
      };
      await model.save(files.model, { force: true });
      await writeFile(files.data, csv(rows(TRAIN, TRAIN + TEST), TEST));
      await writeFile(files.jobs, JSON.stringify([{ ...files, first: 0, rows: TEST }]));
      await promisify(execFile)(python!, [script, files.jobs]);
      const { together } = JSON.parse(await readFile(files.out, "utf8")) as { together: Answers };

      // p <= alpha and the decision of the conformal threshold for alpha are one and the same.
      const small = together.p_value.map((p) => (p <= Math.fround(alpha) ? 1 : 0));
      expect(together.is_anomaly).toEqual(small);
      const realised = small.reduce((sum: number, flag) => sum + flag, 0) / TEST;
      expect(model.card.threshold.expectedFalseAlarmRate).toBeCloseTo(alpha, 12);
      // Beta-binomial over draws of calibration and test rows, to first order; three standard deviations.
      const spread = Math.sqrt(alpha * (1 - alpha) * (1 / (n + 1) + 1 / TEST));
      expect(Math.abs(realised - alpha)).toBeLessThan(3 * spread);
    }
  });
});
