import { beforeAll, describe, expect, test } from "vitest";
import { build, madeUpCsv, Workspace } from "./cli.js";

const work = new Workspace();
const common = ["--exclude", "id,fixed,y"];
const labelled = ["--data", "mixed.csv", "--label-column", "y"];

interface Point {
  readonly name: string | null;
  readonly threshold: number;
  readonly method: string;
  readonly calibrationSize: number;
  readonly falseAlarmsPerThousand: number;
  readonly falseAlarmsPerDay: number | null;
}
interface Listing {
  readonly operatingPoints: readonly Point[];
}

const decided = async (args: readonly string[]): Promise<Point> =>
  ((await work.json(["threshold", "m.onnx", "--json", ...args])) as { decided: Point }).decided;
const pointsOf = async (model: string, ...more: string[]): Promise<readonly Point[]> =>
  ((await work.json(["threshold", model, "--json", ...more])) as Listing).operatingPoints;

/** How many rows of a file a model flags. */
async function flagged(model: string, data: string, ...more: string[]): Promise<number> {
  const args = ["score", model, data, "--out", "s.csv", "--force", "--json", ...more];
  return ((await work.json(args)) as { anomalies: number }).anomalies;
}

beforeAll(async () => {
  build();
  work.write("normal.csv", madeUpCsv({ rows: 1000 }));
  work.write("more.csv", madeUpCsv({ rows: 1000, seed: 5 }));
  work.write("mixed.csv", madeUpCsv({ rows: 200, anomalies: 40, seed: 2 }));
  await work.ok(["train", "normal.csv", "--out", "m.onnx", ...common, "--quiet"]);
});

describe("train --rule", () => {
  test("decides by the rule, and states what is promised by how many rows with which confidence", async () => {
    const args = ["train", "normal.csv", "--out", "rule.onnx", ...common, "--rule", "false-alarms 1%"];
    const { stdout } = await work.ok(args);
    expect(stdout).toMatch(/threshold +[\d.]+ \(false-alarms 1%\)/);
    expect(stdout).toMatch(
      /promise +Guaranteed on average over calibrations: at most 1 % of normal rows like the 200 .* 95 % confidence, .* at most 2\.35 %/,
    );
    // ceil(201 * 0.99) = 199: one score of 200 is above the threshold.
    const [point] = await pointsOf("rule.onnx");
    expect(point).toMatchObject({ name: null, method: "false-alarms", calibrationSize: 200 });
    expect(point!.falseAlarmsPerThousand).toBeCloseTo((1000 * 2) / 201, 9);
  });

  test("is the same as deciding afterwards, byte for byte", async () => {
    const args = ["train", "normal.csv", "--out", "q.onnx", ...common, "--rule", "percentile 99"];
    await work.ok(args);
    await work.ok(["threshold", "m.onnx", "--rule", "percentile 99", "--out", "q2.onnx"]);
    expect(work.read("q.onnx").equals(work.read("q2.onnx"))).toBe(true);
  });

  test("fails before training when there are too few normals, and says how many are needed", async () => {
    const train = (rule: string, ...more: string[]): string[] => [
      ...["train", "normal.csv", "--out", "no.onnx", ...common, "--rule", rule, ...more],
    ];
    const few = /needs 299 normal rows to calibrate, but of 1,000 rows 200 are held out.*1,493 rows.*0\.3 /s;
    const { stderr } = await work.fails(train("false-alarms 1% confidence 95%"), 3, few);
    expect(stderr).not.toMatch(/training/);
    await work.fails(train("false-alarms 1% confidence 95%", "--dry-run"), 3, few);
    await work.ok([...train("false-alarms 1% confidence 95%", "--calibration-fraction", "0.3"), "--quiet"]);
  });

  test("refuses what it cannot decide by", async () => {
    const train = ["train", "normal.csv", "--out", "no2.onnx", ...common, "--rule"];
    const old = ["train", "normal.csv", "--out", "no2.onnx", "--threshold", "percentile 99"];
    await work.fails(old, 2, /takes a rule, not a threshold.*--rule "percentile 99"/s);
    await work.fails([...train, "percentile 0.99"], 2, /did you mean 99/);
    await work.fails([...train, "f1"], 2, /no labels.*hypersphere threshold model\.onnx --rule "f1"/s);
    await work.fails([...train, "percentile 99", "--percentile", "99"], 2, /exclude each other/);
    await work.fails([...train, "persentile 99"], 2, /no threshold rule.*Did you mean "percentile"/s);
  });
});

describe("threshold", () => {
  test("without a rule lists what the model has, and the rules", async () => {
    const { stdout } = await work.ok(["threshold", "m.onnx"]);
    expect(stdout).toMatch(/\(in force\) +[\d.]+ +percentile 95 of held-out normals +[\d.]+\n/);
    for (const rule of ["false-alarms 1%", "alerts-per-day 3 of 1440", "pot 0.1%", "f1", "cost 1:20"])
      expect(stdout).toContain(rule);
    const [point] = await pointsOf("m.onnx", "--rows-per-day", "1440");
    expect(point!.falseAlarmsPerDay).toBeCloseTo(1.44 * point!.falseAlarmsPerThousand, 9);
  });

  test("--dry-run shows the decision and writes nothing", async () => {
    const before = work.read("m.onnx");
    const rule = ["--rule", "percentile 99"];
    const { stdout } = await work.ok(["threshold", "m.onnx", ...rule, "--dry-run"]);
    expect(stdout).toMatch(/In force: [\d.]+ \(was [\d.]+\)/);
    expect(stdout).toContain("Nothing was written.");
    expect(work.read("m.onnx").equals(before)).toBe(true);
  });

  test("in place: the model decides by it from then on, and keeps what it has by name", async () => {
    work.write("own.onnx", work.read("m.onnx"));
    const change = (...args: string[]) => work.ok(["threshold", "own.onnx", ...args]);
    await change("--rule", "false-alarms 2%", "--name", "night", "--rows-per-day", "1440");
    await change("--rule", "percentile 50");
    const [own, night] = await pointsOf("own.onnx");
    expect(own).toMatchObject({ name: null, method: "percentile" });
    expect(night).toMatchObject({ name: "night", method: "false-alarms" });
    expect(night!.falseAlarmsPerDay).toBeCloseTo(1.44 * night!.falseAlarmsPerThousand, 9);
    const { stdout } = await work.ok(["inspect", "own.onnx"]);
    expect(stdout).toMatch(/false alarms per 1,000 normal rows +per day\n/);
    expect(stdout).toMatch(/night +[\d.]+ +false-alarms 2% +[\d.]+ +[\d.]+\n/);
    const byDay = await flagged("own.onnx", "more.csv");
    const byNight = await flagged("own.onnx", "more.csv", "--operating-point", "night");
    expect(byDay).toBeGreaterThan(400);
    expect(byDay).toBeLessThan(600);
    expect(byNight).toBeLessThan(60);
  });

  test.each([
    ["percentile 99", []],
    ["mean-sigma 3", []],
    ["contamination 5%", []],
    ["contamination 5%", ["--data", "mixed.csv"]],
    ["iqr", []],
    ["robust-z 3", []],
    ["pot 1% level 90", []],
    ["false-alarms 5% confidence 90%", []],
    ["alerts-per-day 20 of 1440", []],
    ["f1", labelled],
    ["cost 1:20", labelled],
  ])("--rule %j %j never flags everything", async (rule, args) => {
    await work.ok(["threshold", "m.onnx", "--rule", rule, ...args, "--out", "t.onnx", "--force"]);
    expect(await flagged("t.onnx", "more.csv")).toBeLessThan(500);
    const [point] = await pointsOf("t.onnx");
    expect(point!.falseAlarmsPerThousand).toBeLessThan(500);
  });

  test("f1 on labels is as good as what evaluate then finds", async () => {
    const point = await decided(["--rule", "f1", ...labelled, "--out", "f1.onnx"]);
    const evaluated = (await work.json([
      ...["evaluate", "f1.onnx", "mixed.csv", "--label-column", "y", "--json"],
    ])) as { decision: { f1: number } };
    const { diagnostics } = point as unknown as { diagnostics: { f1: number } };
    expect(diagnostics.f1).toBeCloseTo(evaluated.decision.f1, 12);
    expect(diagnostics.f1).toBeGreaterThan(0.6);
  });

  test("labels of one kind, or none, give an error and no threshold", async () => {
    const f1 = ["threshold", "m.onnx", "--rule", "f1", "--out", "no.onnx2"];
    await work.fails(
      [...f1, "--data", "normal.csv", "--label-column", "y"],
      3,
      /every one of the 1000 rows is normal/,
    );
    await work.fails([...f1, "--data", "mixed.csv"], 2, /No label column was given/);
    await work.fails(f1, 2, /needs rows with labels.*--data/s);
  });

  test("flags that are missing, strange or contradict each other", async () => {
    const threshold = (...args: string[]): string[] => ["threshold", "m.onnx", ...args];
    await work.fails(threshold("--rule", "percentile"), 2, /percentile of the scores is missing/);
    await work.fails(threshold("--rule", "percentile 0.99"), 2, /did you mean 99/);
    await work.fails(threshold("--rule", "percentile 99 k 3"), 2, /not understood at "k"/);
    await work.fails(threshold("--rule", "false-alarms 5"), 2, /such as 5% or 0\.05/);
    await work.fails(threshold("--rule", "mode"), 2, /no threshold rule "mode".*percentile/s);
    await work.fails(threshold("--rule", "f2"), 2, /no threshold rule "f2"/);
    await work.fails(threshold("--method", "iqr"), 2, /unknown option '--method'/i);
    await work.fails(threshold("--name", "night"), 2, /no rule to decide by/);
    await work.fails(threshold("--rule", "iqr", ...labelled), 2, /works without labels/);
    await work.fails(threshold("--rule", "iqr", "--name", "a\tb"), 2, /--name is/);
    await work.fails(threshold("--rule", "false-alarms 0.1%"), 3, /200 calibration scores.*999 are needed/s);
    await work.fails(threshold("--rule", "iqr", "--out", "normal.csv"), 5, /exists already/);
    await work.fails(["threshold", "normal.csv", "--rule", "iqr"], 4, /normal\.csv/);
  });
});
