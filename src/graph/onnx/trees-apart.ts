/** Takes the trees out of a written model, so that something else than ONNX Runtime can walk them. */
import type { TensorType } from "../tensor.js";
import { INPUT, MODEL_GRAPH, NODE, NODE_INPUT, OUTPUT } from "./graph-fields.js";
import { namesIn, neededNodes } from "./needed.js";
import { encodedAttribute, type ForeignNode, writeForeignNode } from "./nodes.js";
import { partOf } from "./part.js";
import { isTreeNode, readTreeNode, type TreeNode } from "./tree-nodes.js";
import { forEachField, readFields, type WireField, WireWriter } from "./wire.js";

/** A model with its trees beside it. */
export interface TreesApart {
  /** Names of the model's inputs. */
  readonly inputs: readonly string[];
  /** In the order of the file. */
  readonly nodes: readonly TreeNode[];
  /** Under this name the second part takes what the nodes answer, float32 [rows, nodes]. */
  readonly answers: string;
  /** From the model's inputs to what trees look at: an output for each of them, by the name that nodes have it under. */
  readonly before: Uint8Array;
  /** From the model's inputs, what trees look at, and what nodes answer, to the model's outputs. */
  readonly after: Uint8Array;
}

const VALUE_NAME = 1;
/** Where each tree looks at values of its own, as in extended forests, these cost more than the trees. */
const MOST_LOOKED_AT = 32;

/**
 * A model without its trees, in two parts; undefined where it has none, or any that are not as `treeSum` writes them, and for
 * what is no model. Every byte of what is not a tree stays.
 */
export function treesApart(model: Uint8Array): TreesApart | undefined {
  // A Node Buffer slices differently from the Uint8Array that it claims to be.
  const bytes = new Uint8Array(model.buffer, model.byteOffset, model.byteLength);
  try {
    const graph = graphWithTrees(bytes);
    return graph && apart(bytes, graph);
  } catch (error) {
    // Whoever runs such a model says what is wrong with it.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The graph of a model, if one of its nodes has trees. Nearly all models have none, which takes no time to see. */
function graphWithTrees(model: Uint8Array): Uint8Array | undefined {
  const graphs: Uint8Array[] = [];
  forEachField(model, (field, payload) => {
    if (field === MODEL_GRAPH && payload !== undefined) graphs.push(payload);
  });
  const [graph] = graphs;
  if (graph === undefined || graphs.length > 1) return undefined;
  let found = false;
  forEachField(graph, (field, payload) => {
    found ||= field === NODE && payload !== undefined && isTreeNode(payload);
  });
  return found ? graph : undefined;
}

function apart(model: Uint8Array, graph: Uint8Array): TreesApart | undefined {
  const fields = Array.from(readFields(graph));
  const own = new Set(fields.filter(({ field, bytes }) => field === NODE && isTreeNode(bytes)));
  const looked = new Set([...own].flatMap(({ bytes }) => namesIn(bytes, NODE_INPUT)));
  if (looked.size > MOST_LOOKED_AT) return undefined;
  const nodes: TreeNode[] = [];
  for (const { bytes } of own) {
    const node = readTreeNode(bytes);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  const outputs = nodes.map(({ output }) => output);
  if (new Set(outputs).size < outputs.length) return undefined;
  const named = (wanted: number): string[] =>
    fields.flatMap(({ field, bytes }) => (field === wanted ? namesIn(bytes, VALUE_NAME) : []));
  const inputs = named(INPUT);
  // Those that look at the model's inputs, or whose answers are its outputs, or that look at what others answer.
  const ends = [...inputs, ...named(OUTPUT)];
  if (ends.some((name) => looked.has(name) || outputs.includes(name))) return undefined;
  const before = neededNodes(fields, looked).nodes;
  if ([...own].some((node) => before.has(node))) return undefined;

  const answers = `${outputs[0]}.and-others`;
  const matrix = (columns: number | string): TensorType => ({ dtype: "float32", shape: ["rows", columns] });
  const given = new Map([...looked].map((name) => [name, matrix(`columns of ${name}`)]));
  given.set(answers, matrix(nodes.length));
  const others = [splitNode(answers, outputs), ...fields.filter((field) => !own.has(field))];
  return {
    inputs,
    nodes,
    answers,
    before: partOf(model, fields, { given: new Map(), wanted: [...looked] }),
    after: partOf(model, others, { given }),
  };
}

/** One tensor to take apart costs less than to hand over many. */
function splitNode(input: string, outputs: readonly string[]): WireField {
  const attributes = Object.entries({ axis: 1, num_outputs: outputs.length });
  const node: ForeignNode = {
    ...{ type: "Split", domain: "", inputs: [input], outputs },
    attributes: new Map(attributes.map(([name, value]) => [name, encodedAttribute(name, value)])),
  };
  const writer = new WireWriter();
  writer.message(NODE, (field) => writeForeignNode(field, node, (name) => name));
  return [...readFields(writer.finish())][0]!;
}
