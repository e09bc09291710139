// The fields of a model's card, from the TypeScript declarations of ModelCard and of everything that it refers to.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { code, table } from "./markdown.js";

const src = fileURLToPath(new URL("../../src", import.meta.url));
/** Rooms whose types a card is made of. */
const ROOMS = ["data", "features", "model", "scoring", "text"];

/** A table of the fields of `root`, and one for every type of the project that a field has, in the order of mention. */
export function cardTables(root) {
  const declared = declarations();
  const sections = new Map();
  const visit = (name) => {
    const node = declared.get(name);
    if (node === undefined) throw new Error(`scripts/docs/card.js: src/ declares no type "${name}".`);
    if (sections.has(name) || !isRecord(node)) return;
    sections.set(name, sectionOf(name, node, declared));
    for (const found of references(node)) if (declared.has(found)) visit(found);
  };
  visit(root);
  return [...sections.values()].join("\n\n");
}

/** Interfaces, type aliases and constants of the rooms by name; names that two files give to different things are left out. */
function declarations() {
  const found = new Map();
  const twice = new Set();
  const add = (name, node) => {
    if (found.has(name)) twice.add(name);
    found.set(name, node);
  };
  for (const room of ROOMS) {
    const files = readdirSync(join(src, room), { recursive: true }).sort();
    for (const file of files.filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))) {
      const path = join(src, room, file);
      const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
      for (const node of source.statements) {
        if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) add(node.name.text, node);
        else if (ts.isVariableStatement(node)) {
          for (const constant of node.declarationList.declarations) add(constant.name.getText(), constant);
        }
      }
    }
  }
  for (const name of twice) found.delete(name);
  return found;
}

/** Whether a type has a table: it has fields, or is a choice between types that have some. */
function isRecord(node) {
  if (node === undefined || ts.isVariableDeclaration(node)) return false;
  if (ts.isInterfaceDeclaration(node)) return true;
  return alternatives(node.type).every((type) => ts.isTypeReferenceNode(type) || hasFields(type));
}

/** What a type is a choice between; itself, if it is none. */
function alternatives(type) {
  if (ts.isParenthesizedTypeNode(type)) return alternatives(type.type);
  return ts.isUnionTypeNode(type) ? type.types.flatMap(alternatives) : [type];
}

const hasFields = (type) => ts.isTypeLiteralNode(type) || ts.isIntersectionTypeNode(type);

/** The fields of an object type, of an interface, or of both together. */
function membersOf(type, declared) {
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((part) => membersOf(part, declared));
  if (ts.isTypeReferenceNode(type)) return [...declared.get(type.typeName.getText()).members];
  return [...type.members];
}

/** Names of the types that are mentioned in a node; parts of an intersection are shown with the whole. */
function references(node) {
  const names = [];
  const walk = (part) => {
    if (ts.isIntersectionTypeNode(part)) return;
    if (ts.isTypeReferenceNode(part)) names.push(part.typeName.getText());
    if (ts.isExpressionWithTypeArguments(part)) names.push(part.expression.getText());
    ts.forEachChild(part, walk);
  };
  walk(node);
  return names;
}

function sectionOf(name, node, declared) {
  const text = [`### ${name}`, docOf(node)];
  if (ts.isInterfaceDeclaration(node)) {
    const parents = (node.heritageClauses ?? []).flatMap((clause) =>
      clause.types.map((type) => type.getText()),
    );
    if (parents.length > 0) text.push(`The fields of ${parents.map(link).join(" and ")}, and:`);
    text.push(fieldTable(node.members, declared));
  } else {
    const types = alternatives(node.type);
    const named = types.filter(ts.isTypeReferenceNode);
    if (named.length > 0) text.push(`One of ${named.map((type) => link(type.getText())).join(", ")}.`);
    const tables = types.filter(hasFields).map((type) => fieldTable(membersOf(type, declared), declared));
    text.push(tables.join("\n\nor\n\n"));
  }
  return text.filter((part) => part !== "").join("\n\n");
}

const link = (name) => `[${name}](#${name.toLowerCase()})`;

function fieldTable(members, declared) {
  return table(["field", "type", "meaning"], fieldsOf(members, "", declared));
}

/** One row per field; fields of a field that has no name for its type follow it as `field.inner`. */
function fieldsOf(members, prefix, declared) {
  return members.filter(ts.isPropertySignature).flatMap((member) => {
    const field = `${prefix}${member.name.getText()}`;
    const optional = member.questionToken === undefined ? "" : ", optional";
    const inner = ts.isTypeLiteralNode(member.type) ? member.type.members : undefined;
    const type = inner === undefined ? typeText(member.type, declared) : "object";
    return [
      [code(field), `${type}${optional}`, docOf(member)],
      ...(inner === undefined ? [] : fieldsOf(inner, `${field}.`, declared)),
    ];
  });
}

/** A type as a reader of JSON sees it: lists and names, without the words that concern TypeScript alone. */
function typeText(type, declared) {
  if (ts.isTypeOperatorNode(type)) return typeText(type.type, declared);
  if (ts.isArrayTypeNode(type)) return `list of ${typeText(type.elementType, declared)}`;
  if (ts.isUnionTypeNode(type)) return type.types.map((part) => typeText(part, declared)).join(" or ");
  if (ts.isTypeQueryNode(type)) return valuesOf(declared.get(type.exprName.getText()).initializer);
  if (ts.isIndexedAccessTypeNode(type)) return typeText(type.objectType, declared);
  if (ts.isParenthesizedTypeNode(type)) return typeText(type.type, declared);
  if (ts.isTypeReferenceNode(type)) {
    const name = type.typeName.getText();
    if (name === "Readonly") return typeText(type.typeArguments[0], declared);
    if (name === "Record") return `object, values of ${typeText(type.typeArguments[1], declared)}`;
    if (name === "Json") return "any JSON";
    const node = declared.get(name);
    if (isRecord(node)) return link(name);
    return node === undefined ? code(type.getText()) : typeText(node.type, declared);
  }
  return ts.isLiteralTypeNode(type) ? code(type.getText()) : type.getText().replaceAll(/\s+/g, " ");
}

/** What a constant can be: `["a", "b"] as const` is one of two. */
function valuesOf(value) {
  if (ts.isAsExpression(value)) return valuesOf(value.expression);
  if (ts.isArrayLiteralExpression(value)) return value.elements.map(valuesOf).join(" or ");
  return code(value.getText());
}

/**
 * What the declarations say of a card, as the source of src/model/card-shape.ts: one entry per type that has fields or is
 * a choice, reached from `root`.
 */
export function cardShapeModule(root) {
  const declared = declarations();
  const shapes = new Map();
  const refer = (name) => {
    const node = declared.get(name);
    if (node === undefined) throw new Error(`scripts/docs/card.js: src/ declares no type "${name}".`);
    if (!isRecord(node)) return shapeOf(node.type);
    if (!shapes.has(name)) {
      shapes.set(name, undefined);
      shapes.set(name, ts.isInterfaceDeclaration(node) ? interfaceShape(node) : shapeOf(node.type));
    }
    return { type: name };
  };
  const fieldShapes = (members) => ({
    fields: Object.fromEntries(
      members.filter(ts.isPropertySignature).map((member) => {
        const shape = shapeOf(member.type);
        return [member.name.getText(), member.questionToken === undefined ? shape : { optional: shape }];
      }),
    ),
  });
  const interfaceShape = (node) => {
    const parents = (node.heritageClauses ?? []).flatMap((clause) =>
      clause.types.flatMap((type) => [...declared.get(type.getText()).members]),
    );
    return fieldShapes([...parents, ...node.members]);
  };
  const shapeOf = (type) => {
    if (ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type)) return shapeOf(type.type);
    if (ts.isArrayTypeNode(type)) return { list: shapeOf(type.elementType) };
    if (ts.isUnionTypeNode(type)) return { any: type.types.map(shapeOf) };
    if (ts.isTypeLiteralNode(type)) return fieldShapes([...type.members]);
    if (ts.isIntersectionTypeNode(type)) return fieldShapes(membersOf(type, declared));
    if (ts.isIndexedAccessTypeNode(type)) return shapeOf(type.objectType);
    if (ts.isTypeQueryNode(type)) return constantShape(declared.get(type.exprName.getText()).initializer);
    if (ts.isLiteralTypeNode(type)) return { is: JSON.parse(type.getText()) };
    if (ts.isTypeReferenceNode(type)) {
      const name = type.typeName.getText();
      if (name === "Readonly") return shapeOf(type.typeArguments[0]);
      if (name === "Record") return { record: shapeOf(type.typeArguments[1]) };
      return name === "Json" ? "json" : refer(name);
    }
    const word = type.getText();
    if (!["string", "number", "boolean"].includes(word)) throw new Error(`card.js: no shape for ${word}.`);
    return word;
  };
  refer(root);
  const sorted = Object.fromEntries([...shapes].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `// Written by scripts/option-types.js from the declarations of ${root}; npm run docs writes it anew.
import type { Shape } from "./shape.js";

/** What the types of a card look like, by name. */
export const CARD_SHAPES: Readonly<Record<string, Shape>> = ${JSON.stringify(sorted)};
`;
}

/** What a constant can be, as `valuesOf` says it. */
function constantShape(value) {
  if (ts.isAsExpression(value)) return constantShape(value.expression);
  if (ts.isArrayLiteralExpression(value)) return { any: value.elements.map(constantShape) };
  return { is: JSON.parse(value.getText()) };
}

/** A declaration's comment, on one line. */
function docOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(comment?.comment) ?? "";
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
