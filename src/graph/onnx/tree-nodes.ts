/** Reads the trees of a node as `treeSum` writes it, and nothing that is written in any other way. */
import type { DecisionTree } from "../ops/tree-ensemble.js";
import { forEachField, utf8Text } from "./wire.js";

/** Numbers of the fields in onnx.proto. */
const NODE = { input: 1, output: 2, type: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, int: 3, text: 4, floats: 7, ints: 8, texts: 9 };
const [BRANCH, LEAF] = ["BRANCH_LEQ", "LEAF"];
/** Far more columns than any table has; their numbers fit into 32 bits. */
const MOST_FEATURES = 2 ** 24;

/** One `TreeEnsembleRegressor`, which adds up what some trees answer. */
export interface TreeNode {
  /** The rows that the trees look at, [rows, columns], and the sum of their answers, [rows, 1]. */
  readonly input: string;
  readonly output: string;
  /** Children stand behind their parents: a walk ends, whatever the file says. */
  readonly trees: readonly DecisionTree[];
}

export const isTreeNode = (node: Uint8Array): boolean => {
  let [type, domain] = ["", ""];
  forEachField(node, (field, payload) => {
    if (field === NODE.type) type = utf8Text(payload);
    if (field === NODE.domain) domain = utf8Text(payload);
  });
  return type === "TreeEnsembleRegressor" && domain === "ai.onnx.ml";
};

interface Attribute {
  readonly numbers: number[];
  readonly texts: string[];
  /** One list, or several: a writer of another kind. */
  readonly floats: Float32Array[];
}

const NAMES = [
  "aggregate_function",
  "n_targets",
  "nodes_treeids",
  "nodes_nodeids",
  "nodes_modes",
  "nodes_featureids",
  "nodes_values",
  "nodes_truenodeids",
  "nodes_falsenodeids",
  "target_treeids",
  "target_nodeids",
  "target_ids",
  "target_weights",
] as const;
type Attributes = Readonly<Record<(typeof NAMES)[number], Attribute>>;

/**
 * The trees of a node; undefined for one of which anything is not as `treeSum` writes it, such as comparisons of another
 * kind, branches that lead back, or nodes that do not exist.
 * @throws RangeError where the bytes make no sense
 */
export function readTreeNode(node: Uint8Array): TreeNode | undefined {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes: [string, Attribute][] = [];
  forEachField(node, (field, payload) => {
    if (field === NODE.input) inputs.push(utf8Text(payload));
    if (field === NODE.output) outputs.push(utf8Text(payload));
    if (field === NODE.attribute && payload !== undefined) attributes.push(readAttribute(payload));
  });
  const [input, output] = [inputs[0], outputs[0]];
  if (!input || !output || inputs.length > 1 || outputs.length > 1) return undefined;
  const names = new Set(attributes.map(([name]) => name));
  if (attributes.length !== NAMES.length || !NAMES.every((name) => names.has(name))) return undefined;
  const trees = readTrees(Object.fromEntries(attributes) as Attributes);
  return trees && { input, output, trees };
}

function readAttribute(message: Uint8Array): [string, Attribute] {
  let name = "";
  const attribute: Attribute = { numbers: [], texts: [], floats: [] };
  forEachField(message, (field, payload, number) => {
    if (field === ATTRIBUTE.name) name = utf8Text(payload);
    if (field === ATTRIBUTE.int || field === ATTRIBUTE.ints) attribute.numbers.push(number);
    if (field === ATTRIBUTE.text || field === ATTRIBUTE.texts) attribute.texts.push(utf8Text(payload));
    if (field === ATTRIBUTE.floats) attribute.floats.push(float32List(payload));
  });
  return [name, attribute];
}

function float32List(payload: Uint8Array | undefined): Float32Array {
  if (payload === undefined || payload.length % 4 !== 0) throw new RangeError("a list of numbers is cut off");
  // Copied: inside the file they lie at any offset.
  return new Float32Array(payload.slice().buffer);
}

function readTrees(attributes: Attributes): readonly DecisionTree[] | undefined {
  const numbers = (name: (typeof NAMES)[number]): readonly number[] => attributes[name].numbers;
  const modes = attributes.nodes_modes.texts;
  const [thresholds, weights] = [attributes.nodes_values.floats, attributes.target_weights.floats];
  const [function_, targets] = [attributes.aggregate_function.texts, numbers("n_targets")];
  if (function_.join() !== "SUM" || targets.join() !== "1") return undefined;
  if (thresholds.length !== 1 || weights.length !== 1) return undefined;
  const [ids, places] = [numbers("nodes_treeids"), numbers("nodes_nodeids")];
  const perNode = [ids, places, modes, numbers("nodes_featureids"), thresholds[0]!];
  perNode.push(numbers("nodes_truenodeids"), numbers("nodes_falsenodeids"));
  if (perNode.some(({ length }) => length !== modes.length)) return undefined;
  const [leafTrees, leafNodes] = [numbers("target_treeids"), numbers("target_nodeids")];
  const leaves = [leafTrees, leafNodes, numbers("target_ids"), weights[0]!];
  const leafCount = modes.reduce((count, mode) => count + (mode === LEAF ? 1 : 0), 0);
  if (leaves.some(({ length }) => length !== leafCount)) return undefined;
  if (numbers("target_ids").some((target) => target !== 0)) return undefined;

  const trees: DecisionTree[] = [];
  let leaf = 0;
  for (let first = 0; first < modes.length; ) {
    let end = first + 1;
    while (end < modes.length && ids[end] === ids[first]) end++;
    const size = end - first;
    const tree: DecisionTree = {
      feature: new Int32Array(size).fill(-1),
      threshold: thresholds[0]!.slice(first, end),
      left: new Int32Array(size),
      right: new Int32Array(size),
      value: new Float32Array(size),
    };
    const parents = new Uint8Array(size);
    for (let node = 0; node < size; node++) {
      const at = first + node;
      if (ids[at] !== trees.length || places[at] !== node) return undefined;
      if (modes[at] === LEAF) {
        if (leafTrees[leaf] !== trees.length || leafNodes[leaf] !== node) return undefined;
        tree.value[node] = weights[0]![leaf++]!;
        continue;
      }
      const feature = numbers("nodes_featureids")[at]!;
      const left = numbers("nodes_truenodeids")[at]!;
      const right = numbers("nodes_falsenodeids")[at]!;
      const isBehind = (child: number): boolean => child > node && child < size;
      if (modes[at] !== BRANCH || !isBehind(left) || !isBehind(right)) return undefined;
      if (!(feature >= 0 && feature <= MOST_FEATURES)) return undefined;
      parents[left]!++;
      parents[right]!++;
      tree.feature[node] = feature;
      tree.left[node] = left;
      tree.right[node] = right;
    }
    if (parents.some((count, node) => count !== Math.sign(node))) return undefined;
    trees.push(tree);
    first = end;
  }
  return trees.length > 0 ? trees : undefined;
}
