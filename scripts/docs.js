// Writes the parts of docs/ that follow from the code: option tables, encoders, the help of the commands, and the layout of
// the model file. They stand between marker comments; the rest of a page is written by hand. With --check nothing is
// written, and the exit code says whether anything is out of date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cardTables } from "./docs/card.js";
import { encoderTable } from "./docs/encoders.js";
import { endHelp, helpOf } from "./docs/help.js";
import { inputTable, outputTable } from "./docs/model-graph.js";
import { optionTable } from "./docs/options.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const BLOCK = /(<!-- generated: (\S+) (\S+) -->\n)[\s\S]*?(<!-- end of generated -->)/g;
const generators = {
  card: cardTables,
  encoders: encoderTable,
  help: helpOf,
  inputs: inputTable,
  options: optionTable,
  outputs: outputTable,
};

const checking = process.argv.includes("--check");
const pages = readdirSync(join(root, "docs"), { recursive: true }).filter((path) => path.endsWith(".md"));
for (const page of pages.sort()) {
  const path = join(root, "docs", page);
  const before = readFileSync(path, "utf8");
  const after = await replaceBlocks(page, before);
  if (after === before) continue;
  if (checking) {
    console.error(`docs/${page} is out of date: run npm run docs.`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, after);
    console.log(`docs/${page} written anew.`);
  }
}
await endHelp();

async function replaceBlocks(page, text) {
  const written = new Map();
  for (const [block, open, kind, name, close] of text.matchAll(BLOCK)) {
    const generate = generators[kind];
    if (generate === undefined) throw new Error(`docs/${page}: nothing generates "${kind}".`);
    written.set(block, `${open}\n${await generate(name)}\n\n${close}`);
  }
  return text.replace(BLOCK, (block) => written.get(block));
}
