import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { build, madeUpCsv, type Result, tiny, Workspace } from "./cli.js";

const work = new Workspace();
const bin = fileURLToPath(new URL("../../bin/hypersphere.js", import.meta.url));

interface Row {
  row: number;
  score: number;
  p_value: number;
  threshold: number;
  is_anomaly: number;
}

/** Rows of scores, by the names in their header. */
function rowsOf({ stdout }: Pick<Result, "stdout">): Row[] {
  const [header, ...lines] = stdout.trim().split("\n");
  const names = header!.split(",");
  return lines.map(
    (line) =>
      Object.fromEntries(line.split(",").map((cell, k) => [names[k], Number(cell)])) as unknown as Row,
  );
}

beforeAll(async () => {
  build();
  work.write("normal.csv", madeUpCsv({ rows: 400 }));
  work.write("mixed.csv", madeUpCsv({ rows: 200, anomalies: 40, seed: 2 }));
  const types = ["--column-type", "kind=categorical"];
  await work.ok(["train", "normal.csv", "--out", "m.onnx", "--exclude", "id,fixed,y", ...types, ...tiny]);
});

describe("score", () => {
  test("prints one row of CSV per row of data, and a summary beside it", async () => {
    const result = await work.ok(["score", "m.onnx", "mixed.csv"]);
    expect(result.stdout.split("\n")[0]).toBe("row,score,p_value,threshold,is_anomaly");
    const rows = rowsOf(result);
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 200 }, (_, k) => k + 1));
    for (const { score, p_value, threshold, is_anomaly } of rows) {
      expect(p_value).toBeGreaterThan(0);
      expect(p_value).toBeLessThanOrEqual(1);
      expect(is_anomaly).toBe(score > threshold ? 1 : 0);
    }
    expect(result.stderr).toMatch(/\d+ of 200 rows in mixed\.csv \([\d.]+ %\) are above the threshold/);
  });

  test("a file is written whole, and not over another one", async () => {
    const piped = await work.ok(["score", "m.onnx", "-"], { input: work.text("mixed.csv") });
    const { stdout } = await work.ok(["score", "m.onnx", "mixed.csv", "--out", "scores.csv"]);
    expect(stdout).toMatch(/above the threshold.*\nWrote scores\.csv\.\n$/s);
    expect(work.text("scores.csv")).toBe(piped.stdout);
    await work.fails(
      ["score", "m.onnx", "mixed.csv", "--out", "scores.csv"],
      5,
      /scores\.csv exists already/,
    );
    await work.ok(["score", "m.onnx", "mixed.csv", "--out", "scores.csv", "--force"]);
    const summary = await work.json([
      "score",
      "m.onnx",
      "mixed.csv",
      "--out",
      "scores.csv",
      "--force",
      "--json",
    ]);
    expect(summary).toMatchObject({ source: "mixed.csv", rows: 200, out: "scores.csv" });
  });

  test("--jsonl and --id-column", async () => {
    const { stdout } = await work.ok(["score", "m.onnx", "mixed.csv", "--jsonl", "--id-column", "id", "-q"]);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.length).toBe(200);
    expect(Object.keys(rows[0]!)).toEqual(["id", "score", "p_value", "threshold", "is_anomaly"]);
    expect(rows[199]).toMatchObject({ id: "r0200" });
    const kinds = await work.ok(["score", "m.onnx", "mixed.csv", "--id-column", "kind"]);
    expect(kinds.stdout).toMatch(/^kind,score/);
    expect(kinds.stdout, "leading zeros stay").toMatch(/^01,/m);
    await work.fails(
      ["score", "m.onnx", "mixed.csv", "--id-column", "ids"],
      3,
      /lacks the column "ids".*"id"/s,
    );
  });

  test("--percentile and --threshold decide otherwise, without changing a score", async () => {
    const own = rowsOf(await work.ok(["score", "m.onnx", "mixed.csv"]));
    const high = rowsOf(await work.ok(["score", "m.onnx", "mixed.csv", "--percentile", "99"]));
    const free = rowsOf(await work.ok(["score", "m.onnx", "mixed.csv", "--threshold", "-1"]));
    expect(high.map(({ score }) => score)).toEqual(own.map(({ score }) => score));
    expect(high[0]!.threshold).toBeGreaterThan(own[0]!.threshold);
    expect(free.every(({ is_anomaly, threshold }) => is_anomaly === 1 && threshold === -1)).toBe(true);
    const both = ["--threshold", "1", "--percentile", "9"];
    await work.fails(["score", "m.onnx", "mixed.csv", ...both], 2, /exclude each other/);
    await work.fails(["score", "m.onnx", "mixed.csv", "--percentile", "100"], 2, /--percentile is "100"/);
    await work.fails(["score", "m.onnx", "mixed.csv", "--percentile", "x"], 2, /--percentile is "x"/);
    await work.fails(["score", "m.onnx", "mixed.csv", "--operating-point", "night"], 2, /"night"/);
    await work.fails(["score", "m.onnx", "mixed.csv", "--json"], 2, /--jsonl/);
  });

  test.skipIf(process.platform === "win32")("a reader that had enough ends it quietly", () => {
    work.write("long.csv", madeUpCsv({ rows: 6000, seed: 3 }));
    const script = `"${process.execPath}" "${bin}" score m.onnx long.csv | head -n 2; echo "\${PIPESTATUS[0]}"`;
    const text = execFileSync("bash", ["-c", script], {
      cwd: work.folder,
      encoding: "utf8",
      stdio: ["ignore"],
    });
    expect(text).toMatch(/^row,score,p_value,threshold,is_anomaly\n1,.*\n0\n$/);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk is told with exit code 5", async () => {
    const full = execFileSync(
      "bash",
      ["-c", `"${process.execPath}" "${bin}" score m.onnx mixed.csv 2>&1 >/dev/full; echo "$?"`],
      { cwd: work.folder, encoding: "utf8" },
    );
    expect(full).toMatch(/error: Cannot write .*the disk is full/);
    expect(full).toMatch(/\n5\n$/);
    await work.fails(["score", "m.onnx", "mixed.csv", "--out", "/dev/full"], 5, /the disk is full/);
  });
});

describe("columns at scoring", () => {
  const lines = (): string[][] =>
    work
      .text("mixed.csv")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
  const csv = (rows: readonly (readonly string[])[]): string =>
    rows.map((row) => `${row.join(",")}\n`).join("");
  const score = (input: string): Promise<Result> => work.ok(["score", "m.onnx", "-"], { input });

  test("other order and further columns change nothing, but are told", async () => {
    const plain = await score(csv(lines()));
    const moved = await score(csv(lines().map((row, k) => [...row, k === 0 ? "more" : "9"].reverse())));
    expect(moved.stdout).toBe(plain.stdout);
    expect(moved.stderr).toMatch(/warning: <stdin> has \d columns that the model does not use: .*"more"/);
  });

  test("a missing column is named, and the nearest one offered", async () => {
    const without = csv(lines().map(([id, a, , ...rest]) => [id!, a!, ...rest]));
    await work.fails(["score", "m.onnx", "-"], 3, /lacks the column "b"/, { input: without });
    const slip = csv(
      lines().map((row, k) => row.map((cell) => (k === 0 && cell === "kind" ? "kinds" : cell))),
    );
    await work.fails(["score", "m.onnx", "-"], 3, /lacks the column "kind".*\nhint: .*"kinds"/s, {
      input: slip,
    });
  });

  test("a column that is there twice is refused", async () => {
    const twice = csv(lines().map((row) => [...row, row[1]!]));
    await work.fails(["score", "m.onnx", "-"], 3, /more than once: "a"/, { input: twice });
  });

  test("texts where numbers were trained are refused with the row", async () => {
    const rows = lines();
    rows[5]![1] = "high";
    work.write("text.csv", csv(rows));
    await work.fails(["score", "m.onnx", "text.csv"], 3, /column "a" was trained on numbers.*row 5.*"high"/);
  });

  test("missing cells, new texts, infinity and 1e30 get finite scores, and a warning", async () => {
    const rows = lines();
    rows[1]![1] = "";
    rows[2]![1] = "NaN";
    rows[3]![2] = "1e30";
    rows[4]![2] = "-Infinity";
    rows[5]![4] = "never seen";
    const result = await score(csv(rows));
    const scores = rowsOf(result);
    expect(scores.length).toBe(200);
    expect(scores.every((row) => Object.values(row).every(Number.isFinite))).toBe(true);
    expect(scores[2]).toMatchObject({ is_anomaly: 1 });
    expect(scores[3]).toMatchObject({ is_anomaly: 1 });
    expect(result.stderr).toMatch(/warning: Missing cells are treated as in training: "a" 2\./);
    expect(result.stderr).toMatch(
      /warning: Column "kind": 1 cell with a text that training never saw.*"never seen"/,
    );
    expect(result.stderr).toMatch(/warning: Cells outside the range of the training rows: .*"b"/);
  });
});
