/** A model while it is rewritten from windows to steps: the nodes and tensors that it will have. */
import type { DataType } from "../tensor.js";
import { type DecodedModel, type DecodedTensor, decodeModel } from "./decode.js";
import { GRAPH_NAME, INITIALIZER, INPUT, NODE, OUTPUT, VALUE_NAME, withGraph } from "./graph-fields.js";
import { namesIn } from "./needed.js";
import {
  decodeGraph,
  encodedAttribute,
  type ForeignGraph,
  type ForeignNode,
  writeForeignNode,
} from "./nodes.js";
import { encodedTensor, writeValue } from "./serialize.js";
import { STEPS_PREFIX, WINDOW_STARTS } from "./step-names.js";
import { readFields, WireWriter } from "./wire.js";

/** An end that no axis reaches. */
const END = 2n ** 62n;

export class StepGraph {
  readonly decoded: DecodedModel;
  readonly given: ForeignGraph;
  readonly #model: Uint8Array;
  readonly #nodes: ForeignNode[] = [];
  readonly #added = new Map<string, Uint8Array>();
  readonly #places = new Map<string, string>();

  constructor(model: Uint8Array) {
    this.#model = model;
    this.decoded = decodeModel(model);
    this.given = decodeGraph(this.decoded.graph);
  }

  /** Whether a name is of those that are added here. */
  static isAdded(name: string): boolean {
    return name.startsWith(STEPS_PREFIX);
  }

  /** Takes a node over as it is. */
  keep(node: ForeignNode): void {
    this.#nodes.push(node);
  }

  /** A node like another one, of other values. */
  like({ type, domain, attributes }: ForeignNode, inputs: readonly string[]): string[] {
    return this.#node(type, inputs, attributes, domain, 1);
  }

  /** A node of the default domain, with `count` outputs. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, number>> = {},
    count = 1,
  ): string[] {
    const encoded = new Map(
      Object.entries(attributes).map(([name, value]) => [name, encodedAttribute(name, value)]),
    );
    return this.#node(type, inputs, encoded, "", count);
  }

  reshape(value: string, shape: readonly number[]): string {
    return this.node("Reshape", [value, this.indices(shape)])[0]!;
  }

  /** A value without its first entries and its last ones. */
  slice(value: string, first: number, last: number): string {
    if (first === 0 && last === 0) return value;
    const end = last === 0 ? END : -last;
    return this.node("Slice", [value, this.indices([first]), this.indices([end]), this.indices([0])])[0]!;
  }

  /** Where the entries of each window lie that are `apart` from each other: [windows, count], or [windows] of one. */
  places(offset: number, apart: number, count: number): string {
    const key = `${offset} ${apart} ${count}`;
    let found = this.#places.get(key);
    if (found === undefined) {
      const steps = this.indices(Array.from({ length: count }, (_, k) => offset + k * apart));
      const starts = count === 1 ? WINDOW_STARTS : this.reshape(WINDOW_STARTS, [-1, 1]);
      found = this.node("Add", [starts, steps])[0]!;
      this.#places.set(key, found);
    }
    return found;
  }

  /** One-dimensional int64, as axes, shapes and places are given. */
  indices(values: readonly (number | bigint)[]): string {
    return this.constant("int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  constant(dtype: DataType, shape: readonly number[], contents: DecodedTensor["data"]): string {
    const name = `${STEPS_PREFIX}constant${this.#added.size}`;
    this.#added.set(name, encodedTensor({ name, dtype, shape, contents }));
    return name;
  }

  /** Gives a value the name that another one has in the model. */
  named(value: string, name: string): void {
    this.#nodes.push({
      type: "Identity",
      domain: "",
      inputs: [value],
      outputs: [name],
      attributes: new Map(),
    });
  }

  /**
   * The model, with inputs of steps in place of those of windows.
   * @param inputs by name, how many numbers or texts a step has
   */
  finish(inputs: ReadonlyMap<string, { readonly dtype: DataType; readonly width: number }>): Uint8Array {
    const graph = new WireWriter();
    for (const node of this.#nodes) {
      graph.message(NODE, (field) => writeForeignNode(field, node, (name) => name));
    }
    for (const { field, bytes, raw } of readFields(this.decoded.graph)) {
      if (field === GRAPH_NAME || field === INITIALIZER || field === OUTPUT) graph.bytes(raw);
      if (field === INPUT && !namesIn(bytes, VALUE_NAME).some((name) => inputs.has(name))) graph.bytes(raw);
    }
    for (const tensor of this.#added.values()) graph.bytesField(INITIALIZER, tensor);
    for (const [name, { dtype, width }] of inputs) {
      graph.message(INPUT, (value) => writeValue(value, name, { dtype, shape: ["steps", width] }));
    }
    graph.message(INPUT, (value) => writeValue(value, WINDOW_STARTS, { dtype: "int64", shape: ["rows"] }));
    return withGraph(this.#model, graph.finish());
  }

  #node(
    type: string,
    inputs: readonly string[],
    attributes: ReadonlyMap<string, Uint8Array>,
    domain: string,
    count: number,
  ): string[] {
    const outputs = Array.from(
      { length: count },
      (_, k) => `${STEPS_PREFIX}${type}_${this.#nodes.length}.${k}`,
    );
    this.#nodes.push({ type, domain, inputs, outputs, attributes });
    return outputs;
  }
}
