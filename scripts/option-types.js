// Writes option-types.ts beside the schemas of options: interfaces with a comment per option, those that detectors share
// once; and src/model/card-shape.ts, by which cards are checked, from their declarations. With --check nothing is written,
// and the exit code says whether anything is out of date.
//
// The schemas are read from sources that are transpiled here, not from dist/: a build would fail as long as the interfaces
// lag behind a schema.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformWithOxc } from "vite";
import { cardShapeModule } from "./docs/card.js";
import { OptionModules, pascalCase } from "./docs/option-modules.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const check = process.argv.includes("--check");
const CARD_SHAPE = "src/model/card-shape.ts";

const files = readdirSync(join(root, "src"), { recursive: true })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
const scratch = mkdtempSync(join(root, "node_modules/.cache/hypersphere-types-"));
try {
  await transpile(scratch);
  const load = (path) => import(pathToFileURL(join(scratch, path.replace(/\.ts$/, ".js"))).href);
  const { detectors } = await load("detectors/registry.ts");
  const found = new Map();
  const groups = [];
  for (const path of files.filter((file) => /^detectors\/.*\.ts$/.test(file)).sort()) {
    for (const name of exportedOptions(path)) {
      const value = (await load(path))[name];
      const entry = Object.values(detectors).find(({ options }) => options === value);
      if (entry !== undefined) found.set(entry, { path, name });
      else if (isGroup(value)) groups.push({ path, name, schemas: value });
    }
  }
  const missing = Object.values(detectors).filter((entry) => !found.has(entry));
  if (missing.length > 0) {
    throw new Error(`No options.ts exports the options of ${missing.map(({ name }) => name).join(", ")}.`);
  }
  const modules = new OptionModules(groups);
  for (const [entry, { path }] of found) modules.addDetector(dirname(path), entry);
  const made = new Map();
  for (const [folder, text] of modules.texts()) made.set(`src/${folder}/option-types.ts`, text);
  made.set(CARD_SHAPE, cardShapeModule("ModelCard"));
  for (const [path, text] of formatted(made)) write(path, text);
  write("src/detectors/option-types.test.ts", testOf([...found]));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Names of constants that may be options, by the convention for them. */
function exportedOptions(path) {
  const text = readFileSync(join(root, "src", path), "utf8");
  return [...text.matchAll(/^export const (\w+Options) =/gm)].map(([, name]) => name);
}

/** Options that several detectors spread into their schemas: schemas by name. */
function isGroup(value) {
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(({ _zod }) => _zod);
}

/** Texts by path, as the project's formatter would have them: in one process, since to start it takes longest. */
function formatted(texts) {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const { formatter } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  const paths = [...texts.keys()];
  // Outside of the project, of which the formatter passes by what git ignores.
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-types-"));
  const place = (path) => join(folder, `${paths.indexOf(path)}.ts`);
  try {
    writeFileSync(join(folder, "biome.json"), JSON.stringify({ root: true, formatter }));
    for (const [path, text] of texts) writeFileSync(place(path), text);
    execFileSync(process.execPath, [biome, "format", "--write", "."], { cwd: folder, stdio: "pipe" });
    return paths.map((path) => [path, readFileSync(place(path), "utf8")]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Types taken away, and nothing else: fast, since nothing is checked. */
async function transpile(folder) {
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const path of files) {
    const out = join(folder, path.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(out), { recursive: true });
    const from = join(root, "src", path);
    const { code } = await transformWithOxc(readFileSync(from, "utf8"), from, {
      sourcemap: false,
      typescript: { onlyRemoveTypeImports: true },
    });
    writeFileSync(out, code);
  }
}

function write(path, text) {
  let before;
  try {
    before = readFileSync(join(root, path), "utf8");
  } catch {
    before = undefined;
  }
  if (before === text) return;
  if (check) {
    console.error(`${path} is out of date: run npm run docs.`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, path), text);
    console.log(`${path} written anew.`);
  }
}

/** What the compiler checks: that the interfaces say just what the schemas say. */
function testOf(entries) {
  const imports = entries
    .flatMap(([{ name }, { path, name: schema }]) => {
      const at = `./${dirname(path).replace(/^detectors\//, "")}`;
      const pascal = pascalCase(name);
      return [
        [
          `${at}/option-types.js`,
          `import type { ${pascal}Input, ${pascal}Options } from "${at}/option-types.js";`,
        ],
        [`${at}/options.js`, `import type { ${schema} } from "${at}/options.js";`],
      ];
    })
    .concat([["./fit/common-options.js", 'import type { Unchanging } from "./fit/common-options.js";']])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => line);
  const tests = entries.map(([{ name }, { name: schema }]) => {
    const pascal = pascalCase(name);
    return `test("${name}", () => {
  expectTypeOf<${pascal}Options>().toEqualTypeOf<Unchanging<z.output<typeof ${schema}>>>();
  expectTypeOf<${pascal}Input>().toEqualTypeOf<Unchanging<z.input<typeof ${schema}>>>();
});
`;
  });
  return `// Written by scripts/option-types.js; npm run docs writes it anew. The compiler does the testing.
import { expectTypeOf, test } from "vitest";
import type { z } from "zod";
${imports.join("\n")}

${tests.join("\n")}`;
}
