/** Learning from a few labels, from outliers and from an earlier model, on the command line. */
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const network = ["--members", "2", "--hidden-dims", "16", "--latent-dim", "8"];
const stream = createRandom("labels").stream("rows");

/** Six sensors that vary on their own. The odd ones are a cluster in the midst of the normals' spread. */
const row = (odd: boolean): string =>
  Array.from({ length: 6 }, (_, k) =>
    (odd && k < 3 ? 1.3 + 0.2 * stream.normal() : stream.normal()).toFixed(4),
  ).join(",");
const csv = (header: string, lines: readonly string[]): string => `${[header, ...lines].join("\n")}\n`;
const repeat = (count: number, make: (k: number) => string): string[] =>
  Array.from({ length: count }, (_, k) => make(k));

beforeAll(() => {
  build();
  const judged = [
    ...repeat(300, (k) => `${row(false)},${k % 20 === 0 ? "normal" : ""}`),
    ...repeat(20, () => `${row(true)},anomaly`),
  ];
  work.write("plant.csv", csv("a,b,c,d,e,f,verdict", judged));
  work.write(
    "normal.csv",
    csv(
      "a,b,c,d,e,f",
      repeat(200, () => row(false)),
    ),
  );
  work.write(
    "odd.csv",
    csv(
      "a,b,c,d,e,f",
      repeat(40, () => row(true)),
    ),
  );
  work.write(
    "test.csv",
    csv("a,b,c,d,e,f,verdict", [
      ...repeat(150, () => `${row(false)},normal`),
      ...repeat(150, () => `${row(true)},anomaly`),
    ]),
  );
});

const auroc = async (model: string): Promise<number> => {
  const { stdout } = await work.ok(["evaluate", model, "test.csv", "--label-column", "verdict", "--json"]);
  return JSON.parse(stdout).ranking.auroc;
};

describe("labels", () => {
  test("deep-sad learns from anomalies, goes on from a model, and says before and after", async () => {
    const { stdout } = await work.ok([
      "train",
      "plant.csv",
      "--detector",
      "deep-sad",
      "--label-column",
      "verdict",
      ...network,
      "--out",
      "sad.onnx",
    ]);
    expect(stdout).toContain("320 rows (15 labelled normal, 20 anomalies, 285 unlabelled)");
    expect(stdout).toMatch(/labels +20 anomalies and 15 normal rows/);

    await work.ok(["train", "normal.csv", "--detector", "deep-svdd", ...network, "--out", "svdd.onnx"]);
    // The networks' options are those of the model that training goes on from; no flag repeats them.
    const more = ["--detector", "deep-sad", "--from", "svdd.onnx", "--label-column", "verdict"];
    const next = await work.ok([
      "train",
      "plant.csv",
      ...more,
      "--normalizer",
      "separate",
      "--out",
      "next.onnx",
    ]);
    expect(next.stdout).toMatch(/went on from +the model with SHA-256 [0-9a-f]{16}/);
    expect(next.stdout).toMatch(
      /warm start +mean scores of held out normals 1 -> [\d.]+ \(95 %: .*\), labelled anomalies [\d.]+ -> [\d.]+ /,
    );
    expect(await auroc("next.onnx")).toBeGreaterThan((await auroc("svdd.onnx")) + 0.1);

    const shown = await work.ok(["inspect", "next.onnx"]);
    for (const text of [
      "went on from",
      "20 anomalies and 15 normal rows",
      "warm start",
      "pretraining left out",
    ]) {
      expect(shown.stdout).toContain(text);
    }
    const card = JSON.parse((await work.ok(["inspect", "next.onnx", "--json"])).stdout);
    expect(card.data).toMatchObject({ rows: 320, labels: { anomalies: 20, normals: 15 } });
    expect(card.training.warmStart.heldOutNormals.before.mean).toBeCloseTo(1, 3);
  });

  test("hsc learns from a second data set, which must have the same columns", async () => {
    const train = ["train", "normal.csv", "--detector", "hsc", ...network, "--out", "hsc.onnx"];
    // What the training rows are read without may be lacking there.
    const lines = String(work.read("normal.csv")).trimEnd().split("\n");
    work.write("named.csv", lines.map((line, k) => `${line},${k === 0 ? "machine" : "m1"}`).join("\n"));
    const named = ["train", "named.csv", "--exclude", "machine", "--detector", "hsc", ...network];
    const { stdout } = await work.ok([...named, "--out", "hsc.onnx", "--outliers", "odd.csv", "--json"]);
    expect(JSON.parse(stdout).data).toMatchObject({ rows: 200, outliers: { rows: 40 } });
    expect(await auroc("hsc.onnx")).toBeGreaterThan(0.8);
    work.write("other.csv", "a,b\n1,2\n3,4\n");
    const { code, stderr } = await work.run([...train, "--force", "--outliers", "other.csv"]);
    expect(code).toBe(3);
    expect(stderr).toContain("other.csv lacks 4 of 6 columns");
  });

  test("hsc learns from outliers made of its own rows where asked to, and says how many", async () => {
    const train = ["train", "normal.csv", "--detector", "hsc", "--synthesis", "shifted-features", ...network];
    const { stdout } = await work.ok([...train, "--steps", "50", "--out", "made.onnx"]);
    expect(stdout).toMatch(/outliers +144 made by shifted-features from training rows\n/);
    const shown = await work.ok(["inspect", "made.onnx"]);
    expect(shown.stdout).toMatch(/outliers +144 made by shifted-features from training rows\n/);
    const card = JSON.parse((await work.ok(["inspect", "made.onnx", "--json"])).stdout);
    expect(card.options.synthesis).toBe("shifted-features");
    expect(card.training.synthesis).toEqual({ synthesis: "shifted-features", outliers: 144 });
    const more = ["--outliers", "odd.csv", "--calibration", "cross", "--calibration-folds", "2"];
    const both = await work.ok([...train, "--steps", "5", ...more, "--out", "both.onnx"]);
    expect(both.stdout).toMatch(
      /outliers +40 rows of a second data set, and 180 made by shifted-features from training rows of 2 folds\n/,
    );
  });

  test("a dry run says what would be learned from", async () => {
    const { stdout } = await work.ok([
      "train",
      "plant.csv",
      "--detector",
      "deep-sad",
      "--label-column",
      "verdict",
      "--dry-run",
    ]);
    expect(stdout).toContain("320 rows (15 labelled normal, 20 anomalies, 285 unlabelled)");
    const knn = await work.ok([
      "train",
      "plant.csv",
      "--detector",
      "knn",
      "--label-column",
      "verdict",
      "--dry-run",
    ]);
    expect(knn.stdout).toContain("15 normal rows of 320 (20 anomalies and 285 unlabelled rows left out)");
  });

  test.each([
    [
      ["--detector", "knn", "--outliers", "odd.csv"],
      "knn cannot learn from outliers; deep-sad, fcdd and hsc can.",
    ],
    [["--detector", "hsc", "--from", "svdd.onnx"], "hsc cannot learn from another model; deep-sad can."],
    [["--detector", "hsc"], "hsc needs negatives and got none"],
    [
      ["--detector", "hsc", "--synthesis", "confetti"],
      "confetti makes outliers from images; these rows are not images.",
    ],
    [["--detector", "hsc", "--synthesis", "confeti"], 'Did you mean "confetti"?'],
    [["--detector", "deep-sad", "--from", "missing.onnx"], "missing.onnx"],
    [
      ["--detector", "deep-sad", "--from", "svdd.onnx", "--members", "3"],
      "members is 3, but the starting model was trained with 2.",
    ],
    [
      ["--detector", "deep-sad", "--robust", "--outliers", "odd.csv"],
      "A robust fit takes no labels, outliers, known defects or starting model.",
    ],
  ])("refuses %j with what is wrong", async (flags, message) => {
    const { code, stdout, stderr } = await work.run(["train", "normal.csv", ...flags, "--out", "never.onnx"]);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(work.files()).not.toContain("never.onnx");
  });
});
