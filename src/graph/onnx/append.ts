/** Adds to a model that is written already, without taking it apart: messages of ONNX files are lists of fields. */
import { HypersphereError } from "../../errors.js";
import { decodeModel } from "./decode.js";
import { readFields, WireWriter } from "./wire.js";

/** Numbers of the fields in onnx.proto: of a model its graph, of a graph, and of what is in there. */
const MODEL_GRAPH = 7;
const NODE = 1;
const INITIALIZER = 5;
const OUTPUT = 12;
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const TENSOR_NAME = 8;
const VALUE_NAME = 1;

/** Which field of a message says what it is called. A node goes by its output. */
const NAME_FIELD: Readonly<Record<number, number>> = {
  [NODE]: NODE_OUTPUT,
  [INITIALIZER]: TENSOR_NAME,
  [OUTPUT]: VALUE_NAME,
};

/**
 * The same model with one more output, computed from values that it has already. Every byte of what it had stays;
 * inside, the addition's nodes and tensors are called `name.` and what they were called before. An earlier addition of
 * that name is taken out first, so that adding twice is replacing.
 * @param addition a model as `serialize` writes it, without inner graphs; its inputs are values of `model`, its output
 * is `name`
 * @throws HypersphereError `invalid-model` where either is no ONNX model, or the versions of their operators differ
 */
export function withOutput(model: Uint8Array, addition: Uint8Array, name: string): Uint8Array {
  const base = decodeModel(model);
  const added = decodeModel(addition);
  const [wanted, given] = [base, added].map(({ opsets }) => JSON.stringify(opsets));
  if (wanted !== given) {
    throw new HypersphereError(
      "invalid-model",
      `The model has operator sets ${wanted}, but what is added to it has ${given}.`,
      { hint: "Train the model again with this version of hypersphere." },
    );
  }
  const shared = new Set(["", name, ...added.inputs.map((input) => input.name)]);
  const renamed = (own: string): string => (shared.has(own) ? own : `${name}.${own}`);

  const graph = new WireWriter();
  for (const { field, bytes, raw } of readFields(base.graph)) {
    const own = nameOf(field, bytes);
    if (own !== name && !own?.startsWith(`${name}.`)) graph.bytes(raw);
  }
  for (const { field, bytes, raw } of readFields(added.graph)) {
    if (field === NODE) graph.bytesField(field, rewritten(bytes, [NODE_INPUT, NODE_OUTPUT], renamed));
    else if (field === INITIALIZER) graph.bytesField(field, rewritten(bytes, [TENSOR_NAME], renamed));
    else if (field === OUTPUT) graph.bytes(raw);
  }
  const writer = new WireWriter();
  for (const { field, raw } of readFields(model)) {
    if (field === MODEL_GRAPH) writer.bytesField(field, graph.finish());
    else writer.bytes(raw);
  }
  return writer.finish();
}

const utf8 = new TextDecoder();

function nameOf(field: number, message: Uint8Array): string | undefined {
  const wanted = NAME_FIELD[field];
  if (wanted === undefined) return undefined;
  for (const part of readFields(message)) if (part.field === wanted) return utf8.decode(part.bytes);
  return undefined;
}

function rewritten(
  message: Uint8Array,
  names: readonly number[],
  renamed: (name: string) => string,
): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(message)) {
    if (names.includes(field)) writer.stringField(field, renamed(utf8.decode(bytes)));
    else writer.bytes(raw);
  }
  return writer.finish();
}
