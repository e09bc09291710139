// Writes option-types.ts beside each detector's options.ts: interfaces of its options, with a comment per option, from the
// schema; and src/model/card-shape.ts, by which cards are checked, from their declarations. With --check nothing is written, and the exit code says whether anything is out of date.
//
// The schemas are read from sources that are transpiled here, not from dist/: a build would fail as long as the interfaces
// lag behind a schema.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { z } from "zod";
import { cardShapeModule } from "./docs/card.js";
import { rangeOf } from "./lib/json-schema.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const check = process.argv.includes("--check");
const WIDTH = 110;
const CARD_SHAPE = "src/model/card-shape.ts";

const files = readdirSync(join(root, "src"), { recursive: true })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
const scratch = mkdtempSync(join(root, "node_modules/.cache/hypersphere-types-"));
try {
  transpile(scratch);
  const load = (path) => import(pathToFileURL(join(scratch, path.replace(/\.ts$/, ".js"))).href);
  const { detectors } = await load("detectors/registry.ts");
  const found = new Map();
  for (const path of files.filter((file) => /^detectors\/.*\/options\.ts$/.test(file)).sort()) {
    for (const [name, schema] of Object.entries(await load(path))) {
      const entry = Object.values(detectors).find(({ options }) => options === schema);
      if (entry !== undefined) found.set(entry, { path, name });
    }
  }
  const missing = Object.values(detectors).filter((entry) => !found.has(entry));
  if (missing.length > 0) {
    throw new Error(`No options.ts exports the options of ${missing.map(({ name }) => name).join(", ")}.`);
  }
  for (const [entry, { path }] of found) write(join("src", dirname(path), "option-types.ts"), typesOf(entry));
  write("src/detectors/option-types.test.ts", testOf([...found]));
  write(CARD_SHAPE, formatted(CARD_SHAPE, cardShapeModule("ModelCard")));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** As the project's formatter would have it. */
function formatted(path, text) {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  return execFileSync(process.execPath, [biome, "format", `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: "utf8",
  });
}

function transpile(folder) {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    verbatimModuleSyntax: true,
  };
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const path of files) {
    const out = join(folder, path.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(out), { recursive: true });
    const text = readFileSync(join(root, "src", path), "utf8");
    writeFileSync(out, ts.transpileModule(text, { compilerOptions }).outputText);
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

function typesOf({ name, options }) {
  const pascal = pascalCase(name);
  const input = z.toJSONSchema(options, { io: "input" });
  const output = z.toJSONSchema(options, { io: "output" });
  const members = (required) =>
    Object.entries(input.properties).map(([key, property]) => {
      const optional = !required.includes(key);
      const type = typeOf(property) + (optional ? " | undefined" : "");
      return `${comment(property)}\n${member(`readonly ${key}${optional ? "?" : ""}:`, type)}`;
    });
  const body = (required) => `{\n${members(required).join("\n")}\n}\n`;
  return [
    "// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.\n",
    `/** Options of ${name}, defaults included. */\nexport interface ${pascal}Options ${body(output.required ?? [])}`,
    `/** Options of ${name} as they are given: all may be left out. */\nexport interface ${pascal}Input ${body(input.required ?? [])}`,
  ].join("\n");
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

function pascalCase(name) {
  return name.replace(/(^|-)(.)/g, (_, _hyphen, letter) => letter.toUpperCase());
}

function typeOf(property) {
  if (property.enum !== undefined) return property.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (property.anyOf !== undefined) return property.anyOf.map(typeOf).join(" | ");
  if (property.type === "array") {
    const item = typeOf(property.items);
    return item.includes("|") ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  if (property.type === "integer") return "number";
  if (["number", "boolean", "string"].includes(property.type)) return property.type;
  throw new Error(`No TypeScript type for ${JSON.stringify(property)}.`);
}

/** "Widths of an MLP's hidden layers. From 1 to 65536; default [256]." */
function comment(property) {
  const notes = [
    ...(rangeOf(property) === "" ? [] : [rangeOf(property)]),
    ...(property.type === "array" && rangeOf(property.items) !== ""
      ? [`each ${rangeOf(property.items)}`]
      : []),
    ...(property.default === undefined ? [] : [`default ${JSON.stringify(property.default)}`]),
  ];
  const whole = ["integer"].includes(property.type) ? ["whole number", ...notes] : notes;
  const text = `${property.description}.${whole.length === 0 ? "" : ` (${whole.join("; ")})`}`;
  const line = `  /** ${text} */`;
  if (line.length <= WIDTH) return line;
  return ["  /**", ...wrapped(text, WIDTH - 5).map((part) => `   * ${part}`), "   */"].join("\n");
}

function wrapped(text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== "" && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

/** A property as the formatter breaks it. */
function member(head, type) {
  const line = `  ${head} ${type};`;
  if (line.length <= WIDTH) return line;
  const alternatives = type.split(" | ").map((part) => `    | ${part}`);
  return `  ${head}\n${alternatives.join("\n")};`;
}
