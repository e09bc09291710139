/** Takes the graph of an ONNX file apart into nodes and initializers, as far as putting it together again needs. */
import { HypersphereError } from "../../errors.js";
import { readFields, unpackVarints, utf8Text, WireWriter } from "./wire.js";

/** Numbers of the fields in onnx.proto. */
const GRAPH = { node: 1, initializer: 5, sparse: 15 };
const NODE = { input: 1, output: 2, type: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, float: 2, int: 3, text: 4, graph: 6, floats: 7, ints: 8, graphs: 11, type: 20 };
const TENSOR_NAME = 8;
/** Enumeration of onnx.proto: AttributeProto.AttributeType. */
const TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 };

/** A node of another program's graph. */
export interface ForeignNode {
  readonly type: string;
  /** The default domain is "". */
  readonly domain: string;
  /** Names of values; "" for an input or output that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Encoded AttributeProtos by their names. */
  readonly attributes: ReadonlyMap<string, Uint8Array>;
}

export interface ForeignGraph {
  readonly nodes: readonly ForeignNode[];
  /** Encoded TensorProtos by their names: views. */
  readonly initializers: ReadonlyMap<string, Uint8Array>;
}

/**
 * @param graph the encoded GraphProto, see `DecodedModel.graph`
 * @throws HypersphereError `invalid-model` where it makes no sense, or has sparse initializers
 */
export function decodeGraph(graph: Uint8Array): ForeignGraph {
  const nodes: ForeignNode[] = [];
  const initializers = new Map<string, Uint8Array>();
  try {
    for (const { field, bytes } of readFields(graph)) {
      if (field === GRAPH.node) nodes.push(decodeNode(bytes));
      if (field === GRAPH.initializer) initializers.set(nameOf(bytes, TENSOR_NAME), bytes);
      if (field === GRAPH.sparse) throw new RangeError("sparse initializers are not read");
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HypersphereError("invalid-model", `The graph cannot be read: ${cause.message}.`, { cause });
  }
  return { nodes, initializers };
}

/** One encoded NodeProto. */
export function decodeNode(message: Uint8Array): ForeignNode {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, Uint8Array>();
  let [type, domain] = ["", ""];
  for (const { field, bytes } of readFields(message)) {
    if (field === NODE.input) inputs.push(utf8Text(bytes));
    if (field === NODE.output) outputs.push(utf8Text(bytes));
    if (field === NODE.type) type = utf8Text(bytes);
    if (field === NODE.domain) domain = utf8Text(bytes);
    if (field === NODE.attribute) attributes.set(nameOf(bytes, ATTRIBUTE.name), bytes);
  }
  return { type, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes };
}

function nameOf(message: Uint8Array, wanted: number): string {
  for (const { field, bytes } of readFields(message)) if (field === wanted) return utf8Text(bytes);
  return "";
}

/** Writes a node, with its values called as `renamed` says. */
export function writeForeignNode(
  writer: WireWriter,
  { type, domain, inputs, outputs, attributes }: ForeignNode,
  renamed: (name: string) => string,
): void {
  for (const input of inputs) writer.stringField(NODE.input, renamed(input));
  for (const output of outputs) writer.stringField(NODE.output, renamed(output));
  writer.stringField(NODE.type, type);
  for (const attribute of attributes.values()) writer.bytesField(NODE.attribute, attribute);
  if (domain !== "") writer.stringField(NODE.domain, domain);
}

/** Writes an encoded TensorProto under another name. */
export function writeForeignTensor(writer: WireWriter, tensor: Uint8Array, name: string): void {
  for (const { field, raw } of readFields(tensor)) if (field !== TENSOR_NAME) writer.bytes(raw);
  writer.stringField(TENSOR_NAME, name);
}

/** Whether a node has a graph inside of it. */
export const hasBody = ({ attributes }: ForeignNode): boolean =>
  [...attributes.values()].some((attribute) =>
    [...readFields(attribute)].some(({ field }) => field === ATTRIBUTE.graph || field === ATTRIBUTE.graphs),
  );

/** Numbers of an attribute of one or several, whole or not; undefined where the node lacks it. */
export function attributeNumbers({ attributes }: ForeignNode, name: string): number[] | undefined {
  const attribute = attributes.get(name);
  if (attribute === undefined) return undefined;
  const numbers: number[] = [];
  for (const { field, kind, value, bytes } of readFields(attribute)) {
    if (field === ATTRIBUTE.int) numbers.push(Number(BigInt.asIntN(64, value)));
    if (field === ATTRIBUTE.float || field === ATTRIBUTE.floats) {
      numbers.push(...new Float32Array(bytes.slice().buffer));
    }
    if (field === ATTRIBUTE.ints) {
      const several = kind === "varint" ? [BigInt.asIntN(64, value)] : unpackVarints(bytes);
      numbers.push(...several.map(Number));
    }
  }
  return numbers;
}

/** The encoded GraphProto of an attribute; undefined where the node lacks it. */
export function attributeGraph({ attributes }: ForeignNode, name: string): Uint8Array | undefined {
  const fields = Array.from(readFields(attributes.get(name) ?? new Uint8Array()));
  return fields.find(({ field }) => field === ATTRIBUTE.graph)?.bytes;
}

/** The text of an attribute; undefined where the node lacks it. */
export function attributeText({ attributes }: ForeignNode, name: string): string | undefined {
  const attribute = attributes.get(name);
  return attribute && nameOf(attribute, ATTRIBUTE.text);
}

/** An encoded AttributeProto. */
export function encodedAttribute(name: string, value: number | string): Uint8Array {
  const writer = new WireWriter();
  writer.stringField(ATTRIBUTE.name, name);
  if (typeof value === "string") writer.stringField(ATTRIBUTE.text, value);
  else writer.varintField(ATTRIBUTE.int, value);
  writer.varintField(ATTRIBUTE.type, typeof value === "string" ? TYPE.string : TYPE.int);
  return writer.finish();
}
