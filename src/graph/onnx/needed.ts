/** What some values of a written graph are computed from. */
import {
  ATTRIBUTE_GRAPHS,
  NODE,
  NODE_ATTRIBUTE,
  NODE_INPUT,
  NODE_OUTPUT,
  nameOf,
  OUTPUT,
} from "./graph-fields.js";
import { readFields, utf8Text, type WireField } from "./wire.js";

/**
 * The nodes that the wanted values need, and all values that are read on the way or wanted.
 * @param fields of a graph, in their order
 * @param given values that come from elsewhere: what makes them is not needed
 */
export function neededNodes(
  fields: readonly WireField[],
  wanted: Iterable<string>,
  given: ReadonlySet<string> = new Set(),
): { readonly nodes: ReadonlySet<WireField>; readonly values: ReadonlySet<string> } {
  const values = new Set(wanted);
  const nodes = new Set<WireField>();
  // Backwards, so that whoever needs a node has been seen before it.
  for (const field of fields.toReversed()) {
    if (field.field !== NODE) continue;
    const needed = (name: string): boolean => name !== "" && values.has(name) && !given.has(name);
    if (!namesIn(field.bytes, NODE_OUTPUT).some(needed)) continue;
    nodes.add(field);
    for (const input of inputsOf(field.bytes)) values.add(input);
  }
  return { nodes, values };
}

/** The texts of one field of a message, which it may have several times. */
export const namesIn = (message: Uint8Array, wanted: number): string[] =>
  Array.from(readFields(message))
    .filter(({ field }) => field === wanted)
    .map(({ bytes }) => utf8Text(bytes));

/** What a node reads, and what nodes and outputs of its inner graphs may read of the outer one. */
function inputsOf(node: Uint8Array): string[] {
  const names = namesIn(node, NODE_INPUT);
  for (const { field, bytes } of readFields(node)) {
    if (field === NODE_ATTRIBUTE) names.push(...readInside(bytes));
  }
  return names;
}

/** What inner graphs of an encoded attribute may read of the outer one. */
export function readInside(attribute: Uint8Array): string[] {
  const names: string[] = [];
  for (const { field: part, bytes: inner } of readFields(attribute)) {
    if (!(ATTRIBUTE_GRAPHS as readonly number[]).includes(part)) continue;
    for (const { field: own, bytes: message } of readFields(inner)) {
      if (own === NODE) names.push(...inputsOf(message));
      if (own === OUTPUT) names.push(nameOf(own, message)!);
    }
  }
  return names;
}
