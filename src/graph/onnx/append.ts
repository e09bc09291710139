/** Adds to a model that is written already, without taking it apart. */
import { decodeModel } from "./decode.js";
import { nameOf, OUTPUT, renamedParts, requireSameOpsets, withGraph } from "./graph-fields.js";
import { readFields, WireWriter } from "./wire.js";

/**
 * The same model with one more output, computed from values that it has already. Every byte of what it had stays;
 * inside, the addition's nodes and tensors are called `name.` and what they were called before. An earlier addition of
 * that name is taken out first, so that adding twice is replacing.
 * @param addition a model as `serialize` writes it; its inputs are values of `model`, its output is `name`
 * @throws HypersphereError `invalid-model` where either is no ONNX model, or the versions of their operators differ
 */
export function withOutput(model: Uint8Array, addition: Uint8Array, name: string): Uint8Array {
  const base = decodeModel(model);
  const added = decodeModel(addition);
  requireSameOpsets(base, added);
  const shared = new Set(["", name, ...added.inputs.map((input) => input.name)]);
  const graph = new WireWriter();
  for (const { field, bytes, raw } of readFields(base.graph)) {
    const own = nameOf(field, bytes);
    if (own !== name && !own?.startsWith(`${name}.`)) graph.bytes(raw);
  }
  for (const { field, bytes } of renamedParts(added.graph, (own) =>
    shared.has(own) ? own : `${name}.${own}`,
  ))
    graph.bytesField(field, bytes);
  for (const { field, raw } of readFields(added.graph)) if (field === OUTPUT) graph.bytes(raw);
  return withGraph(model, graph.finish());
}
