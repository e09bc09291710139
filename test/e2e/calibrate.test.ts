import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { build, madeUpCsv, tiny, Workspace } from "./cli.js";

const work = new Workspace();
const labelFlags = ["--label-column", "y"];
const types = ["--column-type", "kind=categorical"];

interface Row {
  score: number;
  p_value: number;
  is_anomaly: number;
  probability: number;
}

async function scored(model: string): Promise<Row[]> {
  const { stdout } = await work.ok(["score", model, "today.csv", "--jsonl", "--quiet"]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

beforeAll(async () => {
  build();
  work.write("normal.csv", madeUpCsv({ rows: 400 }));
  work.write("labelled.csv", madeUpCsv({ rows: 300, anomalies: 80, seed: 2 }));
  work.write("today.csv", madeUpCsv({ rows: 150, anomalies: 30, seed: 3 }));
  await work.ok(["train", "normal.csv", "--out", "m.onnx", "--exclude", "id,fixed,y", ...types, ...tiny]);
});

describe("calibrate", () => {
  test.each(["platt", "isotonic"])("adds probabilities that rise with the score: %s", async (method) => {
    const out = `${method}.onnx`;
    const flags = ["--method", method, "--prior", "5%", "--out", out];
    const { stdout, stderr } = await work.ok([
      "calibrate",
      "m.onnx",
      "labelled.csv",
      ...labelFlags,
      ...flags,
    ]);
    expect(stdout).toMatch(/labelled\.csv: 220 normal rows, 80 anomalies/);
    expect(stdout).toContain(
      `Probabilities by ${method}, at 5.0 % anomalies; judged on held-out rows (5 folds)`,
    );
    expect(stdout).toMatch(/Brier score +0\.\d+ +\(0\.0475 by always saying the prior\)/);
    expect(stdout).toMatch(/rows +anomalies +said +seen/);
    expect(stdout).toContain(`Wrote ${out}.`);
    expect(stderr).not.toMatch(/Probabilities hold/);

    const before = await scored("m.onnx");
    expect(before[0]).not.toHaveProperty("probability");
    const after = await scored(out);
    expect(after.map(({ probability, ...others }) => others)).toEqual(before);
    const order = after.toSorted((a, b) => a.score - b.score);
    order.forEach(({ probability }, k) => {
      expect(probability).toBeGreaterThanOrEqual(k === 0 ? 0 : order[k - 1]!.probability);
      expect(probability).toBeLessThanOrEqual(1);
    });
    expect(order.at(-1)!.probability).toBeGreaterThan(10 * order[0]!.probability);

    const inspected = await work.ok(["inspect", out]);
    expect(inspected.stdout).toMatch(
      new RegExp(`probability +${method}, from 80 anomalies and 220 normal rows, at 5\\.0 % anomalies`),
    );
    expect(inspected.stdout).toMatch(/output +probability +float32 \[rows\]/);
  });

  test("gives a file that answers the same to ONNX Runtime alone", async () => {
    await work.ok([
      "calibrate",
      "m.onnx",
      "labelled.csv",
      ...labelFlags,
      "--prior",
      "0.02",
      "--out",
      "raw.onnx",
    ]);
    const rows = await scored("raw.onnx");
    const lines = work.text("today.csv").trim().split("\n").slice(1);
    const cells = lines.map((line) => line.split(","));
    const session = await InferenceSession.create(work.path("raw.onnx"));
    const numbers = Float64Array.from(cells.flatMap((row) => [row[1], row[2], row[3]].map(Number)));
    const results = await session.run(
      {
        numeric: new Tensor("float64", numbers, [cells.length, 3]),
        categorical: new Tensor(
          "string",
          cells.map((row) => row[4]!),
          [cells.length, 1],
        ),
      },
      ["score", "probability"],
    );
    const { score, probability } = results;
    expect(probability!.dims).toEqual([rows.length]);
    rows.forEach((row, k) => {
      expect(row.score).toBeCloseTo(Number(score!.data[k]), 5);
      expect(row.probability).toBeCloseTo(Number(probability!.data[k]), 5);
    });
    await session.release();
  });

  test("changes a model in place, replaces a former calibration, and speaks JSON", async () => {
    work.write("again.onnx", work.read("m.onnx"));
    const calibrate = ["calibrate", "again.onnx", "labelled.csv", ...labelFlags];
    await work.ok([...calibrate, "--method", "isotonic", "--prior", "0.5"]);
    const answer = (await work.json([...calibrate, "--prior", "5%", "--json"])) as {
      out: string;
      labels: unknown;
      probability: { prevalence: number; curve: { method: string }; reliability: { bins: unknown[] } };
    };
    expect(answer).toMatchObject({
      out: "again.onnx",
      labels: { normals: 220, anomalies: 80, unlabelled: 0 },
      probability: { prevalence: 0.05, curve: { method: "platt" } },
    });
    expect(answer.probability.reliability.bins).toHaveLength(10);
    await work.ok([...calibrate, "--prior", "5%", "--out", "fresh.onnx"]);
    expect(work.read("again.onnx")).toEqual(work.read("fresh.onnx"));
    expect(((await work.json(["inspect", "again.onnx", "--json"])) as typeof answer).probability).toEqual(
      answer.probability,
    );
  });

  test("--dry-run writes nothing and says so, and whose share of anomalies it takes", async () => {
    const before = work.read("m.onnx");
    const { stdout, stderr } = await work.ok([
      "calibrate",
      "m.onnx",
      "labelled.csv",
      ...labelFlags,
      "--dry-run",
    ]);
    expect(stderr).toMatch(/warning: Probabilities hold where 26\.7 % of all rows are anomalies/);
    expect(stdout).toContain("Nothing was written.");
    expect(work.read("m.onnx").equals(before)).toBe(true);
  });

  test("refuses what cannot be learned from, saying how much is needed", async () => {
    work.write("few.csv", madeUpCsv({ rows: 100, anomalies: 4, seed: 4 }));
    const calibrate = ["calibrate", "m.onnx"];
    const out = ["--out", "never.onnx"];
    await work.fails(
      [...calibrate, "few.csv", ...labelFlags, ...out],
      3,
      /4 anomalies and 96 normal rows are too few, expected at least 10 of each for platt/,
    );
    await work.fails([...calibrate, "labelled.csv", ...out], 2, /No label column was given/);
    await work.fails(
      [...calibrate, "labelled.csv", ...labelFlags, "--anomaly-label", "0", ...out],
      3,
      /a higher score does not mean more anomalies/,
    );
    await work.fails([...calibrate, "labelled.csv", ...labelFlags, "--prior", "2"], 2, /--prior is "2"/);
    await work.fails(
      [...calibrate, "labelled.csv", ...labelFlags, "--method", "beta"],
      2,
      /--method is "beta"/,
    );
    await work.fails([...calibrate, "labelled.csv", ...labelFlags, "--out", "m.onnx"], 2, /m\.onnx/);
  });
});
