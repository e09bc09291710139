import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { build, madeUpCsv, tiny, Workspace } from "./cli.js";
import { npzOfCsv } from "./npy.js";

const work = new Workspace();

beforeAll(async () => {
  build();
  work.write("normal.csv", madeUpCsv({ rows: 400 }));
  work.write("mixed.csv", madeUpCsv({ rows: 200, anomalies: 40, seed: 2 }));
  const types = ["--column-type", "kind=categorical"];
  await work.ok(["train", "normal.csv", "--out", "m.onnx", "--exclude", "id,fixed,y", ...types, ...tiny]);
});

describe("evaluate", () => {
  test("prints ranking, decisions and the untrained control", async () => {
    const { stdout } = await work.ok(["evaluate", "m.onnx", "mixed.csv", "--label-column", "y"]);
    expect(stdout).toMatch(/160 normal rows, 40 anomalies/);
    expect(stdout).toMatch(/AUROC +0\.\d+ {2}\(95 % interval 0\.\d+ to [01]\.\d+, DeLong\)/);
    expect(stdout).toMatch(/untrained +0\.\d+ {2}\(training made [+-]0\.\d+/);
    expect(stdout).toMatch(/average precision +0\.\d+ {2}\(0\.2000 by chance\)/);
    expect(stdout).toMatch(/Training (helped|did not help|did harm)/);
    expect(stdout).toMatch(/anomalies +\d+ +\d+\n +normal rows +\d+ +\d+/);
  });

  test("--json has every figure", async () => {
    const found = (await work.json(["evaluate", "m.onnx", "mixed.csv", "--label-column", "y", "--json"])) as {
      ranking: { auroc: number };
      decision: Record<string, number>;
      untrained: { auroc: number; gain: number };
    };
    expect(found).toMatchObject({
      source: "mixed.csv",
      labelColumn: "y",
      labels: { normals: 160, anomalies: 40, unlabelled: 0 },
      ranking: { anomalies: 40, normals: 160, recallAtFalseAlarms: {} },
      untrained: { verdict: expect.any(String), trainingHelped: expect.any(Boolean) },
    });
    expect(found.ranking.auroc).toBeGreaterThan(0.8);
    expect(found.untrained.gain).toBeCloseTo(found.ranking.auroc - found.untrained.auroc, 12);
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = found.decision;
    expect(truePositives! + falseNegatives!).toBe(40);
    expect(falsePositives! + trueNegatives!).toBe(160);
  });

  test("rows of one class give false alarms without a ranking", async () => {
    const found = await work.json(["evaluate", "m.onnx", "normal.csv", "--label-column", "y", "--json"]);
    expect(found).toMatchObject({ ranking: null, untrained: null, decision: { recall: null } });
    expect((found as { notes: string[] }).notes[0]).toContain("All rows are normal");
  });

  test("needs to know the labels, and understands them or says so", async () => {
    await work.fails(["evaluate", "m.onnx", "mixed.csv"], 2, /No label column was given/);
    await work.fails(
      ["evaluate", "m.onnx", "mixed.csv", "--label-column", "yy"],
      3,
      /no label column "yy".*"y"/s,
    );
    await work.fails(
      ["evaluate", "m.onnx", "mixed.csv", "--label-column", "kind"],
      3,
      /"01".*--normal-label/s,
    );
    const args = ["evaluate", "m.onnx", "mixed.csv", "--label-column", "y", "--normal-label", "2"];
    await work.fails(args, 3, /"2" was to mean normal/);
  });

  test("y of an NPZ archive is found by itself", async () => {
    const columns = ["a", "b", "c"];
    work.write("train.npz", npzOfCsv(work.text("normal.csv"), columns, "y"));
    work.write("test.npz", npzOfCsv(work.text("mixed.csv"), columns, "y"));
    await work.ok(["train", "train.npz", "--out", "npz.onnx", ...tiny]);
    const found = await work.json(["evaluate", "npz.onnx", "test.npz", "--json"]);
    expect(found).toMatchObject({ labelColumn: "y", labels: { anomalies: 40 } });
    expect((await work.ok(["score", "npz.onnx", "test.npz"])).stderr).not.toContain('"y"');
  });
});

describe("inspect and doctor", () => {
  test("inspect reads an ambiguous column by --decimal, as its warning says", async () => {
    work.write(
      "weights.csv",
      `weight\n${Array.from({ length: 80 }, (_, k) => `12.${100 + k} g`).join("\n")}\n`,
    );
    const { stdout } = await work.ok(["inspect", "weights.csv", "--decimal", ","]);
    expect(stdout).toMatch(/Numeric columns[\s\S]*weight .*12100/);
  });

  test("inspect shows times since 1970 as dates, too", async () => {
    const start = Date.UTC(2024, 2, 1);
    const rows = Array.from(
      { length: 80 },
      (_, k) => `${start + 60_000 * k},${(start + 1500 * k) * 1e6},${k % 7}`,
    );
    work.write("epochs.csv", `t,n,v\n${rows.join("\n")}\n`);
    const { stdout } = await work.ok(["inspect", "epochs.csv"]);
    expect(stdout).toMatch(/ t .* in milliseconds; 2024-03-01T00:00:00Z to 2024-03-01T01:19:00Z\n/);
    expect(stdout).toMatch(/ n .* in nanoseconds; 2024-03-01T00:00:00Z to 2024-03-01T00:01:58\.5Z\n/);
    expect(stdout).not.toMatch(/ v .*Z\n/);
  });

  test("reads a model of version 0.1.0 whose detector has another name now", async () => {
    const model = fileURLToPath(new URL("../golden/kernel/ocsvm-0.1.0.onnx", import.meta.url));
    const { stdout } = await work.ok(["inspect", model]);
    expect(stdout).toMatch(/ocsvm-0\.1\.0\.onnx: ocsvm, /);
    expect(stdout).toMatch(/made by +hypersphere 0\.1\.0/);
  });

  test("data: columns with ranges, missing cells and what training would leave out", async () => {
    const { stdout } = await work.ok(["inspect", "mixed.csv"]);
    expect(stdout).toMatch(/^mixed\.csv: 200 rows, 7 columns/);
    expect(stdout).toMatch(/fixed .* constant/);
    expect(stdout).toMatch(/id .* looks like an identifier/);
    const profile = (await work.json(["inspect", "-", "--json"], { input: work.text("mixed.csv") })) as {
      columns: unknown[];
    };
    expect(profile).toMatchObject({ source: "<stdin>", rowCount: 200 });
    expect(profile.columns).toHaveLength(7);
  });

  test("a model: its card, its inputs and outputs, and Python that scores with it", async () => {
    const { stdout } = await work.ok(["inspect", "m.onnx"]);
    expect(stdout).toMatch(/^m\.onnx: deep-svdd, /);
    expect(stdout).toMatch(/a +numeric +-[\d.]+ to [\d.]+, median/);
    expect(stdout).toMatch(/kind +categorical +3 levels: /);
    expect(stdout).toMatch(/input +numeric +float64 \[rows, 3\]/);
    expect(stdout).toMatch(/output +is_anomaly +bool \[rows\]/);
    expect(stdout).toContain('rows[["a", "b", "c"]]');
    const card = await work.json(["inspect", "m.onnx", "--json"]);
    expect(card).toMatchObject({ detector: "deep-svdd", options: { members: 1 }, data: { rows: 400 } });
  });

  test("doctor finds an ONNX Runtime", async () => {
    expect((await work.ok(["doctor"])).stdout).toMatch(/native +onnxruntime-node \d/);
    const report = await work.json(["doctor", "--json"]);
    expect(report).toMatchObject({ ok: true, node: process.versions.node, runtimes: { wasm: { ok: true } } });
  });
});
