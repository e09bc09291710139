import { Command } from "commander";
import { expect, test } from "vitest";
import { detectors } from "../../detectors/registry.js";
import type { CliContext } from "../command.js";
import { command } from "./train.js";

test.each(Object.keys(detectors))("%s has all of its options as flags", async (name) => {
  const train = new Command("train");
  await command.configure(train, ["train", "--detector", name]);
  const help = train.helpInformation();
  for (const key of Object.keys(detectors[name]!.options.shape)) {
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    expect(help).toMatch(new RegExp(`--(\\[no-\\])?${flag}\\b`));
  }
  const own = help.split(`Options of ${name} (`)[1];
  expect(own, "a kind of option that flags do not know yet").toMatch(/^((?!<text>).)+$/s);
});

test("a command keeps its detector when another one is configured", async () => {
  const [knn, hsc] = [new Command("train"), new Command("train")];
  await command.configure(knn, ["train", "--detector", "knn"]);
  await command.configure(hsc, ["train", "--detector", "hsc"]);
  knn.parse(["x.csv", "--detector", "knn", "--outliers", "y.csv"], { from: "user" });
  const context = { output: {} as CliContext["output"], signal: AbortSignal.abort() };
  await expect(command.run(knn, context)).rejects.toThrow(/knn/);
});

test("an unknown detector is refused before anything is parsed", () => {
  expect(() => command.configure(new Command("train"), ["train", "--detector=deep-svd"])).toThrow(/deep-svd/);
});

test("a former name of a detector means the detector", async () => {
  const train = new Command("train");
  await command.configure(train, ["train", "--detector", "ocsvm"]);
  expect(train.helpInformation()).toContain("Options of one-class-svm (");
});

test("a preset means its detector, and is refused with another one", () => {
  const train = new Command("train");
  command.configure(train, ["train", "--preset", "mocca"]);
  expect(train.helpInformation()).toContain("Options of multi-scale (");
  const other = ["train", "--preset", "mocca", "--detector", "knn"];
  expect(() => command.configure(new Command("train"), other)).toThrow(/mocca is of multi-scale, not of knn/);
});
