import { type Attributes, type AttributeValue, floats, int, ints, type Operator } from "../operator.js";
import { staticDim, type Tensor } from "../tensor.js";
import { reshape } from "./shape.js";

/** A binary tree of comparisons. Nodes are numbered from 0, the root. */
export interface DecisionTree {
  /** Column that a node looks at; -1 for leaves. */
  readonly feature: Int32Array;
  /** Rows with a value of at most this go to `left`, all others to `right`. */
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What a leaf answers. */
  readonly value: Float32Array;
}

/** Version 3 of the operator (2022), which every runtime has; version 5 stores the same trees as tensors. */
const treeEnsembleOp: Operator = {
  type: "TreeEnsembleRegressor",
  domain: "ai.onnx.ml",
  infer: ([x]) => {
    if (x!.dtype !== "float32" || x!.shape.length !== 2) throw new TypeError("trees look at float32 rows.");
    return [{ dtype: "float32", shape: [x!.shape[0]!, 1] }];
  },
};

/** The sum of what the trees answer for each row of `x` [rows, columns], float32: shape [rows]. */
export function treeSum(x: Tensor, trees: readonly DecisionTree[]): Tensor {
  const columns = staticDim(x, 1);
  if (trees.some(({ feature }) => feature.some((column) => column >= columns))) {
    throw new TypeError(`A tree looks at a column beyond the ${columns} that there are.`);
  }
  return reshape(x.graph.apply(treeEnsembleOp, [x], attributesOf(trees))[0]!, [x.shape[0]!]);
}

/** All nodes of all trees in one list, as parallel arrays; leaves' answers in a list of their own. */
function attributesOf(trees: readonly DecisionTree[]): Attributes {
  const nodes = trees.reduce((count, { feature }) => count + feature.length, 0);
  const leaves = trees.reduce((count, { feature }) => count + feature.filter((f) => f < 0).length, 0);
  const tree = new Int32Array(nodes);
  const node = new Int32Array(nodes);
  const feature = new Int32Array(nodes);
  const threshold = new Float32Array(nodes);
  const left = new Int32Array(nodes);
  const right = new Int32Array(nodes);
  const modes = new Array<string>(nodes);
  const leafTree = new Int32Array(leaves);
  const leafNode = new Int32Array(leaves);
  const leafValue = new Float32Array(leaves);
  let next = 0;
  let nextLeaf = 0;
  trees.forEach((one, k) => {
    for (let n = 0; n < one.feature.length; n++, next++) {
      tree[next] = k;
      node[next] = n;
      if (one.feature[n]! < 0) {
        modes[next] = "LEAF";
        leafTree[nextLeaf] = k;
        leafNode[nextLeaf] = n;
        leafValue[nextLeaf++] = one.value[n]!;
        continue;
      }
      modes[next] = "BRANCH_LEQ";
      feature[next] = one.feature[n]!;
      threshold[next] = one.threshold[n]!;
      left[next] = one.left[n]!;
      right[next] = one.right[n]!;
    }
  });
  const strings = (value: readonly string[]): AttributeValue => ({ kind: "strings", value });
  return {
    aggregate_function: { kind: "string", value: "SUM" },
    n_targets: int(1),
    nodes_treeids: ints(tree),
    nodes_nodeids: ints(node),
    nodes_modes: strings(modes),
    nodes_featureids: ints(feature),
    nodes_values: floats(threshold),
    nodes_truenodeids: ints(left),
    nodes_falsenodeids: ints(right),
    target_treeids: ints(leafTree),
    target_nodeids: ints(leafNode),
    target_ids: ints(new Int32Array(leaves)),
    target_weights: floats(leafValue),
  };
}
