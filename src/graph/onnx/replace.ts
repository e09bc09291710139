/** Takes outputs out of a model that is written already, and what only they needed, and puts others in their place. */
import { decodeModel } from "./decode.js";
import {
  ATTRIBUTE_GRAPHS,
  type GraphField,
  INITIALIZER,
  NODE,
  NODE_ATTRIBUTE,
  NODE_INPUT,
  NODE_OUTPUT,
  nameOf,
  OUTPUT,
  renamedParts,
  requireSameOpsets,
  withGraph,
} from "./graph-fields.js";
import { readFields, utf8Text, WireWriter } from "./wire.js";

/** The same model without an output, and without the nodes and tensors that nothing else needs. */
export function withoutOutput(model: Uint8Array, name: string): Uint8Array {
  const graph = new WireWriter();
  for (const { field, bytes } of needed(decodeModel(model).graph, name, [])) graph.bytesField(field, bytes);
  return withGraph(model, graph.finish());
}

/**
 * The same model with an output computed in another way from values that it has. What only the old way needed is taken out;
 * of the rest every byte stays. The addition's nodes and tensors are called `name.` and what they were called before.
 * @param addition a model as `serialize` writes it; its inputs are values of `model`, its output is `name`
 * @param kept initializers of the addition that keep their names, by which others find them
 * @throws HypersphereError `invalid-model` where either is no ONNX model, or the versions of their operators differ
 */
export function withReplacedOutput(
  model: Uint8Array,
  addition: Uint8Array,
  name: string,
  kept: readonly string[],
): Uint8Array {
  const base = decodeModel(model);
  const added = decodeModel(addition);
  requireSameOpsets(base, added);
  const inputs = added.inputs.map((input) => input.name);
  const shared = new Set(["", name, ...inputs, ...kept]);
  const graph = new WireWriter();
  for (const { field, bytes } of needed(base.graph, name, inputs)) graph.bytesField(field, bytes);
  for (const { field, bytes } of renamedParts(added.graph, (own) =>
    shared.has(own) ? own : `${name}.${own}`,
  ))
    graph.bytesField(field, bytes);
  for (const { field, raw } of readFields(added.graph)) if (field === OUTPUT) graph.bytes(raw);
  return withGraph(model, graph.finish());
}

/** The fields of a graph without the output `left`, and without what only that needed. @param wanted values to keep beside outputs */
function needed(graph: Uint8Array, left: string, wanted: readonly string[]): GraphField[] {
  const fields = Array.from(readFields(graph)).filter(
    ({ field, bytes }) => field !== OUTPUT || nameOf(field, bytes) !== left,
  );
  const values = new Set(wanted);
  for (const { field, bytes } of fields) if (field === OUTPUT) values.add(nameOf(field, bytes)!);
  const unused = new Set<Uint8Array>();
  // Backwards, so that whoever needs a node has been seen before it.
  for (const { field, bytes } of fields.toReversed()) {
    if (field !== NODE) continue;
    if (namesIn(bytes, NODE_OUTPUT).some((output) => output !== "" && values.has(output))) {
      for (const input of inputsOf(bytes)) values.add(input);
    } else unused.add(bytes);
  }
  return fields.filter(
    ({ field, bytes }) =>
      !unused.has(bytes) && (field !== INITIALIZER || values.has(nameOf(field, bytes) ?? "")),
  );
}

const namesIn = (message: Uint8Array, wanted: number): string[] =>
  Array.from(readFields(message))
    .filter(({ field }) => field === wanted)
    .map(({ bytes }) => utf8Text(bytes));

/** What a node reads, and what nodes and outputs of its inner graphs may read of the outer one. */
function inputsOf(node: Uint8Array): string[] {
  const names = namesIn(node, NODE_INPUT);
  for (const { field, bytes } of readFields(node)) {
    if (field !== NODE_ATTRIBUTE) continue;
    for (const { field: part, bytes: inner } of readFields(bytes)) {
      if (!(ATTRIBUTE_GRAPHS as readonly number[]).includes(part)) continue;
      for (const { field: own, bytes: message } of readFields(inner)) {
        if (own === NODE) names.push(...inputsOf(message));
        if (own === OUTPUT) names.push(nameOf(own, message)!);
      }
    }
  }
  return names;
}
