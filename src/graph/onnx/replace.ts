/** Takes outputs out of a model that is written already, and what only they needed, and puts others in their place. */
import { decodeModel } from "./decode.js";
import {
  type GraphField,
  INITIALIZER,
  NODE,
  nameOf,
  OUTPUT,
  renamedParts,
  requireSameOpsets,
  withGraph,
} from "./graph-fields.js";
import { neededNodes } from "./needed.js";
import { readFields, WireWriter } from "./wire.js";

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
  const outputs = fields.filter(({ field }) => field === OUTPUT);
  const { nodes, values } = neededNodes(fields, [
    ...wanted,
    ...outputs.map(({ field, bytes }) => nameOf(field, bytes)!),
  ]);
  return fields.filter(
    (each) =>
      (each.field !== NODE || nodes.has(each)) &&
      (each.field !== INITIALIZER || values.has(nameOf(each.field, each.bytes) ?? "")),
  );
}
