import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type HypersphereError,
  IsolationForest,
  Knn,
  type Progress,
  type Table,
  tableFromColumns,
  trainRobust,
} from "../../src/index.js";
import { createRandom } from "../../src/math/random.js";
import { auroc } from "../../src/metrics/index.js";
import { build, ended, Workspace } from "./cli.js";

const NORMALS = 570;
const PLANTED = 30;
const bin = fileURLToPath(new URL("../../bin/hypersphere.js", import.meta.url));

/** Gaussian rows in four columns; the last `planted` of them lie eight deviations out, each in a direction of its own. */
function made(normals: number, planted: number, seed = 1): Record<string, number[]> {
  const stream = createRandom(seed).stream("made");
  const columns: number[][] = [[], [], [], []];
  for (let row = 0; row < normals + planted; row++) {
    const point = columns.map(() => stream.normal());
    const length = Math.hypot(...point);
    const factor = row < normals ? 1 : 8 / length;
    columns.forEach((values, k) => {
      values.push(point[k]! * factor);
    });
  }
  return Object.fromEntries(columns.map((values, k) => [`x${k}`, values]));
}

const tableOf = (columns: Record<string, number[]>): Table => tableFromColumns(columns);
const testTable = tableOf(made(300, 60, 2));
const testLabels = Uint8Array.from({ length: 360 }, (_, row) => (row < 300 ? 0 : 1));
const quality = async (model: { score(table: Table): Promise<{ scores: Float32Array }> }): Promise<number> =>
  auroc(testLabels, (await model.score(testTable)).scores);

describe.each([
  ["knn", new Knn()],
  ["isolation-forest", new IsolationForest()],
])("planted anomalies, %s", (_, detector) => {
  const table = tableOf(made(NORMALS, PLANTED));

  test("are on the list, and first on it", async () => {
    const { suspicious } = await trainRobust(detector, table, { trim: 0.05 });
    const trimmed = suspicious.filter((row) => row.trimmed);
    expect(trimmed).toHaveLength(30);
    expect(trimmed.filter(({ row }) => row >= NORMALS).length).toBeGreaterThanOrEqual(28);
    const scores = suspicious.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const { pValue } of suspicious) expect(pValue).toBeLessThan(0.15);
  });
});

describe("the estimate", () => {
  test("is within 2 percentage points of 5 % planted, and its interval holds the truth", async () => {
    const { contamination, model } = await trainRobust(new Knn(), tableOf(made(NORMALS, PLANTED)));
    expect(Math.abs(contamination.estimate! - 0.05)).toBeLessThan(0.02);
    expect(contamination.low!).toBeLessThanOrEqual(0.05);
    expect(contamination.high!).toBeGreaterThanOrEqual(0.05);
    expect(contamination.trimmed).toBe(Math.round(contamination.estimate! * 600));
    expect(model.card.contamination).toEqual(contamination);
    expect(model.card.data.rows).toBe(600 - contamination.trimmed);
    expect(model.card.threshold.note).toMatch(/more of the normal rows will be flagged than stated/);
  });

  test("is at most 2 % on clean rows, which the model hardly suffers from", async () => {
    const table = tableOf(made(600, 0));
    const { contamination, model } = await trainRobust(new Knn(), table);
    expect(contamination.estimate!).toBeLessThan(0.02);
    const plain = await quality(await new Knn().fit(table));
    expect(await quality(model)).toBeGreaterThan(plain - 0.005);
  });

  test("still finds 20 % of scattered anomalies", async () => {
    const { contamination } = await trainRobust(new Knn(), tableOf(made(800, 200)));
    expect(Math.abs(contamination.estimate! - 0.2)).toBeLessThan(0.03);
  });

  test("is null, and nothing is trimmed, where nearly all rows score alike", async () => {
    const switched = Array.from({ length: 200 }, (_, row) => (row % 50 === 0 ? 1 : 0));
    const { contamination } = await trainRobust(
      new Knn(),
      tableOf({ a: switched, b: switched.toReversed() }),
    );
    expect(contamination).toMatchObject({ estimate: null, low: null, high: null, trimmed: 0 });
  });
});

describe("a robust fit", () => {
  const table = tableOf(made(NORMALS, PLANTED));

  test("with the same seed gives the same bytes", async () => {
    const first = await trainRobust(new Knn(), table, { rounds: 2, seed: 3 });
    const second = await trainRobust(new Knn(), table, { rounds: 2, seed: 3 });
    expect(Buffer.from(first.model.toBytes()).equals(Buffer.from(second.model.toBytes()))).toBe(true);
    expect(first.suspicious).toEqual(second.suspicious);
  });

  test("without trimming is the plain fit with a record", async () => {
    const { model } = await trainRobust(new Knn(), table, { trim: 0 });
    const plain = await new Knn().fit(table);
    expect(model.calibrationScores).toEqual(plain.calibrationScores);
    expect(model.card.threshold).toEqual(plain.card.threshold);
  });

  test("names its folds and never goes back", async () => {
    const heard: Progress[] = [];
    await trainRobust(new Knn(), table, { folds: 3 }, { onProgress: (progress) => heard.push(progress) });
    expect([...new Set(heard.map(({ fold }) => fold))]).toEqual([1, 2, 3, undefined]);
    const fractions = heard.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  test("refuses few rows and shares out of range, and stops when told to", async () => {
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => "none",
        (error: HypersphereError) => error.code,
      );
    expect(await code(trainRobust(new Knn(), tableOf(made(79, 0))))).toBe("unfit-data");
    expect(await code(trainRobust(new Knn(), table, { trim: 0.6 }))).toBe("invalid-option");
    expect(await code(trainRobust(new Knn(), table, {}, { signal: AbortSignal.abort() }))).toBe("aborted");
  });
});

describe("train --robust", () => {
  const work = new Workspace();
  const knn = ["--detector", "knn", "--robust"];

  beforeAll(() => {
    build();
    const columns = made(NORMALS, PLANTED);
    const names = Object.keys(columns);
    const csv = (labels: (row: number) => string): string =>
      [
        [...names, "y"].join(","),
        ...columns["x0"]!.map((_, row) =>
          [...names.map((name) => columns[name]![row]), labels(row)].join(","),
        ),
      ].join("\n");
    work.write(
      "dirty.csv",
      csv((row) => (row < NORMALS ? "0" : "1")),
    );
    work.write(
      "other-labels.csv",
      csv((row) => String(row % 2)),
    );
  });

  test("writes the model and the suspicious rows, and says what was estimated", async () => {
    const { stdout } = await work.ok([
      ...["train", "dirty.csv", "--exclude", "y", ...knn],
      ...["--trim", "5%", "--suspicious", "rows.csv", "--out", "m.onnx"],
    ]);
    expect(stdout).toMatch(/contamination +about \d\.\d % \(95 % interval of the draw: /);
    expect(stdout).toMatch(/trimmed +30 of 600 rows; up to 5\.0 % more false alarms than stated/);
    const [header, ...lines] = work.text("rows.csv").trimEnd().split("\n");
    expect(header).toBe("row,score,p_value,trimmed");
    const trimmed = lines.filter((line) => line.endsWith(",1"));
    expect(trimmed).toHaveLength(30);
    expect(trimmed.filter((line) => Number.parseInt(line, 10) > NORMALS).length).toBeGreaterThanOrEqual(28);
  });

  test("labels that are left out change nothing", async () => {
    for (const name of ["dirty", "other-labels"]) {
      await work.ok(["train", `${name}.csv`, "--exclude", "y", ...knn, "--out", `${name}.onnx`, "--quiet"]);
    }
    expect(work.read("dirty.onnx").equals(work.read("other-labels.onnx"))).toBe(true);
  });

  test("numbers suspicious rows as they stand in the file, also where labels chose the rows", async () => {
    await work.ok([
      ...["train", "other-labels.csv", "--label-column", "y", ...knn],
      ...["--suspicious", "chosen.csv", "--out", "chosen.onnx", "--quiet"],
    ]);
    const numbers = work.text("chosen.csv").trimEnd().split("\n").slice(1).map(Number.parseFloat);
    expect(numbers.length).toBeGreaterThan(5);
    // Rows 1, 3, 5, ... are labelled 0.
    expect(numbers.every((row) => row % 2 === 1)).toBe(true);
    expect(numbers.filter((row) => row > NORMALS).length).toBeGreaterThanOrEqual(12);
  });

  test("refuses flags that need --robust, and shares that are none", async () => {
    const base = ["train", "dirty.csv", "--out", "none.onnx"];
    await work.fails([...base, "--trim", "5%"], 2, /--trim is an option of a robust training/);
    await work.fails([...base, "--robust", "--trim", "60%"], 2, /expected auto or a share from 0 to 50 %/);
    await work.fails([...base, "--robust", "--rounds", "0"], 2, /whole number from 1 to 5/);
    work.write("taken.csv", "");
    await work.fails([...base, "--robust", "--suspicious", "taken.csv"], 5, /exists already/);
  });

  test("leaves nothing behind when interrupted between folds", async () => {
    const before = work.files();
    const child = spawn(
      process.execPath,
      [
        ...[
          bin,
          "train",
          "dirty.csv",
          "--exclude",
          "y",
          "--detector",
          "deep-svdd",
          "--robust",
          "--rounds",
          "5",
        ],
        ...["--suspicious", "stopped.csv", "--out", "stopped.onnx"],
      ],
      { cwd: work.folder, stdio: ["ignore", "pipe", "pipe"] },
    );
    const end = ended(child);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    child.kill("SIGINT");
    expect((await end).code).toBe(130);
    expect(work.files()).toEqual(before);
  });
});
