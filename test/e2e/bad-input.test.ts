import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { add, Graph, serialize } from "../../src/graph/index.js";
import { build, madeUpCsv, tiny, Workspace } from "./cli.js";
import { npyFloats, npyObjects, npz } from "./npy.js";

const work = new Workspace();
const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

beforeAll(async () => {
  build();
  work.write("good.csv", madeUpCsv());
  await work.ok(["train", "good.csv", "--out", "m.onnx", "--exclude", "id,fixed,y", ...tiny]);
});

const constantRows = `a,b\n${"1,x\n".repeat(50)}`;
const numbers = Array.from({ length: 60 }, (_, k) => Math.sin(k));

describe("data that cannot be trained on: exit code 3, and nothing is written", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["empty.csv", "", /empty\.csv is empty/],
    ["header.csv", "a,b\n", /header\.csv.*row/],
    ["one-row.csv", "a,b\n1,2\n", /one-row\.csv has 1 row; training needs at least/],
    ["few-rows.csv", `a\n${numbers.slice(0, 9).join("\n")}\n`, /has 9 rows; training needs at least/],
    ["identical.csv", constantRows, /no column in which its rows differ.*\nhint: .*constant/s],
    ["infinite.csv", `a\n${numbers.join("\n")}\nInfinity\n`, /column "a" holds Infinity in data row 61/],
    ["missing.csv", `a,b\n${"NaN,\n".repeat(50)}`, /no column in which its rows differ/],
    ["ragged.csv", "a,b\n1,2\n3\n", /line 3 has 1 field/],
    ["twice.csv", "a,a\n1,2\n", /more than once: "a"/],
    ["image.csv", png, /cannot be decoded: "image\.csv"/],
    ["cut.npz", npz({ X: npyFloats([30, 2], numbers) }).subarray(0, 200), /cut\.npz/],
    ["pickled.npz", npz({ X: npyObjects() }), /pickled\.npz.*(pickle|object)/i],
    ["not.npz", "a,b\n1,2\n", /not\.npz does not begin as a npz file does/],
  ])("%s", async (name, contents, message) => {
    work.write(name, contents);
    await work.fails(["train", name, "--out", "x.onnx", ...tiny], 3, message);
    await work.fails(["train", "-", "--out", "x.onnx", ...tiny], 3, /^error: /, { input: contents });
  });

  test("a folder without images", async () => {
    await work.fails(["train", ".", "--out", "x.onnx"], 3, /holds no images/);
  });

  test("a label column without normal rows, or with labels nobody understands", async () => {
    work.write("anomalies.csv", madeUpCsv({ rows: 50, anomalies: 50 }));
    const args = ["--label-column", "y", "--out", "x.onnx"];
    await work.fails(["train", "anomalies.csv", ...args], 3, /"y" has no normal rows.*50 anomalies/);
    work.write("strange.csv", madeUpCsv().replace(/,0$/gm, ",maybe"));
    await work.fails(["train", "strange.csv", ...args], 3, /"maybe".*expected.*--normal-label/s);
    await work.fails(
      ["train", "good.csv", "--label-column", "z", "--out", "x.onnx"],
      3,
      /no label column "z"/,
    );
  });

  test("columns that are not there", async () => {
    await work.fails(["train", "good.csv", "--out", "x.onnx", "--columns", "a,q"], 3, /has no column "q"/);
    await work.fails(["train", "good.csv", "--out", "x.onnx", "--exclude", "q"], 3, /has no column "q"/);
    const typed = ["--column-type", "q=numeric"];
    await work.fails(["train", "good.csv", "--out", "x.onnx", ...typed], 2, /given for column "q"/);
  });
});

test.each([
  [["train", "good.csv", "--out", "x.onnx", "--exclude", ""], /--exclude is "", expected names/],
  [["train", "good.csv", "--out", "x.onnx", "--columns", " , "], /--columns is " , ", expected names/],
  [["score", "m.onnx", "good.csv", "--threshold", "1e39"], /threshold is 1e\+39, expected a finite number/],
  [["score", "m.onnx", "good.csv", "--percentile", "0x5f"], /--percentile is "0x5f", expected a number/],
  [["threshold", "m.onnx", "--rule", "percentile 0.5%"], /expected a percentile .* \(did you mean 99.5\?\)/],
  [["threshold", "m.onnx", "--rule", "f1", "--max-columns", "5"], /--max-columns was given, but no rows/],
  [["threshold", "m.onnx", "--rule", "f1", "--decimal", ","], /--decimal was given, but no rows/],
  [["inspect", "m.onnx", "--max-unpacked", "1GB"], /--max-unpacked says how data are read, but m.onnx/],
  [["explain", "m.onnx", "good.csv", "--report", "x.html", "--jsonl"], /--jsonl .* no rows are written/],
  [["inspect", "good.csv", "--max-pixels", "5"], /--max-pixels was given, but good.csv holds no images/],
])("flags that would do nothing, or anything but what they say: %j", async (args, message) => {
  await work.fails(args, 2, message);
});

test("what says nothing of these data or this training is told", async () => {
  work.write(
    "good.jsonl",
    `${numbers.map((a, k) => JSON.stringify({ a, b: Math.cos(3 * k) })).join("\n")}\n`,
  );
  const train = ["train", "good.jsonl", "--detector", "pca", "--out", "p.onnx", "--checkpoint", "p.ckpt"];
  const { stderr } = await work.ok([...train, "--delimiter", ";", "--no-header"]);
  expect(stderr).toMatch(/--checkpoint did nothing/);
  expect(stderr).toMatch(/--delimiter says nothing of good\.jsonl, which is no delimited text/);
  expect(stderr).toMatch(/--no-header says nothing of good\.jsonl/);
  const { stderr: quiet } = await work.ok([...train.slice(0, -2), "--force"]);
  expect(quiet).not.toMatch(/nothing/);
});

test("a delimiter that no key has is given by its code", async () => {
  work.write("parted.csv", `a\x1fb\n${numbers.map((a, k) => `${a}\x1f${Math.cos(3 * k)}\n`).join("")}`);
  const train = ["train", "parted.csv", "--detector", "pca", "--out", "parted.onnx"];
  for (const code of ["\\x1f", "\\u001f"]) {
    await work.ok([...train, "--delimiter", code, "--force"]);
    expect((await work.ok(["inspect", "parted.onnx"])).stdout).toMatch(/2 numeric/);
  }
  await work.fails([...train, "--delimiter", "\\x1"], 2, /expected one character, tab, or the code of one/);
});

test("a rule whose threshold no score could be above", async () => {
  await work.fails(["threshold", "m.onnx", "--rule", "mean-sigma 1e300"], 3, /threshold came out as .*e\+/);
});

describe("limits of what a file may ask for", () => {
  test("are named with their flags, which lift them", async () => {
    work.write("zeros.csv.gz", gzipSync(`a,b\n${"0,0\n".repeat(9000)}`));
    await work.fails(["inspect", "zeros.csv.gz", "--max-columns", "1"], 3, /--max-columns 10/);
    await work.fails(["inspect", "zeros.csv.gz", "--max-unpacked", "30 kB"], 3, /hint: .*--max-unpacked 1GB/);
    const train = ["train", "zeros.csv.gz", "--out", "x.onnx", "--max-unpacked", "0.02MB"];
    await work.fails(train, 3, /zeros\.csv\.gz: .* or more, where at most 20 kB are unpacked/);
    const none = ["--max-unpacked", "none", "--max-columns", "none"];
    expect((await work.ok(["inspect", "zeros.csv.gz", ...none])).stdout).toContain("9,000 rows");
  });

  test.each([
    ["--max-unpacked", "lots", /expected a size such as 500MB or 8GB, or none/],
    ["--max-unpacked", "0", /expected a size/],
    ["--max-columns", "-1", /expected a number above 0, or none/],
    ["--max-pixels", "", /expected a number above 0, or none/],
  ])("%s %j is no limit", async (flag, value, message) => {
    await work.fails(["train", "good.csv", "--out", "x.onnx", `${flag}=${value}`], 2, message);
  });

  test("images of more pixels", async () => {
    const huge = Buffer.concat([png, Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 8, 2, 0, 0, 0])]);
    work.write("huge.png", huge);
    await work.fails(["train", "huge.png", "--out", "x.onnx"], 3, /65536 x 65536 pixels.*--max-pixels/);
  });

  test("Parquet that invents rows, or never ends", async () => {
    for (const name of ["rows-invented", "hang", "unhandled", "typeerror", "mega", "rows-2p40"]) {
      const path = fileURLToPath(new URL(`../fixtures/damaged/parquet-${name}.parquet`, import.meta.url));
      await work.fails(["train", path, "--out", "x.onnx"], 3, /^error: .*parquet-.*\nhint: /s);
    }
  });
});

test("values of 1e30 are trained on, and scores are finite", async () => {
  const lines = work.text("good.csv").trim().split("\n");
  lines.push("r9998,1e30,0,0,x,1,0", "r9999,-1e30,1e-30,0,x,1,0");
  work.write("huge.csv", `${lines.join("\n")}\n`);
  await work.ok(["train", "huge.csv", "--out", "huge.onnx", "--exclude", "id,fixed,y", ...tiny]);
  const { stdout } = await work.ok(["score", "huge.onnx", "huge.csv", "--jsonl", "-q"]);
  const rows = stdout.trim().split("\n");
  expect(rows).toHaveLength(302);
  for (const row of rows) expect(Number.isFinite((JSON.parse(row) as { score: number }).score)).toBe(true);
});

describe("files that are no models: exit code 4", () => {
  const foreign = (): Uint8Array => {
    const graph = new Graph();
    const input = graph.input("x", "float32", ["rows", 2]);
    graph.output("y", add(input, input));
    return serialize(graph);
  };
  const changed = (): Uint8Array => {
    const bytes = work.read("m.onnx");
    const middle = bytes.length >> 1;
    bytes[middle] = bytes[middle]! ^ 1;
    return bytes;
  };

  test.each<[string, () => string | Uint8Array, RegExp]>([
    ["empty.onnx", () => "", /empty\.onnx: .*empty/],
    ["truncated.onnx", () => work.read("m.onnx").subarray(0, 2000), /truncated\.onnx: .*not a whole one/],
    ["image.onnx", () => png, /image\.onnx: .*PNG/],
    ["foreign.onnx", foreign, /foreign\.onnx: .*not one that hypersphere wrote/],
    ["changed.onnx", changed, /changed\.onnx: /],
  ])("%s", async (name, contents, message) => {
    work.write(name, contents());
    await work.fails(["score", name, "good.csv", "--out", "x.csv"], 4, message);
    await work.fails(["inspect", name], 4, message);
    await work.fails(["evaluate", name, "good.csv", "--label-column", "y"], 4, message);
  });

  test("data in place of the model, and a model in place of data", async () => {
    await work.fails(["score", "good.csv", "good.csv"], 4, /good\.csv: This is not an ONNX model/);
    await work.fails(["score", "m.onnx", "m.onnx"], 3, /^error: m\.onnx/);
  });
});

describe("files that cannot be read or written: exit code 5", () => {
  test.each<[string, string[], RegExp]>([
    ["data", ["train", "absent.csv", "--out", "x.onnx"], /Cannot read absent\.csv: there is no such file/],
    ["a slip", ["train", "goood.csv", "--out", "x.onnx"], /Cannot read goood\.csv.*\nhint: .*good\.csv/s],
    ["model", ["score", "absent.onnx", "good.csv"], /Cannot read absent\.onnx/],
    ["no folder", ["train", "good.csv", "--out", "nowhere/x.onnx"], /the folder nowhere does not exist/],
    [
      "scores without folder",
      ["score", "m.onnx", "good.csv", "--out", "nowhere/x.csv"],
      /nowhere does not exist/,
    ],
  ])("%s", async (_, args, message) => {
    await work.fails(args, 5, message);
  });

  test("a folder as target, even with --force", async () => {
    mkdirSync(work.path("folder"));
    await work.fails(
      ["train", "good.csv", "--out", "folder", "--force"],
      5,
      /Cannot write folder: it is a folder/,
    );
    await work.fails(["score", "m.onnx", "good.csv", "--out", "folder"], 5, /it is a folder/);
  });
});
