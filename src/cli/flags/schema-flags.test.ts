import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { SchemaFlags } from "./schema-flags.js";

const schema = z.strictObject({
  hiddenDims: z.array(z.int().min(1)).default([64]).describe("Widths"),
  rate: z.number().gt(0).max(1).default(0.5).describe("Rate, see hiddenDims"),
  mode: z.enum(["fast", "exact"]).default("fast").describe("Mode"),
  whiten: z.boolean().default(true).describe("Whitening"),
  gamma: z
    .union([z.enum(["scale", "auto"]), z.number().positive()])
    .default("scale")
    .describe("Factor"),
  size: z
    .union([z.literal("auto"), z.number().positive()])
    .default("auto")
    .describe("Size"),
  epochs: z.int().min(0).optional().describe("Epochs"),
});

function given(...argv: string[]): Record<string, unknown> {
  const flags = new SchemaFlags(schema);
  const command = new Command().exitOverride().configureOutput({ outputError: () => {} });
  flags.addTo(command, "Options:");
  command.parse(argv, { from: "user" });
  return flags.given(command);
}

describe("flags from a schema", () => {
  test("only what was given is passed on, as the type that the schema has", () => {
    expect(given()).toEqual({});
    expect(given("--hidden-dims", "8,4", "--rate", "1e-3", "--mode", "exact", "--epochs", "0")).toEqual({
      hiddenDims: [8, 4],
      rate: 0.001,
      mode: "exact",
      epochs: 0,
    });
    expect(given("--gamma", "auto", "--size", "0.5")).toEqual({ gamma: "auto", size: 0.5 });
    expect(given("--hidden-dims", "none")).toEqual({ hiddenDims: [] });
    expect(given("--whiten")).toEqual({ whiten: true });
    expect(given("--no-whiten")).toEqual({ whiten: false });
  });

  test.each<[string[], RegExp]>([
    [["--rate", "0"], /^--rate is "0", expected a number, above 0 and at most 1\.$/],
    [["--rate", ""], /--rate is ""/],
    [["--epochs", "1.5"], /--epochs is "1.5", expected a whole number, at least 0\.$/],
    [
      ["--hidden-dims", "8,0"],
      /--hidden-dims is "8,0", expected a list, each of it a whole number, at least 1/,
    ],
    [["--gamma", "-1"], /--gamma is "-1", expected one of scale, auto, or a number, above 0\.$/],
    [["--size", "big"], /--size is "big", expected auto, or a number, above 0\.$/],
    [["--mode", "exct"], /--mode is "exct", expected one of fast, exact\.$/],
  ])("%j is refused in the words of the flag", (argv, message) => {
    expect(() => given(...argv)).toThrow(message);
  });

  test("help has the descriptions, with other options named as flags", () => {
    const command = new Command();
    new SchemaFlags(schema).addTo(command, "Options of it:");
    const help = command.helpInformation();
    expect(help).toContain("Options of it:");
    expect(help).toMatch(/--rate <n> +Rate, see --hidden-dims \(default: 0\.5\)/);
    expect(help).toContain("--size <auto|n>");
    expect(help).not.toContain("--no-whiten");
  });
});

describe("options from JSON", () => {
  const read = (contents: unknown) => new SchemaFlags(schema).fromJson(contents, "o.json");

  test("are checked key by key", () => {
    expect(read({ hiddenDims: [1], whiten: false })).toEqual({ hiddenDims: [1], whiten: false });
    expect(() => read([])).toThrow(/o\.json holds no options/);
    expect(() => read({ hiddendims: [1] })).toThrow(/there is no option "hiddendims"/);
    expect(() => read({ whiten: 1 })).toThrow(/o\.json: whiten is "1", expected true or false/);
    expect(() => read({ toString: 1 })).toThrow(/there is no option "toString"/);
  });
});
