// Writes the parts of docs/ that follow from the code: option tables from the detectors' schemas, the encoders, and the
// help of the commands. They stand between marker comments; the rest of a page is written by hand. With --check nothing is
// written, and the exit code says whether anything is out of date.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { detectors } from "../dist/detectors/registry.js";
import { encoders } from "../dist/nn/encoders.js";
import { optionTable } from "./lib/option-table.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const BLOCK = /(<!-- generated: (\S+) (\S+) -->\n)[\s\S]*?(<!-- end of generated -->)/g;
const generators = { options: optionsOf, help: helpOf, encoders: encoderTable };

let stale = 0;
const pages = readdirSync(join(root, "docs"), { recursive: true }).filter((path) => path.endsWith(".md"));
for (const page of pages.sort()) {
  const path = join(root, "docs", page);
  const before = readFileSync(path, "utf8");
  const after = before.replace(BLOCK, (_, open, kind, name, close) => {
    const generate = generators[kind];
    if (generate === undefined) throw new Error(`docs/${page}: nothing generates "${kind}".`);
    return `${open}\n${generate(name)}\n\n${close}`;
  });
  if (after === before) continue;
  stale++;
  if (process.argv.includes("--check")) console.error(`docs/${page} is out of date: run npm run docs.`);
  else {
    writeFileSync(path, after);
    console.log(`docs/${page} written anew.`);
  }
}
if (process.argv.includes("--check") && stale > 0) process.exitCode = 1;

/** The options of a detector by its name. */
function optionsOf(name) {
  const entry = detectors[name];
  if (entry === undefined) throw new Error(`There is no detector "${name}".`);
  return optionTable(entry.options);
}

/** One row per encoder for rows of a kind. */
function encoderTable(kind) {
  const rows = Object.entries(encoders)
    .filter(([, { input }]) => input === kind)
    .map(([name, { title }], k) => `| \`${name}\` | ${title}${k === 0 ? " (the default)" : ""} |`);
  return ["| encoder | what it is |", "|---|---|", ...rows].join("\n");
}

/** What a command answers to --help; "hypersphere" stands for the command without a subcommand. */
function helpOf(command) {
  const args = command === "hypersphere" ? ["--help"] : [command, "--help"];
  const done = spawnSync(process.execPath, [join(root, "bin/hypersphere.js"), ...args], {
    encoding: "utf8",
    env: { ...process.env, COLUMNS: "100", NO_COLOR: "1" },
  });
  if (done.status !== 0) throw new Error(`hypersphere ${args.join(" ")} failed: ${done.stderr}`);
  return `\`\`\`text\n${done.stdout.trimEnd()}\n\`\`\``;
}
