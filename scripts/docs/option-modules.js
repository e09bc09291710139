// The text of option-types.ts: interfaces of options, with a comment per option, from their schemas.
import { posix } from "node:path";
import { z } from "zod";
import { rangeOf } from "../lib/json-schema.js";

const WIDTH = 110;
const GIVEN = { folder: "detectors/fit", file: "common-options.js", name: "Given" };

/**
 * One module per folder that has options. What detectors share is an interface of its own, beside the schemas that they
 * share, and interfaces of detectors extend it.
 */
export class OptionModules {
  #groups;
  /** By folder: what is declared there, and what for that has to be imported, by the path of its module. */
  #modules = new Map();

  /** @param groups schemas by name that detectors spread into their own: `path` of the module, `name`, `schemas` */
  constructor(groups) {
    this.#groups = groups.map(({ path, name, schemas }) => ({
      folder: posix.dirname(path),
      interface: `Shared${pascalCase(name)}`,
      schemas,
    }));
  }

  addDetector(folder, { name, options }) {
    const { properties, required } = z.toJSONSchema(options, { io: "output" });
    const own = new Set(Object.keys(properties));
    const bases = this.#shared(options.shape).map(({ group, others }) => {
      this.#declare(group);
      for (const key of Object.keys(group.schemas)) if (!others.includes(key)) own.delete(key);
      this.#import(folder, group.folder, "option-types.js", group.interface);
      const left = others.map((key) => JSON.stringify(key)).join(" | ");
      return others.length === 0 ? group.interface : `Omit<${group.interface}, ${left}>`;
    });
    this.#import(folder, GIVEN.folder, GIVEN.file, GIVEN.name);
    const heritage = bases.length === 0 ? "" : `extends ${bases.join(", ")} `;
    const kept = Object.fromEntries([...own].map((key) => [key, properties[key]]));
    const pascal = pascalCase(name);
    this.#module(folder).declarations.push(
      `/** Options of ${name}, defaults included. */`,
      `export interface ${pascal}Options ${heritage}${body(kept, required)}`,
      `/** Options of ${name} as they are given: all may be left out. */`,
      `export type ${pascal}Input = Given<${pascal}Options>;\n`,
    );
  }

  /** Folder and text of each module. */
  *texts() {
    for (const [folder, { declarations, imports }] of this.#modules) {
      yield [
        folder,
        [
          "// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.\n",
          ...[...imports]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([path, names]) => `import type { ${[...names].sort().join(", ")} } from "${path}";`),
          "",
          ...declarations,
        ].join("\n"),
      ];
    }
  }

  /** Groups that most of are in a shape, each option in one of them, and what of each group the shape has otherwise. */
  #shared(shape) {
    const taken = new Set();
    const order = Object.keys(shape);
    return this.#groups
      .map((group) => {
        const keys = Object.keys(group.schemas);
        const same = keys.filter((key) => shape[key] === group.schemas[key]);
        return { group, same, others: keys.filter((key) => !same.includes(key)) };
      })
      .filter(({ same, others }) => same.length > others.length)
      .sort((a, b) => b.same.length - a.same.length)
      .filter(({ same }) => {
        if (same.some((key) => taken.has(key))) return false;
        for (const key of same) taken.add(key);
        return true;
      })
      .sort((a, b) => order.indexOf(a.same[0]) - order.indexOf(b.same[0]));
  }

  #declare(group) {
    if (group.declared) return;
    group.declared = true;
    const { properties, required } = z.toJSONSchema(z.object(group.schemas), { io: "output" });
    this.#module(group.folder).declarations.push(
      "/** Options that several detectors have, defaults included. */",
      `export interface ${group.interface} ${body(properties, required)}`,
    );
  }

  #module(folder) {
    if (!this.#modules.has(folder)) this.#modules.set(folder, { declarations: [], imports: new Map() });
    return this.#modules.get(folder);
  }

  #import(into, folder, file, name) {
    if (into === folder && file === "option-types.js") return;
    const relative = posix.join(posix.relative(into, folder), file);
    const path = relative.startsWith(".") ? relative : `./${relative}`;
    const { imports } = this.#module(into);
    imports.set(path, (imports.get(path) ?? new Set()).add(name));
  }
}

/** "deep-svdd" and "inputOptions" as types are named. */
export function pascalCase(name) {
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

/** Members of an interface in braces. */
function body(properties, required = []) {
  const members = Object.entries(properties).map(([key, property]) => {
    const optional = !required.includes(key);
    const type = typeOf(property) + (optional ? " | undefined" : "");
    return `${comment(property)}\n  readonly ${key}${optional ? "?" : ""}: ${type};`;
  });
  return `{\n${members.join("\n")}\n}\n`;
}
