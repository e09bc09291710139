/** What commands refuse instead of losing a file or ignoring a flag. */
import { existsSync, linkSync, readFileSync, symlinkSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { build, madeUpCsv, Workspace } from "./cli.js";

const work = new Workspace();
const DATA = madeUpCsv({ rows: 120 });
const TYPES = ["--column-type", "kind=categorical", "--exclude", "id,fixed,y"];

beforeAll(async () => {
  build();
  work.write("rows.csv", DATA);
  work.write("labelled.csv", DATA);
  symlinkSync("rows.csv", work.path("soft.csv"));
  linkSync(work.path("rows.csv"), work.path("hard.csv"));
  await work.ok(["train", "rows.csv", "--detector", "pca", "--out", "m.onnx", ...TYPES]);
});

async function refused(args: readonly string[], message: RegExp, code = 2): Promise<string> {
  const result = await work.run(args);
  expect(result.stderr).toMatch(message);
  expect(result.code).toBe(code);
  return result.stderr;
}

describe("an output that is an input", () => {
  test.each(["rows.csv", "./rows.csv", "soft.csv", "hard.csv"])(
    "%s is refused, --force or not",
    async (out) => {
      for (const force of [[], ["--force"]]) {
        await refused(["train", "rows.csv", "--out", out, ...force], /--out is .*the same file as the data/);
        await refused(["score", "m.onnx", "rows.csv", "--out", out, ...force], /the same file as the data/);
      }
      expect(readFileSync(work.path("rows.csv"), "utf8")).toBe(DATA);
    },
  );

  test("is refused by every command that writes", async () => {
    const model = readFileSync(work.path("m.onnx"));
    await refused(
      ["score", "m.onnx", "rows.csv", "--out", "m.onnx", "--force"],
      /the same file as the model/,
    );
    await refused(["threshold", "m.onnx", "--rule", "iqr", "--out", "m.onnx", "--force"], /as the model/);
    await refused(["calibrate", "m.onnx", "rows.csv", "--out", "rows.csv", "--force"], /as the data/);
    await refused(["monitor", "m.onnx", "--input", "rows.csv", "--state", "rows.csv"], /as --input/);
    const compare = ["compare", "rows.csv", "labelled.csv", "--label-column", "y", "--force"];
    for (const flag of ["--out", "--csv", "--json"]) {
      await refused([...compare, flag, "labelled.csv"], /the same file as data set 2/);
    }
    await refused(
      ["train", "rows.csv", "--from", "m.onnx", "--detector", "deep-sad", "--out", "m.onnx", "--force"],
      /--from/,
    );
    await refused(
      ["train", "rows.csv", "--robust", "--out", "x", "--suspicious", "./x"],
      /name the same file/,
    );
    expect(readFileSync(work.path("m.onnx")).equals(model)).toBe(true);
  });

  test("is not called what it will not be", async () => {
    await refused(
      ["explain", "m.onnx", "rows.csv", "--out", "why.jpg"],
      /why\.jpg, but reasons are written as CSV/,
    );
  });

  test("has to have a name", async () => {
    await refused(["train", "rows.csv", "--out", ""], /--out is "", expected the name of a file/);
    await refused(["score", "m.onnx", "rows.csv", "--out", " "], /--out is " "/);
  });
});

describe("a flag that would do nothing", () => {
  test.each([
    [
      ["score", "m.onnx", "rows.csv", "--combine", "max"],
      /--combine was given, but rows\.csv is scored row by row/,
    ],
    [["evaluate", "m.onnx", "rows.csv", "--label-column", "y", "--combine", "mean"], /--combine was given/],
    [["score", "m.onnx", "rows.csv", "--stride", "2"], /--stride was given/],
    [["threshold", "m.onnx", "--rule", "iqr", "--combine", "max"], /--combine was given, but no rows/],
    [["threshold", "m.onnx", "--rule", "iqr", "--no-header"], /--no-header was given, but no rows/],
    [["inspect", "m.onnx", "--missing", "NA"], /--missing says how data are read, but m\.onnx is a model/],
    [["train", "rows.csv", "--out", "n.onnx", "--max-gap", "-5s"], /--max-gap was given/],
    [
      ["train", "rows.csv", "--out", "n.onnx", "--image-size", "32"],
      /--image-size was given, but .* holds no images/,
    ],
    [
      ["train", "rows.csv", "--out", "n.onnx", "--calibration-folds", "7"],
      /--calibration-folds .*--calibration cross/,
    ],
    [
      ["train", "rows.csv", "--out", "n.onnx", "--calibration", "cross", "--calibration-fraction", "0.3"],
      /--calibration-fraction/,
    ],
    [["monitor", "m.onnx", "--input", "rows.csv", "--delta", "2"], /--delta is "2", expected a share/],
    [
      ["monitor", "m.onnx", "--input", "rows.csv", "--seed", "1.5"],
      /--seed is "1.5", expected a whole number/,
    ],
    [["score", "m.onnx", "rows.csv", "--percentile", "200"], /--percentile is .*200/],
    [["train", "rows.csv", "--out", "n.onnx", "--percentile", "0.95"], /--percentile is .*did you mean 95\?/],
  ])("%j is refused", async (args, message) => {
    await refused(args, message);
    expect(existsSync(work.path("n.onnx"))).toBe(false);
  });
});

describe("messages", () => {
  test("speak of flags where the library speaks of options", async () => {
    const error = await refused(
      ["train", "rows.csv", "--out", "n.onnx", "--calibration-block", "90"],
      /--calibration-block is 90/,
    );
    expect(error).not.toMatch(/calibrationBlock/);
    expect(await refused(["train", "rows.csv", "--out", "m.onnx"], /exists already/, 5)).toMatch(
      /\(--force\)/,
    );
  });

  test("cut texts of files, and do not print 20 MB", async () => {
    const lines = DATA.trimEnd().split("\n");
    const cells = lines[1]!.split(",");
    cells[lines[0]!.split(",").indexOf("kind")] = `"${"x".repeat(20_000_000)}"`;
    work.write("long.csv", `${[...lines, cells.join(",")].join("\n")}\n`);
    const result = await work.run(["score", "m.onnx", "long.csv", "--out", "scores.csv"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toMatch(/a text that training never saw, such as "x{57}\.\.\."/);
    expect(result.stderr.length).toBeLessThan(3000);
  });

  test("say of a link that leads nowhere what is wrong, and --skip-corrupt leaves such an image out", async () => {
    symlinkSync("nothing.csv", work.path("broken.csv"));
    const error = await refused(
      ["inspect", "broken.csv"],
      /it is a link to nothing\.csv, which is not there/,
      5,
    );
    expect(error).not.toMatch(/Did you mean/);
  });

  test("say of options nested 50,000 deep that they are", async () => {
    const deep = `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    work.write("deep.json", deep);
    await refused(
      ["train", "rows.csv", "--out", "n.onnx", "--config", "deep.json"],
      /nested more than 200 deep/,
    );
    await refused(
      ["compare", "rows.csv", "--label-column", "y", "--config", "deep.json"],
      /nested more than 200/,
    );
    await refused(
      ["monitor", "m.onnx", "--input", "rows.csv", "--state", "deep.json"],
      /not the state of a monitor/,
      3,
    );
    work.write("deep.jsonl", `${`${deep}\n`.repeat(40)}`);
    await refused(["train", "deep.jsonl", "--out", "n.onnx"], /column "a" holds a list/, 3);
  });
});
