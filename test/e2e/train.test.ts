import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { build, madeUpCsv, tiny, Workspace } from "./cli.js";
import { npzOfCsv } from "./npy.js";

const work = new Workspace();
const deepSvdd = ["--detector", "deep-svdd"];
const common = ["--exclude", "id,fixed,y", ...tiny];

beforeAll(() => {
  build();
  work.write("normal.csv", madeUpCsv());
  work.write("mixed.csv", madeUpCsv({ rows: 200, anomalies: 40, seed: 2 }));
});

describe("help and version", () => {
  test("the top level lists commands and exit codes, the version is the package's", async () => {
    const { stdout, stderr } = await work.ok(["--help"]);
    for (const word of ["train", "score", "evaluate", "inspect", "doctor", "130"])
      expect(stdout).toContain(word);
    expect(stderr).toBe("");
    expect((await work.ok(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("without a command there is help, and exit code 2", async () => {
    const { code, stdout, stderr } = await work.run([]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: hypersphere");
  });

  test("train lists the detector's options with ranges, choices and defaults", async () => {
    const { stdout } = await work.ok(["train", "--detector", "deep-svdd", "--help"]);
    const text = stdout.replace(/\s+/g, " ");
    expect(text).toContain("--hidden-dims <n,n,...>");
    expect(text).toContain("--[no-]whiten");
    expect(text).toMatch(/--scaling <name>.*standard, robust, min-max, quantile; default: standard/);
    expect(text).toMatch(/--latent-dim <n> Dimensions of the latent space \(default: \d+\)/);
  });
});

describe("train", () => {
  test("writes a model and says what it did", async () => {
    const { stdout, stderr } = await work.ok(["train", "normal.csv", "--out", "first.onnx", ...common]);
    expect(stdout).toMatch(/^Trained deep-svdd on normal\.csv:/);
    expect(stdout).toMatch(
      /threshold +[\d.]+ \(percentile 95 of held-out normals\); about [\d.]+ % of normal/,
    );
    expect(stdout).toMatch(/health +healthy/);
    expect(stdout).toMatch(/control +rank agreement/);
    expect(stdout).toMatch(/Wrote first\.onnx \(.* kB\)\.\n$/);
    expect(stderr).toBe("");
  });

  test("without a detector, trains the default and needs no option", async () => {
    const { stdout } = await work.ok([
      "train",
      "normal.csv",
      "--out",
      "auto.onnx",
      "--exclude",
      "id,fixed,y",
    ]);
    expect(stdout).toMatch(/^Trained auto on normal\.csv:/);
    expect(stdout).toMatch(/threshold +[\d.]+ \(percentile 95 of held-out normals\)/);
  });

  test("the same seed gives the same bytes, another seed others", async () => {
    await work.ok(["train", "normal.csv", "--out", "a.onnx", ...common, "--seed", "7", "--quiet"]);
    await work.ok(["train", "normal.csv", "--out", "b.onnx", ...common, "--seed", "7", "--quiet"]);
    await work.ok(["train", "normal.csv", "--out", "c.onnx", ...common, "--seed", "8", "--quiet"]);
    expect(work.read("a.onnx").equals(work.read("b.onnx"))).toBe(true);
    expect(work.read("a.onnx").equals(work.read("c.onnx"))).toBe(false);
  });

  test("--json is one object with data, options, threshold and training", async () => {
    const summary = (await work.json(["train", "normal.csv", "--out", "json.onnx", "--json", ...common])) as {
      [key: string]: Record<string, unknown>;
    };
    expect(summary).toMatchObject({
      model: "json.onnx",
      detector: "deep-svdd",
      bytes: work.read("json.onnx").length,
      options: { members: 1, epochs: 3, latentDim: 8 },
      data: { source: "normal.csv", rows: 300 },
      columns: { numeric: ["a", "b", "c"], categorical: ["kind"] },
      threshold: { method: "percentile" },
    });
    expect(summary["training"]).toHaveProperty("members");
  });

  test("--quiet says nothing but warnings", async () => {
    const args = ["train", "normal.csv", "--out", "quiet.onnx", "--exclude", "id,y", ...tiny, "--quiet"];
    const { stdout, stderr } = await work.ok(args);
    expect(stdout).toBe("");
    expect(stderr).toBe('warning: Column "fixed" is left out: constant (1).\n');
  });

  test("reads standard input, gzip and JSON lines to the same model", async () => {
    const csv = work.text("normal.csv");
    await work.ok(["train", "-", "--out", "stdin.onnx", ...common], { input: csv });
    await work.ok(["train", "normal.csv", "--out", "file.onnx", ...common]);
    work.write("normal.csv.gz", gzipSync(csv));
    await work.ok(["train", "normal.csv.gz", "--out", "gzip.onnx", ...common]);
    const [header, ...rows] = csv.trim().split("\n");
    const names = header!.split(",");
    const objects = rows.map((row) =>
      Object.fromEntries(
        row
          .split(",")
          .map((cell, k) => [names[k]!, ["id", "kind"].includes(names[k]!) ? cell : Number(cell)]),
      ),
    );
    work.write("normal.jsonl", objects.map((object) => `${JSON.stringify(object)}\n`).join(""));
    await work.ok(["train", "normal.jsonl", "--out", "jsonl.onnx", ...common]);
    const expected = work.read("file.onnx");
    for (const name of ["stdin", "gzip", "jsonl"])
      expect(work.read(`${name}.onnx`).equals(expected)).toBe(true);
  });

  test("learns from the rows labelled normal only, whatever the labels are called", async () => {
    const plan = (await work.json([
      ...["train", "mixed.csv", "--label-column", "y", "--exclude", "id", "--dry-run", "--json"],
    ])) as { data: { rows: number; labels: unknown } };
    expect(plan.data).toMatchObject({ rows: 160, labels: { normals: 160, anomalies: 40, unlabelled: 0 } });
    work.write("named.csv", work.text("mixed.csv").replace(/,1$/gm, ",strange").replace(/,0$/gm, ",fine"));
    const args = ["train", "named.csv", "--label-column", "y", "--exclude", "id"];
    await work.fails([...args, "--out", "x.onnx"], 3, /"strange", "fine".*\nhint: .*--normal-label/s);
    const { stdout } = await work.ok([...args, "--out", "named.onnx", "--normal-label", "fine", ...tiny]);
    expect(stdout).toContain("160 normal rows of 200 (40 anomalies left out)");
  });

  test("takes y of an NPZ archive for the labels", async () => {
    work.write("mixed.npz", npzOfCsv(work.text("mixed.csv"), ["a", "b", "c"], "y"));
    const plan = (await work.json(["train", "mixed.npz", "--dry-run", "--json"])) as { data: object };
    expect(plan.data).toMatchObject({ rows: 160, labelColumn: "y" });
    const piped = await work.json(["train", "-", "--dry-run", "--json"], { input: work.read("mixed.npz") });
    expect((piped as { data: object }).data).toMatchObject({ rows: 160, labelColumn: "y" });
  });

  test("--dry-run shows options and columns, and writes nothing", async () => {
    const before = work.files();
    const args = [
      ...["train", "normal.csv", ...deepSvdd],
      "--out",
      "never.onnx",
      "--columns",
      "c,a",
      "--no-whiten",
      "--dry-run",
    ];
    const { stdout } = await work.ok([...args, "--hidden-dims", "32,16"]);
    expect(stdout).toContain("nothing was trained or written");
    expect(stdout).toMatch(/numeric +c, a\n/);
    expect(stdout).toMatch(/hiddenDims +\[32, 16\]/);
    expect(stdout).toMatch(/whiten +false/);
    expect(work.files()).toEqual(before);
  });

  test("options come from a file, and flags win over it", async () => {
    work.write("options.json", JSON.stringify({ latentDim: 4, hiddenDims: [5], members: 2 }));
    const args = ["train", "normal.csv", ...deepSvdd, "--dry-run", "--json", "--config", "options.json"];
    expect(await work.json([...args, "--members", "3"])).toMatchObject({
      options: { latentDim: 4, hiddenDims: [5], members: 3 },
    });
  });

  test("an existing file is replaced with --force only, and is looked for before training", async () => {
    work.write("kept.onnx", "precious");
    const args = ["train", "normal.csv", "--out", "kept.onnx", ...common];
    await work.fails(args, 5, /^error: kept\.onnx exists already\.\nhint: .*--force/);
    expect(work.text("kept.onnx")).toBe("precious");
    await work.ok([...args, "--force"]);
    expect(work.read("kept.onnx").length).toBeGreaterThan(1000);
  });

  test("the WebAssembly build trains as well", async () => {
    await work.ok(["train", "normal.csv", "--out", "wasm.onnx", ...common, "--runtime", "wasm"]);
    const card = (await work.json(["inspect", "wasm.onnx", "--json"])) as { versions: { runtime: string } };
    expect(card.versions.runtime).toBe("wasm");
  });
});

describe("wrong options", () => {
  test.each<[string, string[], RegExp]>([
    ["an unknown command", ["trian"], /^error: Unknown command 'trian'\.\nhint: Did you mean train\?/],
    [
      "an unknown flag",
      ["train", "normal.csv", "--sed", "1"],
      /^error: Unknown option '--sed'\.\nhint: .*--seed/,
    ],
    [
      "a flag of another detector",
      ["train", "normal.csv", "--nu=0.1"],
      /^error: Unknown option '--nu=0\.1'\.\nhint: --nu is an option of .*one-class-svm.*: name one with --detector\./,
    ],
    ["no data", ["train"], /^error: Missing required argument 'data'\./],
    ["no output", ["train", "normal.csv"], /^error: There is no file to write.*\nhint: Add --out/],
    [
      "a number out of range",
      ["train", "normal.csv", ...deepSvdd, "--latent-dim", "0"],
      /--latent-dim is "0".*at least 1/,
    ],
    ["no number", ["train", "normal.csv", ...deepSvdd, "--hidden-dims", "8,x"], /--hidden-dims is "8,x"/],
    ["an unknown choice", ["train", "normal.csv", "--scaling", "robst"], /--scaling.*\nhint: .*"robust"/],
    [
      "an unknown detector",
      ["train", "normal.csv", "--detector", "deep-svd"],
      /deep-svd.*\nhint: .*"deep-svdd"/,
    ],
    ["an unknown runtime", ["train", "normal.csv", "--runtime", "gpu"], /--runtime is "gpu"/],
    ["a column type", ["train", "normal.csv", "--column-type", "a"], /--column-type is "a"/],
    [
      "a label without a column",
      ["train", "normal.csv", "--dry-run", "--normal-label", "0"],
      /--label-column/,
    ],
  ])("%s is refused with exit code 2", async (_, args, message) => {
    await work.fails(args, 2, message);
  });

  test("keys of the options file are checked, and the nearest is named", async () => {
    work.write("slip.json", '{"latentdim": 4}');
    const args = ["train", "normal.csv", ...deepSvdd, "--dry-run", "--config"];
    await work.fails(
      [...args, "slip.json"],
      2,
      /slip\.json: there is no option "latentdim"\.\nhint: .*"latentDim"/,
    );
    work.write("range.json", '{"nu": 2}');
    await work.fails(
      [...args, "range.json"],
      2,
      /range\.json: nu is "2", expected a number, above 0 and at most 1/,
    );
    work.write("broken.json", "{");
    await work.fails([...args, "broken.json"], 2, /broken\.json is not valid JSON/);
    await work.fails([...args, "absent.json"], 5, /Cannot read absent\.json/);
  });

  test("with --json the failure is a line of JSON, with --debug there is a stack trace", async () => {
    const { stderr, stdout } = await work.fails(["train", "absent.csv", "--out", "x.onnx", "--json"], 5, /./);
    expect(stdout).toBe("");
    const failure = JSON.parse(stderr) as { error: { code: string }; exitCode: number };
    expect(failure).toMatchObject({ error: { code: "io" }, exitCode: 5 });
    const debug = await work.run(["train", "absent.csv", "--out", "x.onnx", "--debug"]);
    expect(debug.code).toBe(5);
    expect(debug.stderr).toMatch(/^ {4}at /m);
  });

  test("a network that could answer a constant is refused with exit code 7", async () => {
    await work.fails(["train", "normal.csv", "--out", "x.onnx", ...common, "--bias"], 7, /acts as a bias/);
  });
});
