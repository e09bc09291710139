/** `hypersphere help`: what the package explains about itself, without files beside it. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { build, Workspace } from "./cli.js";

const workspace = new Workspace();
const docs = fileURLToPath(new URL("../../docs", import.meta.url));

beforeAll(build);

/** Names at the beginning of the lines of a list in a help text. */
const listed = (text: string, heading: RegExp): string[] => {
  const list = text.split(heading)[1]!.split("\n\n")[0]!;
  return [...list.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name!);
};

describe("help", () => {
  test("alone lists commands and topics", async () => {
    const { stdout } = await workspace.ok(["help"]);
    const { stdout: program } = await workspace.ok(["--help"]);
    expect(stdout).toContain(program.trimEnd());
    const topics = listed(stdout, /^Topics.*:\n/m);
    const pages = [...readdirSync(docs), ...readdirSync(`${docs}/detectors`)]
      .filter((name) => name.endsWith(".md") && !["benchmarks.md", "cli.md"].includes(name))
      .map((name) =>
        name
          .replace(/\.md$/, "")
          .replace(/^compare$/, "comparison")
          .replace(/^explain$/, "explanations"),
      );
    expect([...topics].sort()).toEqual(pages.sort());
    // A topic with the name of a command could not be asked for.
    const commands = listed(stdout, /^Commands:\n/m);
    expect(commands.length).toBeGreaterThan(8);
    expect(topics.filter((topic) => commands.includes(topic))).toEqual([]);
  });

  test("of a command is what the command says of itself", async () => {
    const { stdout } = await workspace.ok(["help", "train"]);
    expect(stdout).toBe((await workspace.ok(["train", "--help"])).stdout);
    expect(stdout).toContain("Usage: hypersphere train");
  });

  test("of a topic is its page as plain text", async () => {
    const { stdout } = await workspace.ok(["help", "thresholds"]);
    expect(stdout).toMatch(/^Thresholds\n=+\n\nA row is flagged when its score is above the threshold/);
    expect(stdout).toContain("    hypersphere threshold plant.onnx");
    expect(stdout).not.toMatch(/\]\(|\*\*|^#|```|<!--/m);
    const prose = stdout.split("\n").filter((line) => !line.startsWith("    "));
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(110);
    expect((await workspace.ok(["help", "deep-svdd"])).stdout).toMatch(/^Deep SVDD\n/);
  });

  test("of something unknown names what is near", async () => {
    await workspace.fails(
      ["help", "tresholds"],
      2,
      /no command or topic "tresholds"[\s\S]*Did you mean "thresholds"/,
    );
    await workspace.fails(["help", "trian"], 2, /Did you mean "train"/);
  });

  test("texts name topics that there are, and no files of a checkout", async () => {
    const { stdout: all } = await workspace.ok(["help"]);
    const topics = listed(all, /^Topics.*:\n/m);
    for (const command of listed(all, /^Commands:\n/m)) {
      const { stdout } = await workspace.ok(["help", command]);
      expect(stdout, command).not.toContain("docs/");
      const named = [...stdout.matchAll(/`hypersphere help ([a-z-]+)`/g)].map(([, topic]) => topic!);
      expect(named.filter((topic) => !topics.includes(topic))).toEqual([]);
    }
  });
});
