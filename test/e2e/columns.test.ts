import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const stream = createRandom(12).stream("cells");
const knn = ["--detector", "knn"];

/** Rows with a serial number, a date and a verdict beside two measurements; a nested key now and then. */
const rows = Array.from({ length: 120 }, (_, k) => ({
  serial: 5000 + k,
  day: `${1 + (k % 28)}.03.2024`,
  load: Number(stream.normal().toFixed(4)),
  temp: Number(stream.normal().toFixed(4)),
  verdict: k % 20 === 7 ? "Anomaly" : "normal",
}));
const csv = (given: readonly object[]): string =>
  `${Object.keys(given[0]!).join(",")}\n${given.map((row) => Object.values(row).join(",")).join("\n")}\n`;

beforeAll(() => {
  build();
  work.write("plant.csv", csv(rows));
  work.write("later.csv", csv(rows.map((row) => ({ ...row, serial: row.serial + 10_000, day: "1.4.2024" }))));
  work.write(
    "nested.jsonl",
    rows.map((row, k) => JSON.stringify({ ...row, tags: k % 9 === 4 ? ["x"] : 1 })).join("\n"),
  );
});

describe("columns that are no measurements", () => {
  test("are left out with a line each, so that later rows are judged by what they hold", async () => {
    const labels = ["--label-column", "verdict"];
    const { stderr } = await work.ok(["train", "plant.csv", ...labels, ...knn, "--out", "m.onnx"]);
    expect(stderr).toContain('warning: Column "serial" is left out: it holds whole numbers that grow');
    expect(stderr).toContain('warning: Column "day" is left out: it holds dates');
    expect(stderr).toContain("--column-type");
    const isAnomaly = async (name: string) =>
      (await work.ok(["score", "m.onnx", name])).stdout.split("\n").map((line) => line.split(",").at(-1));
    expect(await isAnomaly("later.csv")).toEqual(await isAnomaly("plant.csv"));
    await work.ok(["train", "plant.csv", ...knn, "--columns", "serial,load", "--out", "named.onnx"]);
    const later = await work.ok(["score", "named.onnx", "later.csv"]);
    expect(later.stderr).toContain("120 of 120 rows");
  });

  test("may be labels, which a warning says", async () => {
    const { stderr } = await work.ok(["train", "plant.csv", ...knn, "--out", "y.onnx"]);
    expect(stderr).toContain('Column "verdict" is learned from, but it has the name of a label');
    expect(stderr).toContain("--label-column");
    const named = await work.ok([
      "train",
      "plant.csv",
      ...knn,
      "--label-column",
      "verdict",
      "--out",
      "n.onnx",
    ]);
    expect(named.stderr).not.toContain("name of a label");
  });

  test("are shown before anything is trained", async () => {
    const { stdout } = await work.ok(["train", "plant.csv", ...knn, "--dry-run"]);
    expect(stdout).toMatch(/left out +serial, day\n/);
    expect(stdout).not.toMatch(/(numeric|categorical) .*(serial|day)/);
    const inspected = await work.ok(["inspect", "plant.csv"]);
    expect(inspected.stdout).toMatch(/serial .*numbers or dates the rows/);
    expect(inspected.stdout).toMatch(/day .*numbers or dates the rows/);
    expect(inspected.stdout).not.toMatch(/load .*numbers or dates the rows/);
  });
});

describe("a column that cannot be read", () => {
  test("can be left out, and is not asked for by a model without it", async () => {
    const failed = await work.run(["train", "nested.jsonl", ...knn, "--out", "t.onnx"]);
    expect(failed.code).toBe(3);
    expect(failed.stderr).toContain("--exclude");
    await work.ok(["train", "nested.jsonl", ...knn, "--exclude", "tags,verdict", "--out", "t.onnx"]);
    const { stderr } = await work.ok(["score", "t.onnx", "nested.jsonl"]);
    expect(stderr).toContain('column "tags" holds a list on line 5');
    expect(stderr).toContain("not needed, and left out");
    expect((await work.ok(["inspect", "nested.jsonl"])).stdout).toContain("load");
  });
});
