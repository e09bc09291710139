import type { Node } from "./operator.js";
import type { Tensor } from "./tensor.js";
import { add } from "./ops/elementwise.js";

/**
 * Reverse-mode differentiation, graph to graph: returns tensors that compute the gradient of a scalar with respect to
 * each of `targets`. The result is part of the same graph and can be differentiated again.
 *
 * Only the nodes between the targets and the loss get a derivative: data, schedules and the branches that the loss
 * does not reach cost nothing.
 *
 * @throws TypeError when the loss is not a scalar, does not depend on a target, or reaches it through an operator
 * without a derivative.
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0) throw new TypeError("Only a scalar can be differentiated.");
  const path = nodesBetween(loss, new Set(targets));
  const found = new Map<Tensor, Tensor>([[loss, loss.graph.root.scalar(1, loss.dtype as "float32" | "float64")]]);
  const accumulate = (tensor: Tensor, gradient: Tensor): void => {
    const before = found.get(tensor);
    found.set(tensor, before === undefined ? gradient : add(before, gradient));
  };

  for (const { node, wanted } of path) {
    const outputGradients = node.outputs.map((output) => found.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    if (node.operator.gradient === undefined) {
      throw new TypeError(`${node.operator.type} has no derivative.`);
    }
    const inputGradients = node.operator.gradient(node, outputGradients, wanted);
    node.inputs.forEach((input, k) => {
      const gradient = inputGradients[k];
      if (wanted[k] && gradient !== undefined) accumulate(input, gradient);
    });
  }
  return targets.map((target) => {
    const gradient = found.get(target);
    if (gradient === undefined) throw new TypeError(`The loss does not depend on ${target.name}.`);
    return gradient;
  });
}

interface PathNode {
  readonly node: Node;
  /** Which inputs lead on to a target. */
  readonly wanted: readonly boolean[];
}

/** The nodes through which the loss depends on the targets, from the loss backwards. */
function nodesBetween(loss: Tensor, targets: ReadonlySet<Tensor>): PathNode[] {
  const path: PathNode[] = [];
  const reaches = new Map<Tensor, boolean>();
  const visited = new Set<Node>();
  const visit = (tensor: Tensor): boolean => {
    const known = reaches.get(tensor);
    if (known !== undefined) return known;
    let reached = targets.has(tensor);
    const node = tensor.node;
    if (node !== undefined) {
      const wanted = node.inputs.map(visit);
      if (wanted.includes(true)) {
        reached = true;
        if (!visited.has(node)) {
          visited.add(node);
          path.push({ node, wanted });
        }
      }
    }
    reaches.set(tensor, reached);
    return reached;
  };
  visit(loss);
  // Depth-first order lists producers before their consumers; the reverse is what the chain rule wants.
  return path.reverse();
}
