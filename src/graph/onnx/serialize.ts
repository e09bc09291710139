import { ELEMENT_TYPE } from "../element-type.js";
import type { Graph, NamedOutput } from "../graph.js";
import type { AttributeValue, Node } from "../operator.js";
import type { Tensor, TensorContents, TensorType } from "../tensor.js";
import { writeForeignNode, writeForeignTensor } from "./nodes.js";
import { OPSET } from "./opset.js";
import type { ModelPiece } from "./piece.js";
import { WireWriter } from "./wire.js";

/**
 * ONNX intermediate representation 8 and operator set 18, of early 2023: new enough for every operator used here, old
 * enough for the runtimes that people have in production.
 */
const IR_VERSION = 8;
const OPSETS: readonly (readonly [domain: string, version: number])[] = [
  ["", OPSET],
  ["ai.onnx.ml", 3],
];

/** Enumeration of onnx.proto: AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE: Record<AttributeValue["kind"], number> = {
  float: 1,
  int: 2,
  string: 3,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
};

export interface ModelOptions {
  /** Text for people, shown by model viewers. */
  description?: string;
  /** Key-value pairs stored beside the graph. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes the graph as an ONNX model file. Nodes that no output needs are left out. The same graph always gives the
 * same bytes.
 */
export function serialize(graph: Graph, { description = "", metadata = {} }: ModelOptions = {}): Uint8Array {
  const model = new WireWriter();
  model.varintField(1, IR_VERSION);
  model.stringField(2, "hypersphere");
  model.stringField(6, description);
  model.bytesField(7, writeGraph(graph, graph.outputs, "main", new GraphContext(graph)));
  for (const [domain, version] of OPSETS) {
    model.message(8, (opset) => {
      opset.stringField(1, domain);
      opset.varintField(2, version);
    });
  }
  writeMetadata(model, metadata);
  return model.finish();
}

/** ModelProto.metadata_props */
export const METADATA_FIELD = 14;

export function writeMetadata(writer: WireWriter, metadata: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(metadata)) {
    writer.message(METADATA_FIELD, (entry) => {
      entry.stringField(1, key);
      entry.stringField(2, value);
    });
  }
}

/** What is needed, and under which name. */
class GraphContext {
  readonly needed = new Set<Node>();
  readonly used = new Set<Tensor>();
  readonly #names = new Map<Tensor, string>();

  constructor(graph: Graph) {
    this.#visitScope(graph, graph.outputs);
  }

  nameOf(tensor: Tensor): string {
    return this.#names.get(tensor) ?? tensor.name;
  }

  /** Which outputs of a node are written. */
  isWritten({ operator, outputs }: Node, k: number): boolean {
    if (this.used.has(outputs[k]!)) return true;
    if (operator.carried !== undefined) return k < operator.carried;
    return k === 0 || operator.optionalOutputs !== true;
  }

  /** What leaves a body: all of it, or as much as its node writes. */
  outputsOf(node: Node, body: Graph): readonly NamedOutput[] {
    return node.operator.carried === undefined
      ? body.outputs
      : body.outputs.filter((_, k) => this.isWritten(node, k));
  }

  /** What the values of a part of another model are called in this one: those that enter or leave it as they are here. */
  embeddedNames(node: Node, { input, outputs }: ModelPiece): (own: string) => string {
    const prefix = node.outputs[0]!.name;
    const shared = new Map([
      ["", ""],
      [input, this.nameOf(node.inputs[0]!)],
      ...outputs.map((own, k): [string, string] => [own, this.nameOf(node.outputs[k]!)]),
    ]);
    return (own) => shared.get(own) ?? `${prefix}.${own}`;
  }

  #visitScope(graph: Graph, outputs: readonly NamedOutput[]): void {
    for (const { name, tensor } of outputs) {
      // A node's own output takes the public name; anything else leaves through an Identity, see writeGraph.
      if (tensor.graph === graph && tensor.node !== undefined && !this.#names.has(tensor)) {
        this.#names.set(tensor, name);
      }
      this.#need(tensor);
    }
    // Backwards, so that whoever needs a node has been seen before it.
    for (let k = graph.nodes.length - 1; k >= 0; k--) {
      const node = graph.nodes[k]!;
      if (!this.needed.has(node)) continue;
      for (const input of node.inputs) this.#need(input);
      for (const value of Object.values(node.attributes))
        if (value.kind === "graph") this.#visitScope(value.value, this.outputsOf(node, value.value));
    }
  }

  #need(tensor: Tensor): void {
    this.used.add(tensor);
    if (tensor.node !== undefined) this.needed.add(tensor.node);
  }
}

function writeGraph(
  graph: Graph,
  outputs: readonly NamedOutput[],
  name: string,
  context: GraphContext,
): Uint8Array {
  const writer = new WireWriter();
  for (const node of graph.nodes) {
    if (!context.needed.has(node)) continue;
    const { embedded } = node.operator;
    if (embedded === undefined) writer.message(1, (field) => writeNode(field, node, context));
    else writeEmbeddedNodes(writer, embedded, context.embeddedNames(node, embedded));
  }
  for (const output of outputs) {
    const produced = context.nameOf(output.tensor);
    if (produced === output.name) continue;
    writer.message(1, (node) => {
      node.stringField(1, produced);
      node.stringField(2, output.name);
      node.stringField(4, "Identity");
    });
  }
  writer.stringField(2, name);
  for (const tensor of graph.initializers) {
    if (context.used.has(tensor)) writer.message(5, (field) => writeTensor(field, tensor));
  }
  for (const node of graph.nodes) {
    const { embedded } = node.operator;
    if (embedded === undefined || !context.needed.has(node)) continue;
    const renamed = context.embeddedNames(node, embedded);
    for (const [own, tensor] of embedded.initializers) {
      writer.message(5, (field) => writeForeignTensor(field, tensor, renamed(own)));
    }
  }
  for (const input of graph.inputs) writer.message(11, (field) => writeValue(field, input.name, input));
  for (const output of outputs) writer.message(12, (field) => writeValue(field, output.name, output.tensor));
  return writer.finish();
}

function writeEmbeddedNodes(
  writer: WireWriter,
  { nodes }: ModelPiece,
  renamed: (name: string) => string,
): void {
  for (const node of nodes) writer.message(1, (field) => writeForeignNode(field, node, renamed));
}

function writeNode(writer: WireWriter, node: Node, context: GraphContext): void {
  const fed = node.inputs.length - (node.operator.hidden ?? 0);
  for (const input of node.inputs.slice(0, fed)) writer.stringField(1, context.nameOf(input));
  for (const [k, output] of node.outputs.entries()) {
    if (context.isWritten(node, k)) writer.stringField(2, context.nameOf(output));
  }
  writer.stringField(4, node.operator.type);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.message(5, (field) => writeAttribute(field, name, value, node, context));
  }
  if (node.operator.domain !== undefined) writer.stringField(7, node.operator.domain);
}

function writeAttribute(
  writer: WireWriter,
  name: string,
  attribute: AttributeValue,
  node: Node,
  context: GraphContext,
): void {
  writer.stringField(1, name);
  switch (attribute.kind) {
    case "float":
      writer.floatField(2, attribute.value);
      break;
    case "int":
      writer.varintField(3, attribute.value);
      break;
    case "string":
      writer.stringField(4, attribute.value);
      break;
    case "graph":
      writer.bytesField(
        6,
        writeGraph(attribute.value, context.outputsOf(node, attribute.value), name, context),
      );
      break;
    case "floats":
      writer.packedFloatsField(7, attribute.value);
      break;
    case "ints":
      for (let k = 0; k < attribute.value.length; k++) writer.varintField(8, attribute.value[k]!);
      break;
    case "strings":
      for (const value of attribute.value) writer.stringField(9, value);
      break;
  }
  writer.varintField(20, ATTRIBUTE_TYPE[attribute.kind]);
}

/** A TensorProto. */
export function encodedTensor(tensor: StoredTensor): Uint8Array {
  const writer = new WireWriter();
  writeTensor(writer, tensor);
  return writer.finish();
}

type StoredTensor = Pick<Tensor, "name" | "dtype" | "shape" | "contents">;

function writeTensor(writer: WireWriter, tensor: StoredTensor): void {
  writer.packedVarintsField(1, tensor.shape as readonly number[]);
  writer.varintField(2, ELEMENT_TYPE[tensor.dtype]);
  const contents = tensor.contents as TensorContents;
  if (ArrayBuffer.isView(contents)) {
    writer.stringField(8, tensor.name);
    writer.bytesField(9, new Uint8Array(contents.buffer, contents.byteOffset, contents.byteLength));
  } else {
    for (const text of contents as readonly string[]) writer.stringField(6, text);
    writer.stringField(8, tensor.name);
  }
}

/** A ValueInfoProto. */
export function writeValue(writer: WireWriter, name: string, { dtype, shape }: TensorType): void {
  writer.stringField(1, name);
  writer.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.varintField(1, ELEMENT_TYPE[dtype]);
      tensor.message(2, (dims) => {
        for (const dim of shape) {
          dims.message(1, (field) => {
            if (typeof dim === "number") field.varintField(1, dim);
            else field.stringField(2, dim);
          });
        }
      });
    }),
  );
}
