/** A model file scores the same rows the same way in Python with onnxruntime and nothing of this package. */
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
import { DeepSvdd, type DeepSvddInput, type Model, type Table } from "../../../src/index.js";
import { summarizeRanking } from "../../../src/metrics/index.js";

const python = process.env["HYPERSPHERE_PYTHON"];
const data = fileURLToPath(new URL("../../../../shared/data/tabular/", import.meta.url));
const script = fileURLToPath(new URL("score_with_python.py", import.meta.url));

/** Relative. Measured with ONNX Runtime 1.30 on both sides: no difference in any bit. */
const LIMIT = 1e-5;

interface Answers {
  score: number[];
  p_value: number[];
  is_anomaly: number[];
}

interface Case {
  name: string;
  train: string;
  test: string;
  label: { column: string; normal: string | number };
  /** Columns that are not features. */
  ignored: string[];
  columnTypes?: Record<string, "categorical">;
  first: number;
  rows: number;
  options: DeepSvddInput;
}

const quick: DeepSvddInput = { pretrainSteps: 60, steps: 60, members: 2, hiddenDims: [64], latentDim: 16 };
const cases: Case[] = [
  {
    name: "ADBench cardio, 21 numbers",
    train: "adbench/6_cardio.npz",
    test: "adbench/6_cardio.npz",
    label: { column: "y", normal: 0 },
    ignored: [],
    first: 0,
    rows: 1831,
    options: quick,
  },
  {
    name: "HTRU2, 8 numbers, quantile scaling",
    train: "htru2/HTRU_2.csv.gz",
    test: "htru2/HTRU_2.csv.gz",
    label: { column: "class", normal: 0 },
    ignored: [],
    first: 5000,
    rows: 9000,
    options: { ...quick, scaling: "quantile", hiddenDims: [32, 32] },
  },
  {
    name: "NSL-KDD, numbers and 3 categories, soft boundary",
    train: "nsl-kdd/KDDTrain+_20Percent.csv.gz",
    test: "nsl-kdd/KDDTest+.csv.gz",
    label: { column: "attack", normal: "normal" },
    ignored: ["level"],
    columnTypes: { protocol_type: "categorical", service: "categorical", flag: "categorical" },
    first: 0,
    rows: 5000,
    options: { ...quick, objective: "soft-boundary", epochs: 4, warmupEpochs: 1 },
  },
];

/** Reads a table without labels and ignored columns. */
async function read({ label, ignored, columnTypes }: Case, file: string) {
  const table = await readTable(join(data, file), { columnTypes });
  const { features, labels } = splitLabels(table, label.column, { normalLabel: label.normal });
  return {
    labels,
    table: { ...features, columns: features.columns.filter(({ name }) => !ignored.includes(name)) } as Table,
  };
}

const range = (first: number, count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, k) => first + k);

interface Compared {
  scores: number;
  singles: number;
  pValues: number;
  decisions: number;
}

/** How far apart the answers are: scores relatively, the others in rows that differ. */
async function compare(
  model: Model,
  rows: Table,
  answers: { together: Answers; single: Answers },
): Promise<Compared> {
  const { scores, pValues, isAnomaly } = await model.score(rows);
  expect(answers.together.score).toHaveLength(scores.length);
  const relative = (other: readonly number[]): number =>
    other.reduce(
      (worst, score, k) => Math.max(worst, Math.abs(score - scores[k]!) / Math.abs(scores[k]!)),
      0,
    );
  // Another build of ONNX Runtime may round a score that ties with a calibration score to its other side.
  const steps = [...model.calibrationScores, model.card.threshold.threshold];
  const tied = Array.from(scores, (score) => steps.some((step) => Math.abs(step / score - 1) < 1e-6));
  const differing = (other: readonly number[], own: ArrayLike<number>): number =>
    other.filter((value, k) => value !== own[k] && !tied[k]).length;
  return {
    scores: relative(answers.together.score),
    singles: relative(answers.single.score),
    pValues: differing(answers.together.p_value, pValues) + differing(answers.single.p_value, pValues),
    decisions:
      differing(answers.together.is_anomaly, isAnomaly) + differing(answers.single.is_anomaly, isAnomaly),
  };
}

describe("scoring in Python", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hypersphere-parity-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function inPython(model: Model, job: { data: string; first: number; rows: number }) {
    const files = {
      model: join(folder, "model.onnx"),
      out: join(folder, "out.json"),
      jobs: join(folder, "jobs.json"),
    };
    await model.save(files.model, { force: true });
    await writeFile(files.jobs, JSON.stringify([{ ...job, model: files.model, out: files.out }]));
    await promisify(execFile)(python!, [script, files.jobs]);
    return JSON.parse(await readFile(files.out, "utf8")) as { together: Answers; single: Answers };
  }

  it.for(cases)("$name", async (which, { skip }) => {
    skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
    skip(!existsSync(data), "the shared data sets are not here");
    const { table, labels } = await read(which, which.train);
    const normals = Uint32Array.from(labels.keys())
      .filter((row) => labels[row] === 0)
      .slice(0, 3000);
    const model = await new DeepSvdd(which.options).fit(selectRows(table, normals));

    const test = await read(which, which.test);
    const chosen = range(which.first, which.rows);
    const rows = selectRows(test.table, chosen);
    const answers = await inPython(model, {
      data: join(data, which.test),
      first: which.first,
      rows: which.rows,
    });
    const compared = await compare(model, rows, answers);
    if (process.env["HYPERSPHERE_MEASURE"]) {
      const own = Int8Array.from(chosen, (row) => test.labels[row]!);
      const flagged = answers.together.is_anomaly.reduce((a, b) => a + b, 0);
      console.log(
        which.name,
        compared,
        { flagged },
        summarizeRanking(own, Float64Array.from(answers.together.score)),
      );
    }
    expect(compared.scores).toBeLessThan(LIMIT);
    expect(compared.singles).toBeLessThan(LIMIT);
    expect([compared.pValues, compared.decisions]).toEqual([0, 0]);
    // Rows on both sides of the threshold, or the decisions would prove little.
    expect(new Set(answers.together.is_anomaly).size).toBe(2);
  });

  it("missing numbers, missing and unknown texts, and values far out", async ({ skip }) => {
    skip(python === undefined, "HYPERSPHERE_PYTHON names no Python with numpy and onnxruntime");
    const header = ["size", "share", "shop", "day"];
    const record = (k: number): string[] => [
      String(Math.sin(k) * 100 + k / 7),
      String(Math.cos(3 * k) ** 3),
      ["north", "south", "Zürich, east"][k % 3]!,
      ["mon", "tue"][(k >> 2) % 2]!,
    ];
    const cell = (text: string): string => (text.includes(",") ? `"${text}"` : text);
    const csv = (records: string[][]): string =>
      [header, ...records].map((cells) => `${cells.map(cell).join(",")}\n`).join("");
    const train = join(folder, "train.csv");
    await writeFile(train, csv(Array.from({ length: 400 }, (_, k) => record(k))));
    const model = await new DeepSvdd(quick).fit(await readTable(train));

    const odd = Array.from({ length: 60 }, (_, k) => {
      const cells = record(k + 0.5).map((text, column) => (column < 2 ? text : record(k)[column]!));
      if (k % 5 === 0) cells[k % 4] = "";
      if (k % 7 === 0) cells[2 + (k % 2)] = "never seen";
      if (k % 11 === 0) cells[0] = "1e30";
      if (k % 13 === 0) cells[1] = "-1e-300";
      return cells;
    });
    const test = join(folder, "test.csv");
    await writeFile(test, csv(odd));
    const answers = await inPython(model, { data: test, first: 0, rows: odd.length });
    const rows = await readTable(test, { columnTypes: { shop: "categorical", day: "categorical" } });
    const compared = await compare(model, rows, answers);
    if (process.env["HYPERSPHERE_MEASURE"]) console.log(compared);
    expect(compared.scores).toBeLessThan(LIMIT);
    expect(compared.singles).toBeLessThan(LIMIT);
    expect([compared.pValues, compared.decisions]).toEqual([0, 0]);
  });
});
