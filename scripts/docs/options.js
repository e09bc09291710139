import { z } from "zod";
import { detectors } from "../../dist/detectors/registry.js";
import { table } from "./markdown.js";

/** One row per option of a detector, in the order of its schema. */
export function optionTable(name) {
  const entry = detectors[name];
  if (entry === undefined) throw new Error(`There is no detector "${name}".`);
  const { properties } = z.toJSONSchema(entry.options, { io: "input" });
  const rows = Object.entries(properties).map(([option, schema]) => {
    const value = schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
    return [`\`${option}\``, typeOf(schema), value, schema.description];
  });
  return table(["option", "type and range", "default", "meaning"], rows);
}

function typeOf(schema) {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.type === "array") return `list of: ${typeOf(schema.items)}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  return [schema.type, rangeOf(schema)].filter((part) => part !== "").join(", ");
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }) {
  const limits = [];
  if (exclusiveMinimum !== undefined) limits.push(`> ${exclusiveMinimum}`);
  else if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) limits.push(`≥ ${minimum}`);
  if (exclusiveMaximum !== undefined) limits.push(`< ${exclusiveMaximum}`);
  else if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) limits.push(`≤ ${maximum}`);
  return limits.join(", ");
}
