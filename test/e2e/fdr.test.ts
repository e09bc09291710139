import { beforeAll, describe, expect, test } from "vitest";
import { adjustedPValues, benjaminiHochberg, onlineFdr, storey } from "../../src/scoring/index.js";
import { build, madeUpCsv, type Result, Workspace } from "./cli.js";

const work = new Workspace();
const methods = ["bh", "storey", "lord", "saffron"] as const;
const batch = 300;
const anomalies = 60;

interface Rows {
  readonly header: string;
  readonly p: number[];
  readonly basis: number[];
  readonly flags: number[];
}

function rowsOf({ stdout }: Pick<Result, "stdout">): Rows {
  const [header, ...lines] = stdout.trim().split("\n");
  const cells = lines.map((line) => line.split(",").map(Number));
  const column = (k: number): number[] => cells.map((row) => row[k]!);
  return { header: header!, p: column(2), basis: column(3), flags: column(4) };
}

/** p-values are written as float32; they are multiples of 1 / (n + 1). */
const exactly = (p: readonly number[], n: number): number[] =>
  p.map((value) => Math.round(value * (n + 1)) / (n + 1));

let calibration = 0;

beforeAll(async () => {
  build();
  // Nearest neighbours calibrate with a share of the rows, and find these anomalies.
  work.write("normal.csv", madeUpCsv({ rows: 4000 }));
  work.write("few.csv", madeUpCsv({ rows: 200 }));
  work.write("mixed.csv", madeUpCsv({ rows: batch, anomalies, seed: 2 }));
  const rest = ["--exclude", "id,fixed,y", "--column-type", "kind=categorical", "--detector", "knn"];
  await work.ok(["train", "normal.csv", "--out", "m.onnx", ...rest]);
  await work.ok(["train", "few.csv", "--out", "few.onnx", ...rest]);
  const card = (await work.json(["inspect", "m.onnx", "--json"])) as { data: { calibration: number } };
  calibration = card.data.calibration;
});

describe("score --fdr", () => {
  test("decides by Benjamini-Hochberg, and shows the rate at which each row is a discovery", async () => {
    const result = await work.ok(["score", "m.onnx", "mixed.csv", "--fdr", "0.1"]);
    const { header, p, basis, flags } = rowsOf(result);
    expect(header).toBe("row,score,p_value,adjusted_p_value,is_anomaly");
    expect(p.length).toBe(batch);
    const exact = exactly(p, calibration);
    expect(flags).toEqual([...benjaminiHochberg(exact, 0.1).rejected]);
    adjustedPValues(exact).forEach((value, row) => {
      expect(basis[row]).toBeCloseTo(value, 6);
      expect(flags[row]).toBe(value <= 0.1 ? 1 : 0);
    });
    const found = flags.reduce((sum, flag) => sum + flag, 0);
    const hits = flags.slice(0, anomalies).reduce((sum, flag) => sum + flag, 0);
    expect(hits).toBeGreaterThan(anomalies / 4);
    // One draw, not the average that is promised; twice the promise would be a defect.
    expect((found - hits) / found).toBeLessThan(0.2);
    expect(result.stderr).toMatch(new RegExp(`${found} of ${batch} rows in mixed\\.csv .* are discoveries`));
    expect(result.stderr).toMatch(
      /On average at most 10 % of the discoveries are normal rows, if .*depend positively/,
    );
  });

  test("storey's column agrees with its decisions", async () => {
    const { p, basis, flags } = rowsOf(
      await work.ok(["score", "m.onnx", "mixed.csv", "--fdr", "0.1", "--fdr-method", "storey"]),
    );
    expect(flags).toEqual([...storey(exactly(p, calibration), 0.1).rejected]);
    expect(flags).toEqual(basis.map((value) => (value <= 0.1 ? 1 : 0)));
    expect(flags).toContain(1);
  });

  test.each(["lord", "saffron"] as const)("%s decides row after row", async (procedure) => {
    const args = ["score", "m.onnx", "mixed.csv", "--fdr", "0.2", "--fdr-method", procedure];
    const result = await work.ok(args);
    const { header, p, basis, flags } = rowsOf(result);
    expect(header).toBe("row,score,p_value,level,is_anomaly");
    const stream = onlineFdr({ procedure, alpha: 0.2 });
    exactly(p, calibration).forEach((value, row) => {
      const { level, reject } = stream.next(value);
      expect(basis[row]).toBeCloseTo(level, 6);
      expect(flags[row], `row ${row}`).toBe(reject ? 1 : 0);
    });
    expect(flags).toContain(1);
    expect(result.stderr).toMatch(/approximately even then: .*Benjamini-Hochberg/);
  });

  test("a file, with a summary in JSON beside it", async () => {
    const rows = await work.ok(["score", "m.onnx", "mixed.csv", "--fdr", "0.1", "-q"]);
    const args = ["score", "m.onnx", "mixed.csv", "--fdr", "0.1", "--out", "alarms.csv", "--json"];
    const summary = await work.json(args);
    const anomaliesFound = rowsOf(rows).flags.filter((flag) => flag === 1).length;
    expect(summary).toMatchObject({
      ...{ source: "mixed.csv", rows: batch, anomalies: anomaliesFound, out: "alarms.csv" },
      ...{ fdr: 0.1, fdrMethod: "bh", calibrationSize: calibration },
    });
    expect(work.text("alarms.csv")).toBe(rows.stdout);
    const lines = await work.ok(["score", "m.onnx", "mixed.csv", "--fdr", "0.1", "--jsonl", "-q"]);
    const [first] = lines.stdout.split("\n");
    expect(Object.keys(JSON.parse(first!) as object)).toEqual(rowsOf(rows).header.split(","));
  });

  test("p-values of folds: says that the promise is approximate", async () => {
    const rest = ["--exclude", "id,fixed,y", "--column-type", "kind=categorical", "--detector", "pca"];
    await work.ok(["train", "few.csv", "--out", "folds.onnx", "--calibration", "cross", ...rest]);
    const { stdout, stderr } = await work.ok(["score", "folds.onnx", "mixed.csv", "--fdr", "0.1"]);
    const { p, flags } = rowsOf({ stdout });
    // All rows calibrate: every p-value is a multiple of 1 / 201.
    const exact = exactly(p, 200);
    p.forEach((value, row) => {
      expect(value).toBeCloseTo(exact[row]!, 6);
    });
    expect(flags).toEqual([...benjaminiHochberg(exact, 0.1).rejected]);
    expect(stderr).toMatch(/calibrated in folds.*split calibration/);
  });

  test.each(methods)("%s: says how many normal rows a discovery takes", async (method) => {
    const args = ["score", "few.onnx", "mixed.csv", "--fdr", "0.01", "--fdr-method", method];
    const { stderr } = await work.ok(args);
    const [, needed] = /warning: The model's \d+ held-out normal rows allow.* ([\d,]+) are needed/.exec(
      stderr,
    )!;
    // Benjamini-Hochberg needs rows / alpha - 1; row after row takes more.
    if (method === "bh" || method === "storey") expect(needed).toBe("29,999");
    else expect(Number(needed!.replaceAll(",", ""))).toBeGreaterThan(29_999);
    const one = await work.ok(["score", "m.onnx", "-", "--fdr", "0.2", "--fdr-method", method], {
      input: madeUpCsv({ rows: 1 }),
    });
    expect(one.stderr).not.toMatch(/held-out normal/);
  });

  test("refuses what contradicts it", async () => {
    const score = ["score", "m.onnx", "mixed.csv"];
    for (const other of ["--percentile=9", "--threshold=1", "--operating-point=night"]) {
      await work.fails([...score, "--fdr", "0.1", other], 2, /--fdr excludes/);
    }
    await work.fails([...score, "--fdr-method", "bh"], 2, /Add --fdr/);
    await work.fails([...score, "--fdr", "1"], 2, /--fdr is "1"/);
    await work.fails([...score, "--fdr", "x"], 2, /--fdr is "x"/);
    await work.fails([...score, "--fdr", "0.1", "--fdr-method", "by"], 2, /--fdr-method is "by".*bh, storey/);
  });
});
