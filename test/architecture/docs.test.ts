/** Documentation that cannot drift: what follows from the code is compared with it. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { detectors } from "../../src/detectors/registry.js";
import { parse, SOURCE_ROOT } from "./sources.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...(readdirSync(join(root, "docs"), { recursive: true }) as string[])
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path.replaceAll("\\", "/")}`),
].sort();

/** Anchors as they are made from headings where the pages are read. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each(["docs.js", "option-types.js"])("what scripts/%s generates is up to date", (script) => {
  const done = spawnSync(process.execPath, [join(root, "scripts", script), "--check"], { encoding: "utf8" });
  expect(done.stderr).toBe("");
  expect(done.status).toBe(0);
});

describe("every page", () => {
  test.each(pages)("%s: links lead somewhere", (page) => {
    const text = read(page).replaceAll(/```[\s\S]*?```/g, "");
    const dead = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path, anchor] = target.split("#") as [string, string | undefined];
        const file = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && !anchors(read(file)).includes(anchor);
      });
    expect(dead).toEqual([]);
  });
});

test("every detector has a page with its options", () => {
  const missing = Object.keys(detectors).filter((name) => {
    const page = `docs/detectors/${name}.md`;
    return !existsSync(join(root, page)) || !read(page).includes(`<!-- generated: options ${name} -->`);
  });
  expect(missing).toEqual([]);
});

test("every command has its help in docs/cli.md", () => {
  const done = spawnSync(process.execPath, [join(root, "bin/hypersphere.js"), "--help"], {
    encoding: "utf8",
  });
  const listed = done.stdout.split("Commands:")[1]!.split("\n\n")[0]!;
  const commands = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(3);
  const page = read("docs/cli.md");
  expect(commands.filter((name) => !page.includes(`<!-- generated: help ${name} -->`))).toEqual([]);
});

test("every error code is explained", () => {
  const { tree } = parse("errors.ts", readFileSync(join(SOURCE_ROOT, "errors.ts"), "utf8"));
  const declared = tree.statements.find(
    (node): node is ts.TypeAliasDeclaration =>
      ts.isTypeAliasDeclaration(node) && node.name.text === "ErrorCode",
  )!;
  const codes = (declared.type as ts.UnionTypeNode).types.map(
    (type) => ((type as ts.LiteralTypeNode).literal as ts.StringLiteral).text,
  );
  expect(codes.length).toBeGreaterThan(10);
  const explained = [...read("docs/troubleshooting.md").matchAll(/^## ([a-z-]+)$/gm)].map(([, code]) => code);
  expect(explained.sort()).toEqual(codes.sort());
});

test("decisions are numbered without a gap", () => {
  const numbers = readdirSync(join(root, "docs/adr")).map((name) =>
    Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]),
  );
  expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, k) => k + 1));
});
