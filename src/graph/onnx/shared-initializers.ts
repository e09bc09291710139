/** Models that stand in one file and have large tensors in common hold them once. */
import { HypersphereError } from "../../errors.js";
import { shown } from "../../text/shown.js";
import { decodeModel, withMetadata } from "./decode.js";
import { forEachField, readFields, utf8Text, WireWriter } from "./wire.js";

/** Numbers of the fields in onnx.proto. */
const MODEL_GRAPH = 7;
const INITIALIZER = 5;
const TENSOR_NAME = 8;
/** Under which a model without some of its initializers lists their names. */
const SHARED = "hypersphere.shared";
/** Smaller tensors are not worth a name in a list. */
const LARGE = 2 ** 16;

/**
 * The model without those of its large initializers that another has under the same name, byte for byte. It does not run
 * before it has them again: see `withShared`. Unchanged where there are none.
 */
export function withoutShared(model: Uint8Array, other: Uint8Array): Uint8Array {
  const theirs = largeInitializers(other);
  const shared: string[] = [];
  const graph = new WireWriter();
  for (const { field, bytes, raw } of readFields(decodeModel(model).graph)) {
    const name = field === INITIALIZER && raw.length >= LARGE ? nameOf(bytes) : "";
    const same = theirs.get(name);
    if (same !== undefined && equal(same, raw)) shared.push(name);
    else graph.bytes(raw);
  }
  if (shared.length === 0) return model;
  const { metadata } = decodeModel(model);
  return withMetadata(withGraph(model, graph.finish()), { ...metadata, [SHARED]: JSON.stringify(shared) });
}

/**
 * The model with the initializers that were left out of it.
 * @param other the model that has them
 * @throws HypersphereError `invalid-model` where it has not
 */
export function withShared(model: Uint8Array, other: Uint8Array): Uint8Array {
  const { [SHARED]: list, ...metadata } = decodeModel(model).metadata;
  if (list === undefined) return model;
  const theirs = largeInitializers(other);
  const graph = new WireWriter();
  graph.bytes(decodeModel(model).graph);
  for (const name of namesIn(list)) {
    const raw = theirs.get(name);
    if (raw === undefined)
      throw broken(`The tensor ${shown(name)} of the untrained model is not in the file.`);
    graph.bytes(raw);
  }
  return withMetadata(withGraph(model, graph.finish()), metadata);
}

function largeInitializers(model: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const { field, bytes, raw } of readFields(decodeModel(model).graph)) {
    if (field === INITIALIZER && raw.length >= LARGE) found.set(nameOf(bytes), raw);
  }
  return found;
}

function nameOf(tensor: Uint8Array): string {
  let name = "";
  forEachField(tensor, (field, payload) => {
    if (field === TENSOR_NAME) name = utf8Text(payload);
  });
  return name;
}

function withGraph(model: Uint8Array, graph: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  for (const { field, raw } of readFields(model)) {
    if (field === MODEL_GRAPH) writer.bytesField(field, graph);
    else writer.bytes(raw);
  }
  return writer.finish();
}

function namesIn(list: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(list);
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  } catch {
    // Said below.
  }
  throw broken("The untrained model's list of shared tensors is no list of names.");
}

const broken = (message: string): HypersphereError =>
  new HypersphereError("invalid-model", message, { hint: "The file is damaged: train the model again." });

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}
