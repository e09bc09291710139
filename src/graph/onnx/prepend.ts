/** Puts something between an input of a model that is written already and whatever reads it. */
import { decodeModel } from "./decode.js";
import {
  ATTRIBUTE_GRAPHS,
  NODE,
  NODE_ATTRIBUTE,
  NODE_INPUT,
  nameOf,
  renamedParts,
  requireSameOpsets,
  withGraph,
} from "./graph-fields.js";
import { readFields, utf8Text, WireWriter } from "./wire.js";

/**
 * The same model with one of its inputs seen through an addition: whatever read the input, in inner graphs too, reads what
 * the addition makes of it. Inputs, outputs and tensors stay as they are; the addition's nodes and tensors are called
 * `name.` and what they were called before. An earlier addition of that name is replaced.
 * @param addition a model as `serialize` writes it, without inner graphs; its input is called `input`, its output `name`
 * @throws HypersphereError `invalid-model` where either is no ONNX model, or the versions of their operators differ
 */
export function withInputThrough(
  model: Uint8Array,
  addition: Uint8Array,
  input: string,
  name: string,
): Uint8Array {
  const base = decodeModel(model);
  const added = decodeModel(addition);
  requireSameOpsets(base, added);
  const graph = new WireWriter();
  // In the order of their work, as ONNX has it: before all that reads what they make.
  for (const { field, bytes } of renamedParts(added.graph, (own) =>
    own === "" || own === input || own === name ? own : `${name}.${own}`,
  ))
    graph.bytesField(field, bytes);
  for (const { field, bytes, raw } of readFields(base.graph)) {
    const own = nameOf(field, bytes);
    if (own === name || own?.startsWith(`${name}.`)) continue;
    if (field === NODE) graph.bytesField(field, reading(bytes, input, name));
    else graph.bytes(raw);
  }
  return withGraph(model, graph.finish());
}

/** A node that reads the value `name` where it read `input`. Nodes of inner graphs see the values of the outer one. */
function reading(node: Uint8Array, input: string, name: string): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(node)) {
    if (field === NODE_INPUT && utf8Text(bytes) === input) writer.stringField(field, name);
    else if (field === NODE_ATTRIBUTE) {
      writer.bytesField(
        field,
        eachOf(bytes, ATTRIBUTE_GRAPHS, (inner) =>
          eachOf(inner, [NODE], (innerNode) => reading(innerNode, input, name)),
        ),
      );
    } else writer.bytes(raw);
  }
  return writer.finish();
}

/** A message with the payloads of some fields passed through a function. */
function eachOf(
  message: Uint8Array,
  fields: readonly number[],
  change: (payload: Uint8Array) => Uint8Array,
): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(message)) {
    if (fields.includes(field)) writer.bytesField(field, change(bytes));
    else writer.bytes(raw);
  }
  return writer.finish();
}
