/** What of a written graph is changed without taking it apart: messages of ONNX files are lists of fields. */
import { HypersphereError } from "../../errors.js";
import type { DecodedModel } from "./decode.js";
import { readFields, utf8Text, WireWriter } from "./wire.js";

/** Numbers of the fields in onnx.proto: of a model its graph, of a graph, and of what is in there. */
export const MODEL_GRAPH = 7;
export const NODE = 1;
export const GRAPH_NAME = 2;
export const INITIALIZER = 5;
export const INPUT = 11;
export const OUTPUT = 12;
export const VALUE_INFO = 13;
export const NODE_INPUT = 1;
export const NODE_OUTPUT = 2;
export const NODE_ATTRIBUTE = 5;
/** Of an attribute: a graph, and a list of graphs. */
export const ATTRIBUTE_GRAPHS = [6, 11] as const;
export const TENSOR_NAME = 8;
export const VALUE_NAME = 1;

/** Which field of a message says what it is called. A node goes by its output. */
const NAME_FIELD: Readonly<Record<number, number>> = {
  [NODE]: NODE_OUTPUT,
  [INITIALIZER]: TENSOR_NAME,
  [OUTPUT]: VALUE_NAME,
};

/** What a node, an initializer or an output of a graph is called; undefined for other fields. */
export function nameOf(field: number, message: Uint8Array): string | undefined {
  const wanted = NAME_FIELD[field];
  if (wanted === undefined) return undefined;
  for (const part of readFields(message)) if (part.field === wanted) return utf8Text(part.bytes);
  return undefined;
}

/** A message with the texts of some fields renamed. */
export function renamedFields(
  message: Uint8Array,
  names: readonly number[],
  renamed: (name: string) => string,
): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(message)) {
    if (names.includes(field)) writer.stringField(field, renamed(utf8Text(bytes)));
    else writer.bytes(raw);
  }
  return writer.finish();
}

/** The model with another graph; every other byte stays. */
export function withGraph(model: Uint8Array, graph: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  for (const { field, raw } of readFields(model)) {
    if (field === MODEL_GRAPH) writer.bytesField(field, graph);
    else writer.bytes(raw);
  }
  return writer.finish();
}

/** @throws HypersphereError `invalid-model` where operators of one model would mean something else in the other */
export function requireSameOpsets(model: DecodedModel, addition: DecodedModel): void {
  const [wanted, given] = [model, addition].map(({ opsets }) => JSON.stringify(opsets));
  if (wanted === given) return;
  throw new HypersphereError(
    "invalid-model",
    `The model has operator sets ${wanted}, but what is added to it has ${given}.`,
    { hint: "Train the model again with this version of hypersphere." },
  );
}

/** An encoded field of a graph, as its position in the file has it. */
export interface GraphField {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** A node with what it reads and makes renamed, and so in its inner graphs. */
function renamedNode(node: Uint8Array, renamed: (name: string) => string): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(node)) {
    if (field === NODE_INPUT || field === NODE_OUTPUT) writer.stringField(field, renamed(utf8Text(bytes)));
    else if (field === NODE_ATTRIBUTE) writer.bytesField(field, renamedAttribute(bytes, renamed));
    else writer.bytes(raw);
  }
  return writer.finish();
}

function renamedAttribute(attribute: Uint8Array, renamed: (name: string) => string): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(attribute)) {
    if ((ATTRIBUTE_GRAPHS as readonly number[]).includes(field)) {
      writer.bytesField(field, renamedGraph(bytes, renamed));
    } else writer.bytes(raw);
  }
  return writer.finish();
}

/** An inner graph with all of its values renamed: those of the outer one are called alike in both. */
function renamedGraph(graph: Uint8Array, renamed: (name: string) => string): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(graph)) {
    if (field === NODE) writer.bytesField(field, renamedNode(bytes, renamed));
    else if (field === INITIALIZER) writer.bytesField(field, renamedFields(bytes, [TENSOR_NAME], renamed));
    else if (field === INPUT || field === OUTPUT || field === VALUE_INFO) {
      writer.bytesField(field, renamedFields(bytes, [VALUE_NAME], renamed));
    } else writer.bytes(raw);
  }
  return writer.finish();
}

/** The nodes and initializers of an addition, with its values called as `renamed` says. */
export function renamedParts(graph: Uint8Array, renamed: (name: string) => string): GraphField[] {
  const parts: GraphField[] = [];
  for (const { field, bytes } of readFields(graph)) {
    if (field === NODE) parts.push({ field, bytes: renamedNode(bytes, renamed) });
    if (field === INITIALIZER) parts.push({ field, bytes: renamedFields(bytes, [TENSOR_NAME], renamed) });
  }
  return parts;
}
