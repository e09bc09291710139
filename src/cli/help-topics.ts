import { readdir, readFile } from "node:fs/promises";
import { posix } from "node:path";

export interface Topic {
  /** As it is asked for: `hypersphere help <name>`. */
  readonly name: string;
  /** The heading of its page. */
  readonly title: string;
  /** The page, in Markdown. */
  readonly text: string;
}

/** The manual, which the package carries. */
const docs = new URL("../../docs/", import.meta.url);
/** Pages whose name is a command's, which has a help of its own. */
const renamed: Readonly<Record<string, string>> = { compare: "comparison", explain: "explanations" };
/** Pages of a checkout that are no help with a command line; `cli` repeats what the commands say of themselves. */
const left = new Set(["benchmarks", "cli"]);

/** Every page of the manual, those of detectors last. */
export async function readTopics(): Promise<Topic[]> {
  const pages = [...(await pagesIn("")), ...(await pagesIn("detectors/"))];
  return Promise.all(
    pages.map(async (page) => {
      const text = await readFile(new URL(page, docs), "utf8");
      const name = posix.basename(page, ".md");
      return { name: renamed[name] ?? name, title: /^# (.+)$/m.exec(text)?.[1] ?? name, text };
    }),
  );
}

async function pagesIn(folder: string): Promise<string[]> {
  const names = await readdir(new URL(folder, docs));
  return names
    .filter((name) => name.endsWith(".md") && !left.has(name.replace(/\.md$/, "")))
    .sort()
    .map((name) => folder + name);
}
