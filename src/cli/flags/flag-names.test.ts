import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { inFlags, knowFlags } from "./flag-names.js";

describe("texts of the library on the command line", () => {
  beforeEach(() => knowFlags(["--calibration-folds", "--trees", "--image-size"]));

  it.each([
    ['Name it (option "timeColumn").', "Name it (--time-column)."],
    ['Option "onCorrupt" is x.', "--skip-corrupt is x."],
    ['say so (option "header: false").', "say so (--no-header)."],
    ['allow it (option "force: true").', "allow it (--force)."],
    ['leave them out: option "onCorrupt: skip".', "leave them out: --skip-corrupt."],
    [
      "calibrationFolds is 5, use smaller images (imageSize).",
      "--calibration-folds is 5, use smaller images (--image-size).",
    ],
    ['option "trees" is 0', "--trees is 0"],
  ])("%s", (text, expected) => {
    expect(inFlags(text)).toBe(expected);
  });

  it.each([
    'There is no column "imageSize".',
    'option "model" is x',
    "/data/imageSize.csv",
    "imageSize/a.csv",
    "hiddenDims is 3",
  ])("%s stays", (text) => {
    expect(inFlags(text)).toBe(text);
  });
});

it("no text of the library names the command line itself", () => {
  const source = join(import.meta.dirname, "../..");
  const files = readdirSync(source, { recursive: true }) as string[];
  const found = files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("cli"))
    .flatMap((file) => readFileSync(join(source, file), "utf8").split("\n"))
    .filter((line) => /["'`].*on the command line/.test(line));
  expect(found).toEqual([]);
});
