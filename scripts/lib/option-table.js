// The table of a schema's options, as the documentation shows it.
import { z } from "zod";
import { rangeOf } from "./json-schema.js";

/** One row per option, in the order of the schema. */
export function optionTable(schema) {
  const { properties } = z.toJSONSchema(schema, { io: "input" });
  const rows = Object.entries(properties).map(([option, property]) => {
    const value = property.default === undefined ? "" : `\`${JSON.stringify(property.default)}\``;
    return `| \`${option}\` | ${typeOf(property)} | ${value} | ${property.description} |`;
  });
  return ["| option | type and range | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function typeOf(schema) {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.type === "array") return `list of: ${typeOf(schema.items)}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  return [schema.type, rangeOf(schema)].filter((part) => part !== "").join(", ");
}
